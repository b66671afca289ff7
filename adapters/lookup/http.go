package lookup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

const (
	httpRedirects = 5
	httpBody      = 1 << 20 // bytes that are read
	httpHead      = 64 << 10
)

// agent is what we call ourselves.
const agent = "scanledger/1 (+https://github.com/scanledger/scanledger)"

// page is an answer over HTTP.
type page struct {
	status int
	header http.Header
	body   []byte
	from   string // where it came from, behind redirects
}

// errLarge is an answer beyond what is read.
var errLarge = errors.New("the answer is larger than 1 MiB")

// get asks a server of a registry over connections that dial makes, redirects
// too, within the registry's budget. A status that says too often is an error.
func (c *Client) get(ctx context.Context, dial Dial, address string, header map[string]string) (*page, error) {
	bounded, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	req, err := http.NewRequestWithContext(bounded, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	server := serverOf(req.URL)
	if err := c.budgets.take(bounded, server); err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", agent)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	transport := &http.Transport{DialContext: dial, MaxResponseHeaderBytes: httpHead, DisableKeepAlives: true, ForceAttemptHTTP2: true}
	client := &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) > httpRedirects {
			return fmt.Errorf("more than %d redirects", httpRedirects)
		}
		server = serverOf(next.URL)
		return c.budgets.take(bounded, server)
	}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "" {
		return nil, c.budgets.pause(ctx, server, resp.Header.Get("Retry-After"))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, httpBody+1))
	if err == nil && len(body) > httpBody {
		err = errLarge
	}
	return &page{resp.StatusCode, resp.Header, body, resp.Request.URL.String()}, err
}

// serverOf is the host:port of a URL.
func serverOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

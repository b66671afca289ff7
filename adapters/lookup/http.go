package lookup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
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
		if err := onward(next.URL, via); err != nil {
			return err
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

// onward refuses redirects without end, and those that would have what was asked of a
// server whose word is sure answered by anybody on the way.
func onward(to *url.URL, via []*http.Request) error {
	switch {
	case len(via) > httpRedirects:
		return fmt.Errorf("more than %d redirects", httpRedirects)
	case to.Scheme != "https" && via[len(via)-1].URL.Scheme == "https":
		return fmt.Errorf("it redirects from https to %s", to.Scheme)
	default:
		return nil
	}
}

// serverOf is the host:port of a URL, in one spelling.
func serverOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), port)
}

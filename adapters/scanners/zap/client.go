package zap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const (
	answerTime = time.Minute
	maxAnswer  = 32 << 20 // bytes of one answer
	attempts   = 4        // at what may be asked twice
)

// client asks ZAP's API, whose address is the operator's and so may be a private
// one. It is for one scan.
type client struct {
	base string // without a slash at its end
	key  string
	pace time.Duration
	http *http.Client
}

func newClient(o Options) *client {
	return &client{base: strings.TrimRight(o.URL, "/"), key: o.Key, pace: o.pause(), http: &http.Client{
		Timeout:       answerTime,
		Transport:     &http.Transport{DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// refusal is ZAP's own no, with its word for why.
type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error implements error.
func (r *refusal) Error() string {
	return fmt.Sprintf("ZAP says %s (%s)", scanners.Plain(r.Message), scanners.Plain(r.Code))
}

// errSilent is how ZAP answers whoever has not its key, and at times others.
var errSilent = domain.Errorf(domain.Unavailable, "ZAP closes the connection without an answer, as it does when SCANLEDGER_ZAP_KEY is not its key")

// once asks one time. What is "component/view/name" tells, and "component/action/name"
// does. Params are names and values in turn.
func (c *client) once(ctx context.Context, what string, into any, params ...string) error {
	form := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		form.Set(params[i], params[i+1])
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/JSON/"+what+"/?"+form.Encode(), nil)
	if err != nil {
		return errors.New("SCANLEDGER_ZAP_URL cannot be asked")
	}
	r.Header.Set("X-ZAP-API-Key", c.key)
	answer, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", what, plainly(ctx, err))
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(scanners.Bounded(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return read(what, answer.StatusCode, raw, into)
}

// plainly is an error without the URL that it is about, which is long.
func plainly(ctx context.Context, err error) error {
	var of *url.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF):
		return errSilent
	case errors.As(err, &of):
		return of.Err
	default:
		return err
	}
}

// read takes an answer apart.
func read(what string, status int, raw []byte, into any) error {
	if status == http.StatusOK {
		if err := json.Unmarshal(raw, into); err != nil {
			return fmt.Errorf("%s: ZAP's answer is not understood: %w", what, err)
		}
		return nil
	}
	no := &refusal{}
	if err := json.Unmarshal(raw, no); err != nil || no.Code == "" {
		return fmt.Errorf("%s: ZAP answers with status %d", what, status)
	}
	return no
}

// ask asks what may be asked twice, until there is an answer.
func (c *client) ask(ctx context.Context, what string, into any, params ...string) (err error) {
	var no *refusal
	for n := range attempts {
		if err = c.once(ctx, what, into, params...); err == nil || errors.As(err, &no) || errors.Is(err, scanners.ErrFlood) || ctx.Err() != nil {
			return err
		}
		if rested := scanners.Rest(ctx, time.Duration(n+1)*c.pace); rested != nil {
			return rested
		}
	}
	return err
}

// do has ZAP do what may be done twice.
func (c *client) do(ctx context.Context, what string, params ...string) error {
	return c.ask(ctx, what, &struct{}{}, params...)
}

// did has ZAP do once what must not be done twice.
func (c *client) did(ctx context.Context, what string, params ...string) error {
	return c.once(ctx, what, &struct{}{}, params...)
}

// told is whether an error is ZAP's own no, by its word for why.
func told(err error, code string) bool {
	var no *refusal
	return errors.As(err, &no) && no.Code == code
}

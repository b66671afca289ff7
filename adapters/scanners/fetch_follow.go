package scanners

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// ErrRedirects is wrapped by the error of Follow when redirects go round in a
// loop or are more than its limit.
var ErrRedirects = errors.New("the redirects do not end")

// Chain is what following redirects by hand saw, oldest first.
type Chain []*Answer

// Last is the final answer. The chain must not be empty.
func (c Chain) Last() *Answer { return c[len(c)-1] }

// Fetcher makes one request and follows no redirect, as Session.Fetch does.
type Fetcher func(ctx context.Context, r Request) (*Answer, error)

// Follow fetches r and up to limit redirects, each hop checked by the guard;
// Authorization and Cookie are not carried to another origin, and cookies
// that are set on the way are not sent. With an error the chain holds what
// was seen before it.
func (s *Session) Follow(ctx context.Context, r Request, limit int) (Chain, error) {
	return Fetcher(s.Fetch).Follow(ctx, r, limit)
}

// Follow is Session.Follow with each hop asked for by f.
func (f Fetcher) Follow(ctx context.Context, r Request, limit int) (Chain, error) {
	var chain Chain
	seen := map[string]bool{}
	for {
		answer, err := f(ctx, r)
		if err != nil {
			return chain, err
		}
		chain = append(chain, answer)
		next, err := answer.Redirect()
		if err != nil || next == nil {
			return chain, err
		}
		seen[answer.URL.String()] = true
		if seen[next.String()] || len(chain) > limit {
			return chain, fmt.Errorf("%w: %s after %d", ErrRedirects, next.Redacted(), len(chain))
		}
		r = r.redirected(answer, next)
	}
}

// Redirect returns where the answer sends its reader, ready to be fetched, or
// nil when it does not. A place that is no http or https URL is a
// *domain.Error, code Invalid.
func (a *Answer) Redirect() (*url.URL, error) {
	location := a.Header.Get("Location")
	if !redirects[a.Status] || location == "" {
		return nil, nil
	}
	next, err := a.URL.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("the Location of %s: %w", a.URL.Redacted(), err)
	}
	return cleanURL(next)
}

var redirects = map[int]bool{
	http.StatusMovedPermanently: true, http.StatusFound: true, http.StatusSeeOther: true,
	http.StatusTemporaryRedirect: true, http.StatusPermanentRedirect: true,
}

// redirected is r for the next hop: RFC 9110 §15.4.
func (r Request) redirected(from *Answer, to *url.URL) Request {
	r.URL = to
	if r.Method == http.MethodPost && from.Status < http.StatusTemporaryRedirect || from.Status == http.StatusSeeOther && r.Method != http.MethodHead {
		r.Method = http.MethodGet
	}
	if from.URL.Scheme != to.Scheme || from.URL.Host != to.Host {
		header := http.Header{}
		for name, values := range r.Header {
			if !credentials[http.CanonicalHeaderKey(name)] {
				header[name] = values
			}
		}
		r.Header = header
	}
	return r
}

var credentials = map[string]bool{"Authorization": true, "Cookie": true, "Proxy-Authorization": true}

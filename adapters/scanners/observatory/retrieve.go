package observatory

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// The Observatory's limits.
const (
	maxRedirects   = 10
	tripTimeout    = 10 * time.Second
	requestTimeout = 9 * time.Second
)

// Bounds of what is kept of an answer that is not the base answer, in bytes.
const (
	maxHopBody       = 64 << 10
	maxPreflightBody = 64 << 10
)

// probeOrigin is what the preflight gives as its Origin. Nobody can have it
// (RFC 2606), so a site that allows it allows every origin.
const probeOrigin = "https://scanledger.example"

// Retrieve fetches what the tests look at: the target over http and https with
// all redirects, robots.txt for further cookies, and a CORS preflight. Where
// no test can be made it returns a *scanners.NotTested that says what was
// seen, with the site as far as it was seen; else the error is nil or ctx's.
func Retrieve(ctx context.Context, job scanners.Job) (*Site, error) {
	if target := job.Target; target.Domain != target.Host && target.Kind != domain.RangeTarget {
		if err := job.Net.Pin(ctx, target.Domain, target.Host); err != nil {
			return &Site{}, notTested(ctx, err)
		}
	}
	target, tried := scanners.Elsewhere(ctx, job)
	overHTTP, overHTTPS, err := starts(target)
	if err != nil {
		return &Site{}, err
	}
	site := &Site{Host: target.Domain, Wide: tried && target.Kind != domain.URLTarget, Origin: probeOrigin, HTTP: Trip{Start: overHTTP}, HTTPS: Trip{Start: overHTTPS}}
	return site, site.retrieve(ctx, job.Net)
}

// retrieve sets out from the starts of the trips.
func (s *Site) retrieve(ctx context.Context, session *scanners.Session) error {
	var trips sync.WaitGroup
	for _, trip := range []*Trip{&s.HTTP, &s.HTTPS} {
		trips.Go(func() { trip.run(ctx, session) })
	}
	trips.Wait()
	if err := s.usable(ctx); err != nil {
		return err
	}
	s.complete(ctx, session)
	return ctx.Err()
}

// starts returns the URLs to set out from; nil for a scheme that does not
// apply: a port that is not a scheme's default belongs to the target's scheme
// alone.
func starts(t domain.Target) (overHTTP, overHTTPS *url.URL, err error) {
	if t.Kind == domain.RangeTarget {
		return nil, nil, scanners.Skip("a range of addresses is not a web site")
	}
	path := t.Path
	if t.Kind != domain.URLTarget {
		path = "/"
	}
	at := func(scheme string, port int) (*url.URL, error) {
		host := t.Domain
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		if port != 0 {
			host = net.JoinHostPort(t.Domain, strconv.Itoa(port))
		}
		u, err := url.Parse(scheme + "://" + host + path)
		if err != nil {
			return nil, scanners.Skip("the target is no URL that can be fetched")
		}
		return u, nil
	}
	if t.Kind == domain.URLTarget && t.Port != defaultPort[t.Scheme] {
		only, err := at(t.Scheme, t.Port)
		if t.Scheme == "https" {
			return nil, only, err
		}
		return only, nil, err
	}
	if overHTTP, err = at("http", 0); err != nil {
		return nil, nil, err
	}
	overHTTPS, err = at("https", 0)
	return overHTTP, overHTTPS, err
}

var defaultPort = map[string]int{"http": 80, "https": 443}

// run follows the redirects from the trip's start. Cookies are sent back on
// the way, as some sites redirect until they are.
func (t *Trip) run(ctx context.Context, session *scanners.Session) {
	if t.Start == nil {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, tripTimeout)
	defer cancel()
	for next := t.Start; next != nil; {
		answer, err := t.Jar.fetch(bounded, session, scanners.Request{URL: next})
		if err != nil {
			t.Lost, t.Err = next, err
			return
		}
		t.Chain = append(t.Chain, answer)
		// A place that cannot be gone to makes the redirect the final answer.
		next, _ = answer.Redirect()
		if len(t.Chain) > maxRedirects {
			next = nil
		}
		if next != nil {
			shorten(answer)
		}
	}
}

// shorten drops most of the body of an answer that only leads on.
func shorten(a *scanners.Answer) {
	if extra := len(a.Body) - maxHopBody; extra > 0 {
		a.Body = append([]byte(nil), a.Body[:maxHopBody]...)
		a.Raw = append([]byte(nil), a.Raw[:len(a.Raw)-extra]...)
		a.Truncated = true
	}
}

// fetch makes one request with the jar's cookies and takes up the answer's.
func (j *Jar) fetch(ctx context.Context, session *scanners.Session, r scanners.Request) (*scanners.Answer, error) {
	r.Timeout = requestTimeout
	if cookies := j.Send(r.URL); cookies != "" {
		if r.Header == nil {
			r.Header = http.Header{}
		}
		r.Header.Set("Cookie", cookies)
	}
	answer, err := session.Fetch(ctx, r)
	if err == nil {
		j.Take(answer, time.Now())
	}
	return answer, err
}

// usable says whether the Observatory would test the site: it answers with a
// success, a redirect, or by asking who is there.
func (s *Site) usable(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	answer := s.Base().Answer()
	if answer == nil {
		return s.unreachable()
	}
	switch status := answer.Status; {
	case status >= 200 && status < 400, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return nil
	default:
		return scanners.Skip("%s answers with the status %d", plain(answer.URL.Redacted()), status)
	}
}

// unreachable tells why neither trip came to an answer.
func (s *Site) unreachable() error {
	var reasons []string
	outcome := domain.Skipped
	for _, t := range []Trip{s.HTTPS, s.HTTP} {
		if t.Start == nil {
			continue
		}
		reasons = append(reasons, t.Loss())
		if o := outcomeOf(t.Err); o != domain.Skipped {
			outcome = o
		}
	}
	if s.Wide {
		reasons = append(reasons, "nor on the ports "+scanners.OtherPorts())
	}
	return &scanners.NotTested{Outcome: outcome, Reason: "no web server answers: " + strings.Join(reasons, "; ")}
}

// complete fetches what the base trip needs beyond its chain.
func (s *Site) complete(ctx context.Context, session *scanners.Session) {
	trip := &s.HTTP
	if s.HTTPS.Answer() != nil {
		trip = &s.HTTPS
	}
	answer := trip.Answer()
	if kind := mediaType(answer); kind == "" || htmlTypes[kind] {
		s.Page = ReadPage(answer.Body)
		if answer.BodyError != nil {
			s.Page.Err = answer.BodyError
		}
		if kind == "" { // not known to be a page, so its meta elements bind no browser
			s.Page.CSP, s.Page.Referrer = nil, ""
		}
	}
	robots := Trip{Start: trip.Start.ResolveReference(&url.URL{Path: "/robots.txt"}), Jar: trip.Jar}
	robots.run(ctx, session)
	trip.Jar = robots.Jar
	s.CORS, s.CORSErr = session.Fetch(ctx, scanners.Request{
		Method: http.MethodOptions, URL: answer.URL, MaxBody: maxPreflightBody, Timeout: requestTimeout,
		Header: http.Header{"Origin": {s.Origin}, "Access-Control-Request-Method": {http.MethodGet}},
	})
}

// Untested says why a test cannot be made for lack of an answer; the outcome
// is "" for one that can.
func (s Site) Untested(test string) (outcome domain.Outcome, reason string) {
	switch {
	case test == CORSName && s.CORSErr != nil:
		outcome, reason = outcomeOf(s.CORSErr), "the preflight was not answered: "+plain(s.CORSErr.Error())
	case test == SRIName && outcomeOf(s.Page.Err) == domain.TimedOut:
		outcome, reason = domain.TimedOut, "the page did not come to its end in time"
	}
	if outcome == domain.Skipped { // something is there, or the site would not be tested
		outcome = domain.Failed
	}
	return outcome, reason
}

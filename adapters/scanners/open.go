package scanners

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// openRedirects is how far Open follows; a browser gives up at 20.
const openRedirects = 10

// Open goes to the page that a visitor of the target would see: to the URL
// itself, or for a host to https://Domain/, and to http://Domain/ where nothing
// answers there; where neither port opens, to the one that Elsewhere finds. The name stands for the target's checked addresses from then
// on. The chain ends in the page and is never empty when the error is nil;
// otherwise it is a *NotTested, or ctx's. maxBody is as in Request.
func Open(ctx context.Context, job Job, maxBody int64) (Chain, error) {
	if job.Target.Kind == domain.RangeTarget {
		return nil, Skip("a range of addresses is not a web site")
	}
	if job.Target.Domain != job.Target.Host {
		if err := job.Net.Pin(ctx, job.Target.Domain, job.Target.Host); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, notOpened(err)
		}
	}
	there, tried := Elsewhere(ctx, job)
	starts, err := doors(there)
	if err != nil {
		return nil, Skip("the target is no URL that can be fetched")
	}
	var failure *NotTested
	for _, start := range starts {
		chain, err := job.Net.Follow(ctx, Request{URL: start, MaxBody: maxBody}, openRedirects)
		switch {
		case err == nil:
			return chain, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case failure == nil || failure.Outcome == domain.Skipped:
			failure = notOpened(err)
		}
		if len(chain) > 0 {
			break // somebody is there: what he says holds
		}
	}
	if tried && there.Kind != domain.URLTarget {
		failure = &NotTested{Outcome: failure.Outcome, Reason: failure.Reason + "; nor on the ports " + OtherPorts()}
	}
	return nil, failure
}

// Begin is the address with which a tool begins after Open: where the chain ends, if that is
// still on the target's host; of one that is proven, on its port too where the proof may be
// of that alone.
func Begin(job Job, chain Chain) *url.URL {
	end, own := chain.Last().URL, job.Target.OwnPort()
	if end.Hostname() == job.Target.Domain && (own == "" || !job.Verified || strings.EqualFold(end.Host, own)) {
		return end
	}
	return chain[0].URL
}

// doors are the URLs to try, in order.
func doors(t domain.Target) ([]*url.URL, error) {
	host := t.Domain
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		host = "[" + host + "]"
	}
	if t.Kind != domain.URLTarget {
		return []*url.URL{{Scheme: "https", Host: host, Path: "/"}, {Scheme: "http", Host: host, Path: "/"}}, nil
	}
	if t.Port != 0 {
		host = net.JoinHostPort(t.Domain, strconv.Itoa(t.Port))
	}
	u, err := url.ParseRequestURI(t.Path)
	if err != nil {
		return nil, err
	}
	u.Scheme, u.Host = t.Scheme, host
	return []*url.URL{u}, nil
}

// notOpened says why a page could not be seen.
func notOpened(err error) *NotTested {
	var timeout net.Error
	switch {
	case domain.CodeOf(err) == domain.Forbidden:
		return &NotTested{Outcome: domain.Refused, Reason: err.Error()}
	case errors.Is(err, ErrRedirects):
		return &NotTested{Outcome: domain.Refused, Reason: err.Error()}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &NotTested{Outcome: domain.TimedOut, Reason: "no web server answers in time"}
	default:
		return Skip("no web server answers: %v", err)
	}
}

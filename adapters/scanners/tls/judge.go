package tls

import (
	"context"
	"crypto/x509"
	"errors"
	"net/url"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// What stands here serves whoever else has looked at a TLS port: they look where
// this scanner does, and what they have seen is judged as its own is.

// Asked is what a job wants to be looked at: everything where nothing is said.
func Asked(job scanners.Job) domain.SSLyzeOptions {
	if o := job.Options.SSLyze; o != nil {
		return *o
	}
	return *domain.DefaultOptions(domain.SSLyzeOnly).SSLyze
}

// Port is the TLS port of a job's target.
func Port(ctx context.Context, job scanners.Job) int {
	if job.Target.Scheme == "https" && job.Target.Port > 0 {
		return job.Target.Port
	}
	if there, _ := scanners.Elsewhere(ctx, job); there.Scheme == "https" && job.Options.SSLyze == nil {
		return there.Port
	}
	return 443
}

// Conclude adds to an endpoint the attacks that it is open to by what it offers. Who is
// blind to some of its versions or their suites never says that it is not open to one.
func Conclude(e *domain.TLSEndpoint, blind bool) {
	if e.Features == nil {
		e.Features = map[string]bool{}
	}
	for name, holds := range derived {
		if held := holds(*e); held || !blind {
			e.Features[name] = held
		}
	}
}

// Undecided are the rules that nobody can judge who is blind to some versions or
// their suites: those that are broken by what none of them offers.
func Undecided(blind bool) []string {
	if !blind {
		return nil
	}
	return []string{noForwardSecrecy}
}

// Chain judges the certificates that a server shows, the leaf first and at least
// that. Where they lead to no root, those that are missing are fetched from where
// they are said to be.
func Chain(ctx context.Context, job scanners.Job, chain []*x509.Certificate, now time.Time) *domain.Certificate {
	c := describe(chain, job.Target.Domain, now)
	if c.Trusted || c.SelfSigned {
		return c
	}
	issuer := func(ctx context.Context, from string) ([]byte, error) { return fetchIssuer(ctx, job, from) }
	if complete(ctx, chain, now, issuer) != nil {
		c.Trusted, c.Incomplete, c.Error = true, true, ""
	}
	return c
}

// fetchIssuer fetches a certificate that another one names as its issuer's.
func fetchIssuer(ctx context.Context, job scanners.Job, from string) ([]byte, error) {
	u, err := url.Parse(from)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" {
		return nil, errors.New("the issuer's certificate is not given over http")
	}
	answer, err := job.Net.Fetch(ctx, scanners.Request{URL: u, MaxBody: 64 << 10})
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

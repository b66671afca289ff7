// Package headers runs the tests of the HTTP Observatory that look at what a
// web site answers, all but the one of its cookies, and looks for headers that
// give away what software runs. Every profile runs the same.
package headers

import (
	"context"
	"net/http"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/domain"
)

// Scanner looks at a site's security headers, redirects, and the scripts of
// its page. Of a URL it looks at the URL, of a host at its root over http and
// https; a port other than 80 and 443 stands for its own origin alone.
type Scanner struct {
	// Preload has the HSTS preload list; nil for the one that is built in.
	Preload *observatory.Preload
}

var _ scanners.Scanner = Scanner{}

// leaks is what Coverage calls the look at headers that give software away.
const leaks = "software-versions"

// syntax is what Coverage calls the look at whether heads are as HTTP wants them.
const syntax = "header-syntax"

// Tool implements scanners.Scanner.
func (Scanner) Tool() domain.Tool { return domain.Headers }

// Scan implements scanners.Scanner. A site that the Observatory would not test
// ends in a NotTested, and its answers are seen all the same.
func (s Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	site, err := observatory.Retrieve(ctx, job)
	evidence := keeping(job)
	visits(site, evidence, see)
	if err != nil {
		return err
	}
	see(domain.Advance{Percent: 80})
	if site.Preload, err = s.Preload.Get(); err != nil {
		see(observatory.OldList(err))
	}
	for _, test := range observatory.Tests() {
		if test.Name != observatory.CookiesName {
			judge(*site, test, evidence, see)
		}
	}
	for _, w := range append(leaking(site.Base().Answer().Header), malformed(site.Base().Answer())...) {
		w.Evidence = evidence(site.Base().Answer())
		see(w)
	}
	see(domain.Coverage{What: leaks, Outcome: domain.Tested})
	see(domain.Coverage{What: syntax, Outcome: domain.Tested})
	see(domain.Advance{Percent: 100})
	return nil
}

// keeping returns what keeps an answer as evidence, once, when something is said
// that rests on it; "" for none.
func keeping(job scanners.Job) func(*scanners.Answer) domain.Hash {
	kept := map[*scanners.Answer]domain.Hash{}
	return func(answer *scanners.Answer) domain.Hash {
		if _, known := kept[answer]; !known && answer != nil {
			kept[answer] = job.Keep("http-response", observatory.Redact(answer.Raw))
		}
		return kept[answer]
	}
}

// visits reports what the site answered at each URL; the base trip first, for of
// two visits to a URL the first one is remembered.
func visits(site *observatory.Site, evidence func(*scanners.Answer) domain.Hash, see func(domain.Observation)) {
	told := map[string]bool{}
	for _, trip := range []observatory.Trip{site.HTTPS, site.HTTP} {
		for _, answer := range trip.Chain {
			url := answer.URL.String()
			if told[url] {
				continue
			}
			told[url] = true
			visit := domain.Visit{
				URL: url, Status: answer.Status, Protocol: answer.Proto, Evidence: evidence(answer),
				Server: text(answer.Header.Get("Server")), Location: text(answer.Header.Get("Location")),
			}
			if answer == site.Base().Answer() {
				visit.Title = site.Page.Title
			}
			see(visit)
		}
	}
}

// judge runs one test and reports its result, whether it could be made, and
// what is wrong.
func judge(site observatory.Site, test observatory.Test, evidence func(*scanners.Answer) domain.Hash, see func(domain.Observation)) {
	if outcome, reason := site.Untested(test.Name); outcome != "" {
		see(domain.Coverage{What: test.Name, Outcome: outcome, Reason: reason})
		return
	}
	result := test.Run(site)
	see(result)
	see(domain.Coverage{What: test.Name, Outcome: domain.Tested})
	if advisory, wrong := advisories[result.Result]; wrong {
		see(domain.Weakness{Advisory: advisory, Detail: result.Detail, Evidence: evidence(proof(site, test.Name))})
	}
}

// proof returns the answer that a test's result rests on.
func proof(site observatory.Site, test string) *scanners.Answer {
	switch test {
	case observatory.CORSName:
		return site.CORS
	case observatory.RedirectionName:
		if len(site.HTTP.Chain) > 0 {
			return site.HTTP.Chain[0]
		}
	}
	return site.Base().Answer()
}

// leaking finds the headers that tell which software answers: Server when it
// has a version, the others always, as they serve nothing else.
func leaking(header http.Header) []domain.Weakness {
	var found []domain.Weakness
	for _, l := range leakingHeaders {
		value := text(header.Get(l.header))
		if value == "" || l.versionOnly && !version.MatchString(value) {
			continue
		}
		found = append(found, domain.Weakness{Advisory: l.advisory, Where: l.where, Detail: "The header says " + quote(value) + "."})
	}
	return found
}

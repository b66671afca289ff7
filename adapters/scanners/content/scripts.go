package content

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// script is a script that a page loads or holds.
type script struct {
	page   *page
	url    *url.URL         // nil for one that stands in the page
	answer *scanners.Answer // nil for one that did not come, or stands in the page
	text   []byte
	gone   bool // it is not there, so that no browser runs it
}

// atOnce is how many requests are under way.
const atOnce = 4

// readScripts fetches the scripts that are listed, each once, whoever serves it.
func (l *look) readScripts(ctx context.Context) error {
	fetching, ctx := errgroup.WithContext(ctx)
	fetching.SetLimit(l.atOnce)
	fetched := 0
	for _, s := range l.scripts {
		if s.url == nil {
			continue
		}
		what := scanners.Whole(s.url)
		if fetched++; fetched > l.limits.scripts {
			l.ledger.Settle(what, domain.Skipped, fmt.Sprintf("the profile %s reads %d scripts", l.job.Profile, l.limits.scripts))
			continue
		}
		l.ledger.Expect(what)
		fetching.Go(func() error { return l.fetchScript(ctx, s, what) })
	}
	return fetching.Wait()
}

// collect lists the scripts of a page that are not listed yet.
func (l *look) collect(p *page) {
	for _, text := range p.inline {
		l.scripts = append(l.scripts, &script{page: p, text: []byte(text)})
	}
	for _, src := range p.scripts {
		clean := *src
		clean.Fragment, clean.RawFragment = "", ""
		if !l.known[clean.String()] {
			l.known[clean.String()] = true
			l.scripts = append(l.scripts, &script{page: p, url: &clean})
		}
	}
}

// fetchScript fetches one script. Its error is ctx's.
func (l *look) fetchScript(ctx context.Context, s *script, what string) error {
	chain, err := l.fetch.Follow(ctx, scanners.Request{
		URL: s.url, MaxBody: maxScript, Header: http.Header{"Accept": {"*/*"}},
	}, followed)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		l.ledger.Lost(what, err)
		return nil
	}
	answer := chain.Last()
	switch {
	case answer.CannotServe() != "":
		l.ledger.Settle(what, domain.Refused, answer.CannotServe())
	case answer.Status >= 300:
		s.gone = true
		l.ledger.Settle(what, domain.Skipped, fmt.Sprintf("it answers with the status %d", answer.Status))
	case isHTML(answer):
		s.gone = true
		l.ledger.Settle(what, domain.Skipped, "it is HTML, not a script")
	case !l.job.Net.Hold(len(answer.Raw)):
		l.ledger.Settle(what, domain.Skipped, noRoom)
	default:
		s.answer, s.text = answer, answer.Body
		if answer.Truncated {
			l.ledger.Settle(what, domain.Skipped, fmt.Sprintf("only the first %d bytes were read", len(answer.Body)))
		}
		l.ledger.Tested(what)
	}
	return nil
}

// isHTML: no script begins like this.
func isHTML(a *scanners.Answer) bool {
	begin := bytes.ToLower(bytes.TrimLeft(a.Body[:min(len(a.Body), 512)], "\xef\xbb\xbf \t\r\n"))
	return bytes.HasPrefix(begin, []byte("<!doctype")) || bytes.HasPrefix(begin, []byte("<html"))
}

// name is a script in a detail, place where its findings are.
func (l *look) name(s *script) string {
	if s.url == nil {
		return "A script in the page " + scanners.Whole(s.page.answer.URL)
	}
	return "The script " + scanners.Whole(s.url)
}

func (l *look) scriptPlace(s *script) string {
	if s.url == nil {
		return l.place(s.page.answer.URL)
	}
	return l.place(s.url)
}

// proof is what a finding about a script rests on: the script, or the page
// that names it.
func (l *look) proof(s *script) domain.Hash {
	if s.answer != nil {
		return l.evidence(s.answer)
	}
	return l.evidence(s.page.answer)
}

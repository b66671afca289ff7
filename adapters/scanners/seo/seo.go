// Package seo makes Lighthouse's SEO audits of the target's page, from its
// HTML and HTTP alone: what scripts do to the page in a browser is not seen.
// All profiles make all audits. An error of the server's is no page to audit, as
// for Lighthouse.
//
// The rules are those of Lighthouse 13.5 (core/audits/seo) and, for
// document-title and image-alt, of axe-core 4.13. Where they ask a browser for
// what is on the screen, this package knows the hidden attribute, inline
// styles, aria-hidden, inert and closed details, and no style sheets; where
// they ask for event listeners, it knows the on… attributes.
package seo

import (
	"context"
	"fmt"

	"golang.org/x/net/html"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

const maxPage = 4 << 20 // bytes of the page that are read

// Scanner implements scanners.Scanner.
type Scanner struct{}

// New returns a scanner. It has no settings.
func New() *Scanner { return &Scanner{} }

// Tool implements scanners.Scanner.
func (*Scanner) Tool() domain.Tool { return domain.SEO }

// Scan implements scanners.Scanner.
func (*Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	chain, err := scanners.Open(ctx, job, maxPage)
	if err != nil {
		return err
	}
	see(domain.Advance{Percent: 50})
	answer := chain.Last()
	if why := answer.CannotServe(); why != "" {
		return scanners.Skip("%s, which is no page to audit", why)
	}
	if !answer.IsPage() {
		return scanners.Skip("the page is %q, not HTML", answer.MediaType())
	}
	robots := site.FetchRobots(ctx, job.Net, answer.URL)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	see(visit(job, answer))
	err = scanners.ReadHTML(ctx, answer.Body, func(root *html.Node, n int) {
		p := pageOf(answer, root, n, robots)
		for _, a := range audits {
			report(a, p, see)
		}
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &scanners.NotTested{Outcome: domain.Refused, Reason: fmt.Sprintf("its HTML cannot be read: %v", err)}
	}
	see(domain.Advance{Percent: 100})
	return nil
}

func visit(job scanners.Job, a *scanners.Answer) domain.Visit {
	return domain.Visit{
		URL: a.URL.String(), Status: a.Status, Protocol: a.Proto, Server: a.Header.Get("Server"),
		Evidence: job.Keep("http-response", a.Raw),
	}
}

// audit is one rule.
type audit struct {
	id string
	// judge returns one of the outcomes, and what it rests on.
	judge func(*page) (outcome, detail string)
	// whole tells that only the whole page can pass.
	whole bool
	// once tells that what is looked for may stand in the rest: only the whole page
	// can be without it.
	once bool
}

// audits are in Lighthouse's order.
var audits = []audit{
	{"is-crawlable", isCrawlable, false, false},
	{"document-title", documentTitle, false, true},
	{"meta-description", metaDescription, false, true},
	{"http-status-code", statusCode, false, false},
	{"link-text", linkText, true, false},
	{"crawlable-anchors", crawlableAnchors, true, false},
	{"robots-txt", robotsTxt, false, false},
	{"image-alt", imageAlt, true, false},
	{"hreflang", hreflang, false, false},
	{"canonical", canonical, false, false},
}

// report makes one audit. What would pass, or be missing, only because the rest
// of the page was not read has not been tested; nor has a robots.txt that the guard keeps
// us from.
func report(a audit, p *page, see func(domain.Observation)) {
	outcome, detail := a.judge(p)
	switch {
	case p.truncated && (a.whole && outcome != domain.SEOFail || a.once && outcome == domain.SEOFail):
		see(domain.Coverage{What: a.id, Outcome: domain.Skipped, Reason: fmt.Sprintf("only the first %d bytes of the page were read", p.read)})
		return
	case a.id == "robots-txt" && p.robots.Refused:
		see(domain.Coverage{What: a.id, Outcome: domain.Refused, Reason: p.robots.Failure})
		return
	}
	see(domain.SEOAudit{ID: a.id, Outcome: outcome, Detail: detail})
	see(domain.Coverage{What: a.id, Outcome: domain.Tested})
}

// failed is the outcome of a rule of which count things are in breach.
func failed(count int, detail string) (string, string) {
	if count == 0 {
		return domain.SEOPass, ""
	}
	return domain.SEOFail, detail
}

// clip keeps foreign text short enough for a detail.
func clip(s string) string {
	runes := []rune(s)
	if len(runes) > 120 {
		return string(runes[:120]) + "…"
	}
	return s
}

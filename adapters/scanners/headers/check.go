package headers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/domain"
)

var _ scanners.Checker = Scanner{}

// ofPages are the Observatory's tests of what each page says for itself. The others
// are about the site as a whole, and its score is that of the target's own page.
var ofPages = []string{
	observatory.CSPName, observatory.ReferrerName, observatory.SRIName, observatory.ContentTypeName, observatory.FrameName,
	observatory.ResourcePolicyName, observatory.EmbedderPolicyName, observatory.OpenerPolicyName,
}

// Check implements scanners.Checker: further pages are held to the Observatory's
// tests of single pages, and their headers that give software away are looked at.
// What is wrong with many pages is told once, of the first, and not at all where
// it is wrong with the target's own page.
func (Scanner) Check(job scanners.Job, c scanners.Crawled) scanners.PageCheck {
	c.Ledger.Expect(leaks, syntax)
	c.Ledger.Expect(ofPages...)
	return &check{job: job, crawled: c, told: map[string]bool{}, broken: map[string]*broken{}}
}

type check struct {
	job     scanners.Job
	crawled scanners.Crawled
	told    map[string]bool    // headers of which one is enough
	broken  map[string]*broken // by rule
	order   []*broken
	first   *scanners.Answer // the target's own page
	further bool             // whether there was another page
	cut     *scanners.Answer // one of which only the beginning was read
}

// broken is a rule that pages break.
type broken struct {
	domain.Weakness
	pages int
	own   bool // whether the target's own page does
}

// Page implements scanners.PageCheck.
func (c *check) Page(_ context.Context, a *scanners.Answer) {
	first := c.first == nil
	if first {
		c.first = a
	}
	for _, w := range append(leaking(a.Header), malformed(a)...) {
		before := c.told[w.Where+w.Advisory.ID]
		c.told[w.Where+w.Advisory.ID] = true
		if !first && !before {
			w.Evidence = c.job.Keep("http-response", observatory.Excerpt(a, nil))
			c.crawled.See(w)
		}
	}
	if a.IsPage() && a.Status < http.StatusMultipleChoices {
		c.judge(a, first)
	}
}

// judge holds one page to the tests.
func (c *check) judge(a *scanners.Answer, first bool) {
	trip := observatory.Trip{Start: a.URL, Chain: scanners.Chain{a}}
	s := observatory.Site{Host: a.URL.Hostname(), HTTP: trip, Page: observatory.ReadPage(a.Body)}
	if a.URL.Scheme == "https" {
		s.HTTP, s.HTTPS = observatory.Trip{}, trip
	}
	c.further = c.further || !first
	if a.Truncated && c.cut == nil {
		c.cut = a
	}
	for _, test := range observatory.PageTests(ofPages...) {
		result := test.Run(s)
		advisory, wrong := advisories[result.Result]
		if !wrong {
			continue
		}
		b := c.broken[advisory.ID]
		if b == nil {
			b = &broken{Weakness: domain.Weakness{Advisory: advisory, Where: scanners.Place(c.first.URL, a.URL), Detail: result.Detail}, own: first}
			if !first {
				b.Evidence = c.job.Keep("http-response", observatory.Excerpt(a, nil))
			}
			c.broken[advisory.ID], c.order = b, append(c.order, b)
		}
		b.pages++
	}
}

// Close implements scanners.PageCheck.
func (c *check) Close(context.Context) error {
	if c.first == nil {
		for _, line := range append([]string{leaks, syntax}, ofPages...) {
			c.crawled.Ledger.Settle(line, domain.Skipped, "there is no page to look at")
		}
		return nil
	}
	for _, b := range c.order {
		if b.own {
			continue
		}
		if b.pages > 1 {
			b.Detail += fmt.Sprintf(" So it is on %d pages that were read.", b.pages)
		}
		c.crawled.See(b.Weakness)
	}
	if !c.further {
		for _, line := range ofPages {
			c.crawled.Ledger.Settle(line, domain.Skipped, "there is no page beyond the target's own")
		}
	}
	if c.cut != nil {
		c.crawled.Ledger.Settle(observatory.SRIName, domain.Skipped, "only the beginning was read of "+scanners.Whole(c.cut.URL))
	}
	for _, line := range append([]string{leaks, syntax}, ofPages...) {
		c.crawled.Ledger.Tested(line)
	}
	return nil
}

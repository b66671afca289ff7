package headers

import (
	"context"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/domain"
)

var _ scanners.Checker = Scanner{}

// Check implements scanners.Checker: of further pages the headers that give
// software away are looked at; the Observatory's tests are of the site as a whole.
func (Scanner) Check(job scanners.Job, c scanners.Crawled) scanners.PageCheck {
	c.Ledger.Expect(leaks)
	return &check{job: job, crawled: c, told: map[string]bool{}}
}

type check struct {
	job     scanners.Job
	crawled scanners.Crawled
	told    map[string]bool // headers of which one is enough
	taken   bool            // whether there was a first page
}

// Page implements scanners.PageCheck.
func (c *check) Page(_ context.Context, a *scanners.Answer) {
	first := !c.taken
	c.taken = true
	for _, w := range leaking(a.Header) {
		before := c.told[w.Where]
		c.told[w.Where] = true
		if !first && !before {
			w.Evidence = c.job.Keep("http-response", observatory.Excerpt(a, nil))
			c.crawled.See(w)
		}
	}
	c.crawled.Ledger.Tested(leaks)
}

// Close implements scanners.PageCheck.
func (c *check) Close(context.Context) error {
	c.crawled.Ledger.Settle(leaks, domain.Skipped, "there is no page to look at")
	return nil
}

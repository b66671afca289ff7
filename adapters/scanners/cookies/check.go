package cookies

import (
	"context"
	"slices"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/domain"
)

var _ scanners.Checker = Scanner{}

// further is what Coverage calls the look at the cookies of a crawl.
const further = "cookies of further pages"

// Check implements scanners.Checker: the cookies that pages set are looked at
// one by one, as those of the target's own page are.
func (s Scanner) Check(job scanners.Job, c scanners.Crawled) scanners.PageCheck {
	c.Ledger.Expect(further)
	preload, err := s.Preload.Get()
	if err != nil {
		c.See(observatory.OldList(err))
	}
	return &check{preload: preload, job: job, crawled: c}
}

type check struct {
	preload *observatory.List
	job     scanners.Job
	crawled scanners.Crawled
	first   *scanners.Answer
	jar     observatory.Jar
}

// Page implements scanners.PageCheck.
func (c *check) Page(_ context.Context, a *scanners.Answer) {
	if c.first == nil {
		c.first = a
	}
	c.jar.Take(a, time.Now())
}

// Close implements scanners.PageCheck.
func (c *check) Close(context.Context) error {
	if c.first == nil {
		c.crawled.Ledger.Settle(further, domain.Skipped, "there is no page to look at")
		return nil
	}
	trip := observatory.Trip{Start: c.first.URL, Chain: scanners.Chain{c.first}, Jar: c.jar}
	site := observatory.Site{Host: c.first.URL.Hostname(), HTTP: trip, Preload: c.preload}
	if c.first.URL.Scheme == "https" {
		site.HTTP, site.HTTPS = observatory.Trip{}, trip
	}
	site.HTTP.Jar, site.HTTPS.Jar = c.later(site.HTTP.Jar), c.later(site.HTTPS.Jar)
	report(c.job, site, func(a *scanners.Answer) []byte { return observatory.Excerpt(a, nil) }, c.crawled.See)
	if c.jar.Overflow {
		c.crawled.Ledger.Settle(further, domain.Skipped, "only as many are looked at as a browser keeps")
	}
	c.crawled.Ledger.Tested(further)
	return nil
}

// later leaves out of a jar what the first page has set, and no other since in
// another way.
func (c *check) later(j observatory.Jar) observatory.Jar {
	first := func(k observatory.Cookie) bool { return k.Answer == c.first }
	return observatory.Jar{Cookies: slices.DeleteFunc(slices.Clone(j.Cookies), first), Broken: slices.DeleteFunc(slices.Clone(j.Broken), first)}
}

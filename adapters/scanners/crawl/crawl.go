// Package crawl reads the pages of a site beyond the target's own, and has them
// judged by the rules for that one (scanners.Checker). Of targets that are proven
// to be the account's it looks at parameters too, by requests that no visitor
// would send (see active.go).
//
// It is polite: two requests at a time and one where robots.txt asks for a pause,
// nothing that robots.txt keeps it from, no form sent, no link followed that says
// that it does something. It stays on the origin to which the target leads, and
// ends after 200 answers, 32 MiB, eight links from the target's page or eight
// minutes, whichever comes first. Addresses that differ only in session, order of
// parameters or what campaigns add to them are one; of those that look alike only
// some are read, so that a calendar without end does not keep it from the rest.
//
// All that was found and not read is in the coverage, with the reason.
package crawl

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// limits bound one crawl.
type limits struct {
	pages    int           // answers that are read
	depth    int           // links from the target's page
	bytes    int64         // of all bodies, and as much again for what pages load
	time     time.Duration // of reading pages, and as much again for parameters
	requests int           // about parameters
	pause    time.Duration // the longest that is waited between two requests
}

var deep = limits{pages: 200, depth: 8, bytes: 32 << 20, time: 8 * time.Minute, requests: 400, pause: 10 * time.Second}

// maxPage bounds one body, in bytes.
const maxPage = 1 << 20

// Scanner implements scanners.Scanner.
type Scanner struct {
	checkers []scanners.Checker
	limits   limits
}

var _ scanners.Scanner = (*Scanner)(nil)

// New returns a scanner that has the pages judged by others.
func New(checkers ...scanners.Checker) *Scanner { return &Scanner{checkers, deep} }

// Tool implements scanners.Scanner.
func (*Scanner) Tool() domain.Tool { return domain.Crawl }

// Scan implements scanners.Scanner. A target that leads to another site ends in a
// NotTested.
func (s *Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	chain, err := scanners.Open(ctx, job, maxPage)
	if err != nil {
		return err
	}
	landing := chain.Last()
	if !site.Same(landing.URL, chain[0].URL) {
		return scanners.Skip("the target sends its visitors to another site, %s", scanners.Whole(site.Origin(landing.URL)))
	}
	c := s.begin(job, chain, see)
	defer c.ledger.Close()
	if err := c.read(ctx, landing); err != nil {
		return err
	}
	see(domain.Advance{Percent: 60})
	for _, check := range c.checks {
		if err := check.Close(ctx); err != nil {
			return err
		}
	}
	see(domain.Advance{Percent: 70})
	if err := c.probe(ctx); err != nil {
		return err
	}
	see(domain.Advance{Percent: 100})
	return nil
}

// crawl is one scan under way.
type crawl struct {
	job    scanners.Job
	limits limits
	ledger *scanners.Ledger
	see    func(domain.Observation)
	home   *url.URL // the origin whose pages are read
	pace   *pace
	front  *frontier
	checks []scanners.PageCheck
	bodies map[[32]byte]bool // pages that were read, by their hash
	points *points
	forms  map[string]bool

	pages  int          // answers
	bytes  int64        // of their bodies
	loaded atomic.Int64 // bytes of what they load
	silent int          // in a row that were no answers
}

func (s *Scanner) begin(job scanners.Job, chain scanners.Chain, see func(domain.Observation)) *crawl {
	home := site.Origin(chain.Last().URL)
	c := &crawl{
		job: job, limits: s.limits, ledger: scanners.NewLedger(see), see: see, home: home,
		pace: newPace(job.Net.Fetch, home), front: newFrontier(home, chain, s.limits.depth),
		bodies: map[[32]byte]bool{}, points: newPoints(), forms: map[string]bool{},
	}
	for _, checker := range s.checkers {
		c.checks = append(c.checks, checker.Check(job, scanners.Crawled{Fetch: c.load, Ledger: c.ledger, See: see}))
	}
	return c
}

// load is what checks ask by, for what pages name.
func (c *crawl) load(ctx context.Context, r scanners.Request) (*scanners.Answer, error) {
	if c.loaded.Load() >= c.limits.bytes {
		return nil, domain.Errorf(domain.Quota, "a crawl reads %d MiB of what pages load", c.limits.bytes>>20)
	}
	answer, err := c.pace.ask(ctx, r)
	if err == nil {
		c.loaded.Add(int64(len(answer.Body)))
	}
	return answer, err
}

// What the coverage calls the crawl's own parts.
const (
	pagesPart   = "pages"
	robotsPart  = "robots.txt"
	sitemapPart = "sitemaps"
	furtherPart = "further pages"
)

// read takes the target's page and what can be reached from it. Its error is
// ctx's; what its own time leaves undone is in the coverage.
func (c *crawl) read(ctx context.Context, landing *scanners.Answer) error {
	bounded, cancel := context.WithTimeoutCause(ctx, c.limits.time, errLate)
	defer cancel()
	c.ledger.Expect(pagesPart, robotsPart, sitemapPart)
	c.front.mark(landing.URL)
	c.points.fromURL(landing.URL)
	c.take(ctx, link{url: landing.URL}, landing)
	c.obey(bounded)
	c.seed(bounded)
	for bounded.Err() == nil {
		if why := c.full(); why != "" {
			c.giveUp(domain.Skipped, why)
			break
		}
		batch := c.front.next(min(c.pace.atOnce(), c.limits.pages-c.pages))
		if len(batch) == 0 {
			break
		}
		c.visit(bounded, batch)
		c.see(domain.Advance{Percent: min(5+55*c.pages/c.limits.pages, 60)})
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(context.Cause(bounded), errLate) {
		c.giveUp(domain.TimedOut, fmt.Sprintf("a crawl reads for %s", c.limits.time))
	}
	for _, left := range c.front.left {
		c.ledger.Settle(left.what(), domain.Skipped, left.reason)
	}
	c.ledger.Tested(pagesPart)
	return nil
}

var errLate = errors.New("the crawl's time is over")

// full says why no further page is read; "" while there is room.
func (c *crawl) full() string {
	switch {
	case !c.front.more():
		return ""
	case c.pages >= c.limits.pages:
		return fmt.Sprintf("a crawl reads %d pages", c.limits.pages)
	case c.bytes >= c.limits.bytes:
		return fmt.Sprintf("a crawl reads %d MiB", c.limits.bytes>>20)
	case c.silent >= maxSilent:
		return "the site no longer answers, or says that it is too much"
	default:
		return ""
	}
}

// maxSilent is how many requests in a row may be without a good answer.
const maxSilent = 6

// giveUp says of all pages that are known and were not read why that is.
func (c *crawl) giveUp(outcome domain.Outcome, why string) {
	n, first := c.front.drop()
	if n > 0 {
		c.ledger.Settle(furtherPart, outcome, fmt.Sprintf("%s; %d more are known, the first is %s", why, n, scanners.Whole(first)))
	}
}

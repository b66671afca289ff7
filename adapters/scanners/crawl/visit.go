package crawl

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// obey asks what the site asks of crawlers.
func (c *crawl) obey(ctx context.Context) {
	file := site.FetchRobots(ctx, c.job.Net, c.home)
	if ctx.Err() != nil {
		return // the ledger says so
	}
	if c.pace.obey(file, c.limits.pause); c.pace.closed != "" {
		c.ledger.Settle(robotsPart, domain.Refused, scanners.Plain(c.pace.closed))
	}
	c.ledger.Tested(robotsPart)
}

// visit reads some pages at a time, and takes them in the order in which they
// were to be read, so that the same site is crawled in the same way.
func (c *crawl) visit(ctx context.Context, batch []link) {
	batch = slices.DeleteFunc(batch, func(l link) bool {
		why := c.pace.refusal(l.url)
		if why != "" {
			c.front.leave(l.url, scanners.Plain(why))
		}
		return why != ""
	})
	answers, errs := make([]*scanners.Answer, len(batch)), make([]error, len(batch))
	var all sync.WaitGroup
	for i, l := range batch {
		c.ledger.Expect(scanners.Whole(l.url))
		all.Go(func() {
			answers[i], errs[i] = c.pace.ask(ctx, scanners.Request{URL: l.url, MaxBody: maxPage})
		})
	}
	all.Wait()
	for i, l := range batch {
		switch {
		case ctx.Err() != nil && errs[i] != nil:
			return // the ledger says so
		case errs[i] != nil:
			c.pages++
			c.silent++
			c.ledger.Lost(scanners.Whole(l.url), errs[i])
		default:
			c.take(ctx, l, answers[i])
		}
	}
}

// take looks at one answer: it is judged, and what it leads to is noted. A page
// that was read under another address is not looked at again.
func (c *crawl) take(ctx context.Context, l link, a *scanners.Answer) {
	c.pages++
	c.bytes += int64(len(a.Body))
	what := scanners.Whole(l.url)
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		c.silent++
		c.ledger.Settle(what, domain.Refused, fmt.Sprintf("it answers with the status %d", a.Status))
		return
	}
	c.silent = 0
	sum := sha256.Sum256(fmt.Append(nil, a.Status, a.Header.Get("Location"), "\n", string(a.Body)))
	if c.bodies[sum] {
		c.ledger.Settle(what, domain.Skipped, "it is the same as a page that was read before")
		return
	}
	c.bodies[sum] = true
	for _, check := range c.checks {
		check.Page(ctx, a)
	}
	c.follow(ctx, l, a)
	if a.Truncated {
		c.ledger.Settle(what, domain.Skipped, fmt.Sprintf("only the first %d bytes were read", len(a.Body)))
	}
	c.ledger.Tested(what)
}

// follow notes what an answer leads to.
func (c *crawl) follow(ctx context.Context, l link, a *scanners.Answer) {
	if next, err := a.Redirect(); next != nil && err == nil {
		if c.front.at(next) == nil {
			c.ledger.Settle(scanners.Whole(l.url), domain.Skipped, "it leads to another site, "+scanners.Whole(site.Origin(next)))
			return
		}
		c.front.add(next, l.depth) // as far from the target's page as what leads there
		return
	}
	if !a.IsPage() {
		return
	}
	found, err := readLinks(ctx, a)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		c.ledger.Settle(scanners.Whole(l.url), domain.Refused, scanners.Plain("its HTML cannot be read: "+err.Error()))
		return
	case found.read < len(a.Body):
		c.ledger.Settle(scanners.Whole(l.url), domain.Skipped, fmt.Sprintf("only the first %d bytes were read", found.read))
	}
	if found.more {
		c.ledger.Settle(scanners.Whole(l.url)+": what it leads to", domain.Skipped, fmt.Sprintf("only the first %d links and forms are taken", maxFound))
	}
	for _, u := range found.links {
		c.front.add(u, l.depth+1)
		if at := c.front.at(u); at != nil {
			c.points.fromURL(at)
		}
	}
	for _, f := range found.forms {
		c.takeForm(f, l.depth)
	}
}

// maxForms bounds the forms that are told.
const maxForms = 200

// takeForm notes a form, which is never sent. Where one that asks for a page
// leads is a page too.
func (c *crawl) takeForm(f form, depth int) {
	at := c.front.at(f.action)
	name := fmt.Sprintf("form %s %s: %s", f.method, scanners.Whole(f.action), scanners.Plain(strings.Join(f.names(), ", ")))
	if c.forms[name] || len(c.forms) >= maxForms {
		return
	}
	c.forms[name] = true
	why := "forms are not sent"
	if at != nil && f.method == http.MethodGet && !f.password {
		c.front.add(f.action, depth+1)
		c.points.fromForm(at, f)
		why = "forms are not sent; what it would ask for is under parameters"
	}
	c.ledger.Settle(name, domain.Skipped, why)
}

package content

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

var _ scanners.Checker = (*Scanner)(nil)

// crawlAtOnce is how many of what pages of a crawl name are asked for at a time.
const crawlAtOnce = 2

// maxScripts bounds the scripts that stand in the pages of a crawl, and those that
// they load.
const maxScripts = 1000

// Check implements scanners.Checker: pages, the scripts that they load, and the
// directories that they load from are looked at as those of the target's own page
// are. A script that stands in several pages is looked at once.
func (s *Scanner) Check(job scanners.Job, c scanners.Crawled) scanners.PageCheck {
	l := newLook(job, c.Fetch, c.Ledger, c.See)
	l.atOnce, l.further = crawlAtOnce, true
	l.ledger.Expect(pageRules...)
	l.lists = l.readLists(s.malware)
	return &check{look: l, scanner: s, inline: map[[sha256.Size]byte]bool{}}
}

// check is the look at the pages of a crawl. What pages load and link to is let
// go of when they are judged, so that only their text stays in memory.
type check struct {
	*look
	scanner *Scanner
	inline  map[[sha256.Size]byte]bool // scripts in pages that were looked at
	listed  []string                   // directories that the scanner of the target's page looks at
	taken   bool                       // whether there was a first page
}

// Page implements scanners.PageCheck.
func (c *check) Page(ctx context.Context, a *scanners.Answer) {
	first := !c.taken
	if first {
		c.site, c.taken = site.Origin(a.URL), true
	} else {
		c.judgeAnswer(a)
	}
	if a.Status >= http.StatusMultipleChoices || !a.IsPage() {
		return
	}
	p, err := readPage(ctx, a)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		c.ledger.Settle(scanners.Whole(a.URL), domain.Refused, scanners.Plain("its HTML cannot be read: "+err.Error()))
		return
	case !c.job.Net.Hold(p.size()):
		c.ledger.Settle(scanners.Whole(a.URL), domain.Skipped, noRoom)
		return
	}
	if !first && (a.Truncated || p.read < len(a.Body)) {
		c.cutShort(p)
	}
	if p.more {
		c.ledger.Settle(scanners.Whole(a.URL)+": what it names", domain.Skipped, fmt.Sprintf("only the first %d scripts, links and things that it loads are looked at", maxLoads))
	}
	c.take(p)
	if first {
		c.noteDirs(p)
		c.scripts, c.listed, c.dirs = nil, slices.Concat([]string{"/"}, c.dirs, directories), nil
		return
	}
	c.judgePage(p)
	c.pages = append(c.pages, p)
	p.loads, p.frames, p.forms, p.links, p.inline = nil, nil, nil, nil, nil
}

// take lists the scripts of a page that no page before it has.
func (c *check) take(p *page) {
	p.inline = slices.DeleteFunc(p.inline, func(text string) bool {
		sum := sha256.Sum256([]byte(text))
		before := c.inline[sum]
		if !before && len(c.inline) >= maxScripts {
			c.ledger.Settle("further scripts in pages", domain.Skipped, fmt.Sprintf("only the first %d that differ are looked at", maxScripts))
			return true
		}
		c.inline[sum] = true
		return before
	})
	if room := maxScripts - len(c.known); room < len(p.scripts) {
		c.ledger.Settle("further scripts", domain.Skipped, fmt.Sprintf("only the first %d that pages load are noted", maxScripts))
		p.scripts = p.scripts[:max(room, 0)]
	}
	c.collect(p)
	p.scripts = nil
}

// Close implements scanners.PageCheck.
func (c *check) Close(ctx context.Context) error {
	if c.taken { // these look at all answers
		c.ledger.Tested(debugRule)
	}
	if len(c.pages) == 0 {
		for _, rule := range pageRules {
			c.ledger.Settle(rule, domain.Skipped, "there is no page beyond the target's own")
		}
		return nil
	}
	if err := c.readScripts(ctx); err != nil {
		return err
	}
	if err := c.conclude(ctx, c.scanner); err != nil {
		return err
	}
	return c.list(ctx)
}

// list looks whether directories that the pages load from are listed, and that
// the scanner of the target's page does not look at.
func (c *check) list(ctx context.Context) error {
	dirs := slices.DeleteFunc(slices.Clone(c.dirs), func(dir string) bool { return slices.Contains(c.listed, dir) })
	if len(dirs) == 0 {
		return nil
	}
	rule := c.listings(dirs...)
	c.ledger.Expect(rule.coverage())
	return (&search{look: c.look}).every(ctx, rule)
}

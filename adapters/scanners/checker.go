package scanners

import (
	"context"

	"github.com/scanledger/scanledger/domain"
)

// Checker is a scanner that can judge the pages which a crawl reads by the rules
// by which it judges the target's own page.
type Checker interface {
	// Check begins with the pages of one crawl.
	Check(job Job, c Crawled) PageCheck
}

// Crawled is what a check has of the crawl that feeds it.
type Crawled struct {
	// Fetch asks as the crawl does: within its pace and what robots.txt allows,
	// beyond which it answers a *domain.Error, code Forbidden.
	Fetch  Fetcher
	Ledger *Ledger // where it says what was looked at
	See    func(domain.Observation)
}

// PageCheck judges the pages of a crawl. It is for one goroutine.
type PageCheck interface {
	// Page takes one answer of the site, whatever it is. The first is the target's
	// own page, at which the scanner that checks looks by itself, in a probe of
	// its own: of that one it only remembers what need not be told again.
	// Where ctx has ended it may leave the page.
	Page(ctx context.Context, a *Answer)
	// Close judges what only all pages together tell, and may fetch what they
	// name. Its error is ctx's.
	Close(ctx context.Context) error
}

package crawl

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
)

// link is a page that is known.
type link struct {
	url   *url.URL
	depth int // links from the target's page
}

const (
	maxKnown = 20_000 // addresses that are remembered
	perShape = 12     // of those that look alike
	perPath  = 6      // of those that differ in their query alone
)

// frontier holds the pages that are known and not read. It is for one goroutine.
type frontier struct {
	home    *url.URL
	aliases map[string]bool // origins that lead to the home, and so stand for it
	depth   int
	known   map[string]bool
	shapes  map[string]int
	queries map[string]int
	waiting [][3][]link // by depth and rank
	left    []*leftOut  // in the order in which they were met
}

// leftOut is what was found and is not read.
type leftOut struct {
	reason string
	first  *url.URL
	more   int
}

// what is a line of the coverage.
func (l *leftOut) what() string {
	if l.more == 0 {
		return scanners.Whole(l.first)
	}
	return fmt.Sprintf("%s and %d more", scanners.Whole(l.first), l.more)
}

// newFrontier takes the way to the target's page: what has led there leads there
// again, as http to https or a name to the one with www.
func newFrontier(home *url.URL, chain scanners.Chain, depth int) *frontier {
	f := &frontier{
		home: home, aliases: map[string]bool{}, depth: depth,
		known: map[string]bool{}, shapes: map[string]int{}, queries: map[string]int{}, waiting: make([][3][]link, depth+1),
	}
	for _, a := range chain {
		if sameName(a.URL, home) {
			f.aliases[site.Origin(a.URL).String()] = true
		}
	}
	return f
}

// at is a URL of the site as it is asked for: at home, without what makes no
// other page of it. It is nil for one of another site.
func (f *frontier) at(u *url.URL) *url.URL {
	if u.Scheme != "http" && u.Scheme != "https" || !f.aliases[site.Origin(u).String()] {
		return nil
	}
	clean := canonical(u)
	clean.Scheme, clean.Host = f.home.Scheme, f.home.Host
	return clean
}

// mark notes that a page is read.
func (f *frontier) mark(u *url.URL) { f.known[key(canonical(u))] = true }

// add takes a page that was found. Each is taken once.
func (f *frontier) add(u *url.URL, depth int) {
	u = f.at(u)
	if u == nil {
		return
	}
	k := key(u)
	if f.known[k] {
		return
	}
	if len(f.known) >= maxKnown {
		f.leave(u, fmt.Sprintf("only %d addresses are remembered", maxKnown))
		return
	}
	f.known[k] = true
	if why := f.refuses(u, depth); why != "" {
		f.leave(u, why)
		return
	}
	f.queries[u.EscapedPath()]++
	f.shapes[shape(u)]++
	rank := &f.waiting[depth][site.Rank(u)]
	*rank = append(*rank, link{u, depth})
}

// refuses says why a page is not read; "" for one that may be.
func (f *frontier) refuses(u *url.URL, depth int) string {
	switch {
	case site.NoPage(u):
		return "it is no page by its name"
	case site.Acts(u):
		return "following it may do something"
	case depth > f.depth:
		return fmt.Sprintf("a crawl goes %d links deep", f.depth)
	case goesRound(u):
		return "its path goes round in a circle, or is too long"
	case f.queries[u.EscapedPath()] >= perPath:
		return fmt.Sprintf("of addresses that differ in their query alone %d are read", perPath)
	case f.shapes[shape(u)] >= perShape:
		return fmt.Sprintf("of addresses that look alike %d are read: %s", perShape, scanners.Plain(shape(u)))
	default:
		return ""
	}
}

// maxLeft bounds the reasons that are told.
const maxLeft = 200

func (f *frontier) leave(u *url.URL, reason string) {
	i := slices.IndexFunc(f.left, func(l *leftOut) bool { return l.reason == reason })
	switch {
	case i >= 0:
		f.left[i].more++
	case len(f.left) < maxLeft:
		f.left = append(f.left, &leftOut{reason: reason, first: u})
	}
}

// next takes up to n pages: the nearest first, and of those the ones first where
// people type secrets.
func (f *frontier) next(n int) (batch []link) {
	for depth := range f.waiting {
		for rank := range f.waiting[depth] {
			waiting := &f.waiting[depth][rank]
			take := min(n-len(batch), len(*waiting))
			batch, *waiting = append(batch, (*waiting)[:take]...), (*waiting)[take:]
		}
		if len(batch) > 0 { // what they lead to is deeper
			return batch
		}
	}
	return batch
}

// more says whether a page waits.
func (f *frontier) more() bool {
	return slices.ContainsFunc(f.waiting, func(ranks [3][]link) bool {
		return len(ranks[0])+len(ranks[1])+len(ranks[2]) > 0
	})
}

// drop lets go of all that wait, and says how many they were.
func (f *frontier) drop() (n int, first *url.URL) {
	for {
		batch := f.next(maxKnown)
		if len(batch) == 0 {
			return n, first
		}
		if first == nil {
			first = batch[0].url
		}
		n += len(batch)
	}
}

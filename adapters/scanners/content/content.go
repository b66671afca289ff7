// Package content looks at what a site serves: files that were not meant to be
// served, directory listings, forms and content without TLS, scripts with
// published weaknesses or put there by somebody else, hidden frames, and what
// the operator's malware lists name.
//
// A file is told by what it says, never by the status alone, and only where
// the site answers a made-up path beside it in another way. The page is the one
// that a visitor of the target would see, after all redirects; files are looked
// for on the target's own site. Whatever a page names is fetched once.
//
// With the profile quick it is one page, ten scripts, and the files that are
// exposed most often and with the worst effect; with standard five pages, forty
// scripts and the common files; with deep a hundred and fifty scripts, and all
// files and directories that the rules name, and the pages beyond the first are
// the crawl's, which has them judged here (see Check). Each rule and each URL is
// in the coverage.
package content

import (
	"context"
	"fmt"
	"net/url"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// Options are the operator's own files.
type Options struct {
	Libraries string   // list of vulnerable JavaScript libraries in the format of retire.js; the one built in when empty
	Malware   []string // lists of hosts, URLs and SHA-256 hashes, one a line
}

// Scanner implements scanners.Scanner.
type Scanner struct {
	libraries *libraryFile
	malware   []*scanners.File[*scanners.Blocklist]
}

var _ scanners.Scanner = (*Scanner)(nil)

// New reads the operator's files, so that a fault in one is told at the start.
// They are read again whenever they have changed.
func New(o Options) (*Scanner, error) {
	s := &Scanner{libraries: newLibraryFile(o.Libraries)}
	if _, err := s.libraries.get(); err != nil {
		return nil, fmt.Errorf("vulnerable libraries: %w", err)
	}
	var err error
	if s.malware, err = scanners.OpenBlocklists(o.Malware); err != nil {
		return nil, fmt.Errorf("malware list: %w", err)
	}
	return s, nil
}

// Tool implements scanners.Scanner.
func (*Scanner) Tool() domain.Tool { return domain.Content }

// limits are how far each profile goes.
type limits struct{ pages, scripts, directories int }

var limitsOf = map[domain.Profile]limits{
	domain.Quick:    {pages: 1, scripts: 10, directories: 5},
	domain.Standard: {pages: 5, scripts: 40, directories: 15},
	domain.Deep:     {pages: 1, scripts: 150, directories: 60},
}

const (
	maxPage   = 4 << 20 // bytes of a page that are read
	maxScript = 2 << 20 // of a script
)

// Scan implements scanners.Scanner. What it did not come to when its time ran
// out is in the coverage as such.
func (s *Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	chain, err := scanners.Open(ctx, job, maxPage)
	if err != nil {
		return err
	}
	l := newLook(job, job.Net.Fetch, scanners.NewLedger(see), see)
	defer l.ledger.Close()
	l.ledger.Expect(pageRules...)
	for _, r := range exposures {
		l.ledger.Expect(r.coverage())
	}
	see(domain.Advance{Percent: 5})
	landing := chain.Last()
	l.site = site.Origin(landing.URL)
	if !site.Same(landing.URL, chain[0].URL) {
		l.site = site.Origin(chain[0].URL)
	}
	l.lists = l.readLists(s.malware)
	l.judgeAnswer(landing)
	if err := l.readPages(ctx, landing); err != nil {
		return err
	}
	see(domain.Advance{Percent: 20})
	if err := l.readScripts(ctx); err != nil {
		return err
	}
	see(domain.Advance{Percent: 40})
	if err := l.judgePages(ctx, s); err != nil {
		return err
	}
	see(domain.Advance{Percent: 60})
	if err := l.expose(ctx); err != nil {
		return err
	}
	see(domain.Advance{Percent: 100})
	return nil
}

// look is one scan under way.
type look struct {
	job     scanners.Job
	fetch   scanners.Fetcher // what everything is asked for by
	atOnce  int              // requests that are under way at a time
	further bool             // whether it is at pages beyond the target's own, for which the lists' faults are told
	limits  limits
	ledger  *scanners.Ledger
	site    *url.URL // where files are looked for
	pages   []*page
	scripts []*script
	known   map[string]bool // scripts that are on the list, or were looked at elsewhere
	dirs    []string        // directories that pages load from, each once
	lists   []*scanners.Blocklist
	kept    map[*scanners.Answer]domain.Hash
	raised  map[string]int // findings by advisory
	see     func(domain.Observation)
}

func newLook(job scanners.Job, fetch scanners.Fetcher, ledger *scanners.Ledger, see func(domain.Observation)) *look {
	if _, known := limitsOf[job.Profile]; !known {
		job.Profile = domain.Quick
	}
	return &look{
		job: job, fetch: fetch, atOnce: atOnce, limits: limitsOf[job.Profile], see: see, ledger: ledger,
		known: map[string]bool{}, kept: map[*scanners.Answer]domain.Hash{}, raised: map[string]int{},
	}
}

// evidence keeps an answer once.
func (l *look) evidence(a *scanners.Answer) domain.Hash {
	hash, kept := l.kept[a]
	if !kept {
		hash = l.job.Keep("http-response", mask(observatory.Redact(a.Raw)))
		l.kept[a] = hash
	}
	return hash
}

// maxRaised bounds what one rule finds on one site.
const maxRaised = 20

// raise reports a weakness. It is not safe for concurrent use.
func (l *look) raise(a domain.Advisory, where, detail string, evidence domain.Hash) {
	if l.raised[a.ID]++; l.raised[a.ID] > maxRaised {
		l.see(domain.Coverage{What: a.ID, Outcome: domain.Skipped, Reason: fmt.Sprintf("only the first %d places are told", maxRaised)})
		return
	}
	l.see(domain.Weakness{Advisory: a, Where: where, Detail: detail, Evidence: evidence})
}

// Package traffic measures how fit the target's page is to take traffic: time
// to first byte, availability, compression, caching, HTTP/2 or later, page
// weight and redirects. It puts no load on the target: requests go one after
// the other, the repeated ones with a pause between them, and at most ten of
// the page's own assets are fetched.
//
// The page is asked for 3 times more in the profile quick, 5 in standard and
// 10 in deep.
package traffic

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const (
	maxPage    = 4 << 20 // bytes of the page, and of each asset, that are read
	assetLimit = 10
	pause      = 300 * time.Millisecond // between repeated requests
)

// repeats is how often the page is asked for again.
var repeats = map[domain.Profile]int{domain.Quick: 3, domain.Standard: 5, domain.Deep: 10}

// Scanner implements scanners.Scanner.
type Scanner struct{ pause time.Duration }

// New returns a scanner. It has no settings.
func New() *Scanner { return &Scanner{pause: pause} }

// Tool implements scanners.Scanner.
func (*Scanner) Tool() domain.Tool { return domain.Traffic }

// Scan implements scanners.Scanner.
func (s *Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	chain, err := scanners.Open(ctx, job, maxPage)
	if err != nil {
		return err
	}
	see(domain.Advance{Percent: 10})
	m := &measured{chain: chain, page: chain.Last()}
	if err := s.repeat(ctx, job, m); err != nil {
		return err
	}
	see(domain.Advance{Percent: 50})
	if m.page.Status < 400 {
		if err := fetchAssets(ctx, job.Net, m); err != nil {
			return err
		}
	}
	for _, p := range parts {
		p.report(m, see)
	}
	see(domain.Advance{Percent: 100})
	return nil
}

// measured is all that the parts are made of.
type measured struct {
	chain  scanners.Chain
	page   *scanners.Answer
	tries  []try
	assets []weighed // those that came
	named  int       // how many assets of the same site the page names
}

// weighed is what is kept of an answer: not its body.
type weighed struct {
	URL       *url.URL
	Status    int
	Header    http.Header
	Size      int // of the body, decoded
	WireSize  int64
	Truncated bool
}

func weigh(a *scanners.Answer) weighed {
	return weighed{a.URL, a.Status, a.Header, len(a.Body), a.WireSize, a.Truncated}
}

// try is one of the repeated requests.
type try struct {
	firstByte time.Duration // from the beginning of the connection
	failure   string        // "" when it was answered as it should be
	answered  bool
}

func (s *Scanner) repeat(ctx context.Context, job scanners.Job, m *measured) error {
	for range repeats[job.Profile] {
		select {
		case <-time.After(s.pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		answer, err := job.Net.Fetch(ctx, scanners.Request{URL: m.page.URL, MaxBody: maxPage})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m.tries = append(m.tries, judge(answer, err))
	}
	return nil
}

// judge: an answer counts unless it says that the server cannot serve.
func judge(answer *scanners.Answer, err error) try {
	if err != nil {
		return try{failure: err.Error()}
	}
	t := try{firstByte: answer.Connect + answer.Handshake + answer.FirstByte, answered: true}
	switch {
	case answer.Status >= 500 || answer.Status == 429:
		t.failure = fmt.Sprintf("the status %d", answer.Status)
	case answer.BodyError != nil:
		t.failure = answer.BodyError.Error()
	}
	return t
}

// part is one of domain.TrafficWeights.
type part struct {
	name string
	unit string
	// measure returns the score and what it was made from; untested says why
	// there is nothing to measure.
	measure func(*measured) (score int, value float64, detail, untested string)
	// anyStatus: an error page is enough to measure it.
	anyStatus bool
}

var parts = []part{
	{"time-to-first-byte", "ms", firstByte, true},
	{"availability", "ratio", availability, true},
	{"compression", "ratio", compression, false},
	{"caching", "ratio", caching, false},
	{"page-weight", "bytes", weight, false},
	{"http2", "", http2, true},
	{"redirects", "count", redirects, true},
}

func (p part) report(m *measured, see func(domain.Observation)) {
	score, value, detail, untested := p.measure(m)
	if m.page.Status >= 400 && !p.anyStatus {
		untested = fmt.Sprintf("the page answers with the status %d", m.page.Status)
	}
	if untested != "" {
		see(domain.Coverage{What: p.name, Outcome: domain.Skipped, Reason: untested})
		return
	}
	see(domain.TrafficPart{Name: p.name, Score: score, Value: value, Unit: p.unit, Detail: detail})
	see(domain.Coverage{What: p.name, Outcome: domain.Tested})
}

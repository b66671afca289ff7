// Package vitals opens the target's page in a headless Chromium, on a phone's
// screen as Lighthouse does by default, and measures LCP, CLS, FCP, TTFB and
// TBT by Lighthouse's rules (domain.PageTimeline). Nothing is slowed down.
//
// The profiles standard and deep do; quick opens no browser. Two things differ
// from Lighthouse: shifts of layout in frames of other sites do not count, and a
// page that sends its visitor elsewhere by script is measured from there.
package vitals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const (
	maxPage   = 1 << 20          // bytes of the page that are read to find out whether it is one
	startTime = 60 * time.Second // for the browser to start
	pageTime  = 45 * time.Second // for the page to come to rest, Lighthouse's maxWaitForLoad
)

// Scanner implements scanners.Scanner.
type Scanner struct {
	chromium string
	patience time.Duration
	turns    chan struct{}
}

// New returns a scanner that uses the browser at a path, or else the one on
// PATH. It opens one page for each two processors at a time: pages that share a
// processor measure each other.
func New(chromium string) *Scanner {
	return &Scanner{chromium: chromium, patience: pageTime, turns: make(chan struct{}, max(runtime.NumCPU()/2, 1))}
}

// Tool implements scanners.Scanner.
func (*Scanner) Tool() domain.Tool { return domain.Vitals }

// Scan implements scanners.Scanner.
func (s *Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	if job.Profile == domain.Quick {
		return scanners.Skip("a quick scan opens no browser; a standard or a deep one does")
	}
	program, err := scanners.Browser(s.chromium)
	if err != nil {
		return scanners.Skip("there is no browser to open the page in: Chromium is %v", err)
	}
	chain, err := scanners.Open(ctx, job, maxPage)
	if err != nil {
		return err
	}
	page := chain.Last()
	if why := page.CannotServe(); why != "" {
		return scanners.Skip("%s, which is no page to measure", why)
	}
	if !page.IsPage() {
		return scanners.Skip("the page is %q, not HTML", page.MediaType())
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	see(domain.Advance{Percent: 10})
	seen, err := s.visit(ctx, job, program, chain[0].URL.String())
	if err != nil {
		return err
	}
	return report(seen, job, see)
}

// visit opens a page in a browser of its own.
func (s *Scanner) visit(ctx context.Context, job scanners.Job, program, url string) (*visit, error) {
	room, err := scanners.NewRoom(scanners.OwnNetwork)
	if err != nil {
		return nil, err
	}
	defer room.Close()
	proxy, err := listen(ctx, room, job.Net)
	if err != nil {
		return nil, err
	}
	defer proxy.close()
	b, err := start(ctx, room, program, proxy.nowhere)
	if err != nil {
		return nil, err
	}
	defer b.stop()
	v := &visit{proxy: proxy}
	err = v.load(ctx, b, url, s.patience)
	if err == nil {
		return v, nil
	}
	return nil, why(ctx, b, err)
}

// why tells a page that went too far, and a browser that does not run here, from
// a scanner that broke.
func why(ctx context.Context, b *chromium, err error) error {
	var not *scanners.NotTested
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.As(err, &not) {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &scanners.NotTested{Outcome: domain.TimedOut, Reason: fmt.Sprintf("the browser was not ready after %.0f s", startTime.Seconds())}
	}
	b.await(time.Second) // a browser that says no more is about to end, and tells why
	b.stop()
	switch end := b.process.Err(); {
	case errors.Is(end, scanners.ErrMemory):
		return &scanners.NotTested{Outcome: domain.TimedOut, Reason: fmt.Sprintf("the page was given up: %v in the browser", end)}
	case errors.Is(err, scanners.ErrFlood):
		return &scanners.NotTested{Outcome: domain.TimedOut, Reason: "the page was given up: " + err.Error()}
	case !b.ready:
		return scanners.Skip("the browser does not start: %v", b.startError(end))
	default:
		return fmt.Errorf("the browser: %w", errors.Join(err, end))
	}
}

// report says what was measured, and what was not.
func report(v *visit, job scanners.Job, see func(domain.Observation)) error {
	for _, r := range v.proxy.Refusals() {
		see(domain.Coverage{What: r.What, Outcome: domain.Refused, Reason: r.Why})
	}
	if v.why != nil {
		return v.why
	}
	raw, err := json.Marshal(v.timeline)
	if err != nil {
		return err
	}
	measured := v.timeline.Vitals()
	measured.Evidence = job.Keep("performance-timeline", raw)
	see(measured)
	for _, m := range metrics {
		value := m.of(measured)
		if value == nil {
			outcome, reason := v.unmeasured()
			see(domain.Coverage{What: m.name, Outcome: outcome, Reason: reason})
			continue
		}
		see(domain.Coverage{What: m.name, Outcome: domain.Tested})
		if rating := domain.VitalRating(m.name, *value); rating != domain.VitalGood {
			see(domain.Weakness{
				Advisory: advisory("vitals/" + m.id), Evidence: measured.Evidence,
				Detail: fmt.Sprintf("It is %s, which is %s.", m.show(*value), rating),
			})
		}
	}
	see(domain.Advance{Percent: 100})
	return nil
}

// Package zap has OWASP ZAP look at a web site, through the API of a ZAP that
// runs as a daemon. Baseline follows links and judges what comes back by passive
// rules; full attacks what was found by active rules too, where the target is
// proven to be the account's. Without the spider only the target's own page is
// looked at.
//
// ZAP has one session, which all its users share: it has to be there for
// scanledger alone. One scan uses it at a time, over all processes, and others
// wait; before and after each the session is begun anew. Which rules there are is
// a matter of ZAP's add-ons, and of what its operator has turned off: the coverage
// has a line for each.
package zap

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Options are where ZAP is.
type Options struct {
	URL  string // of its API, without a path
	Key  string
	Pace time.Duration // between questions; 0 for 1 s
}

func (o Options) pause() time.Duration {
	if o.Pace > 0 {
		return o.Pace
	}
	return time.Second
}

// Scanner implements scanners.Scanner and scanners.Remote.
type Scanner struct {
	Options
	turns chan struct{} // one scan of this process at a time
}

var _ scanners.Remote = (*Scanner)(nil)

// New returns a scanner that uses the ZAP of the options.
func New(o Options) *Scanner { return &Scanner{o, make(chan struct{}, 1)} }

// Tool implements scanners.Scanner.
func (*Scanner) Tool() domain.Tool { return domain.ZAPTool }

// maxPage is how much of the target's own page is read to find out where it is.
const maxPage = 64 << 10

// Scan implements scanners.Scanner.
func (s *Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	chain, err := scanners.Open(ctx, job, maxPage)
	if err != nil {
		return err
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return scanners.Watch(ctx, "ZAP", newRun(s.Options, job, scanners.Begin(job, chain)), see)
}

// Clear implements scanners.Remote. ZAP is one scan's at a time, so that what runs there
// is left over when its holder shows no life; whose it was is not asked.
func (s *Scanner) Clear(ctx context.Context, _ func(context.Context, uuid.UUID) (bool, error)) error {
	if s.URL == "" {
		return nil
	}
	r := &run{client: newClient(s.Options)}
	defer r.close()
	if dead, err := r.dead(ctx); err != nil || !dead {
		return err
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
		return r.clear(ctx)
	default:
		return nil // a scan of our own has it, or is about to
	}
}

// Ping says which version of ZAP answers, and whether it lets us in.
func (s *Scanner) Ping(ctx context.Context) (string, error) {
	c := newClient(s.Options)
	defer c.close()
	var v struct {
		Version text `json:"version"`
	}
	if err := c.once(ctx, "core/view/version", &v); err != nil {
		return "", err
	}
	return "version " + scanners.Plain(string(v.Version)), nil
}

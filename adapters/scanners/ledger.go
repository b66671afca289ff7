package scanners

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"

	"github.com/scanledger/scanledger/domain"
)

// Ledger sees to it that each rule and URL that was to be looked at has a line
// in the coverage, whatever becomes of it. It is safe for concurrent use.
type Ledger struct {
	see func(domain.Observation)

	mu       sync.Mutex
	expected []string
	settled  map[string]bool
}

// NewLedger returns a ledger that reports through see.
func NewLedger(see func(domain.Observation)) *Ledger {
	return &Ledger{see: see, settled: map[string]bool{}}
}

// Expect notes what is to be looked at.
func (l *Ledger) Expect(what ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expected = append(l.expected, what...)
}

// Settle says what became of something. Only the first word counts.
func (l *Ledger) Settle(what string, outcome domain.Outcome, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.settled[what] {
		return
	}
	l.settled[what] = true
	l.see(domain.Coverage{What: what, Outcome: outcome, Reason: reason})
}

// Tested says that something was looked at.
func (l *Ledger) Tested(what string) { l.Settle(what, domain.Tested, "") }

// Lost says that something that a page names did not come. Where nobody is,
// there is nothing to look at; Quota says that it was not asked for any more.
func (l *Ledger) Lost(what string, err error) {
	outcome, reason := LossOf(err)
	if code := domain.CodeOf(err); code == domain.Unresolvable || code == domain.Quota || errors.Is(err, syscall.ECONNREFUSED) {
		outcome = domain.Skipped
	}
	l.Settle(what, outcome, reason)
}

// Close says of the rest that nobody came to it.
func (l *Ledger) Close() {
	for _, what := range l.expected {
		l.Settle(what, domain.TimedOut, "the time ran out before it")
	}
}

// LossOf says why something could not be fetched.
func LossOf(err error) (domain.Outcome, string) {
	var late net.Error
	switch {
	case domain.CodeOf(err) == domain.Forbidden, errors.Is(err, ErrRedirects):
		return domain.Refused, Plain(err.Error())
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return domain.TimedOut, Plain(err.Error())
	default:
		return domain.Failed, Plain(err.Error())
	}
}

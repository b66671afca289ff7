package content

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// ledger sees to it that each rule and URL that was to be looked at has a line
// in the coverage, whatever becomes of it. It is safe for concurrent use.
type ledger struct {
	see func(domain.Observation)

	mu       sync.Mutex
	expected []string
	settled  map[string]bool
}

func newLedger(see func(domain.Observation)) *ledger {
	return &ledger{see: see, settled: map[string]bool{}}
}

// expect notes what is to be looked at.
func (l *ledger) expect(what ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expected = append(l.expected, what...)
}

// settle says what became of something. Only the first word counts.
func (l *ledger) settle(what string, outcome domain.Outcome, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.settled[what] {
		return
	}
	l.settled[what] = true
	l.see(domain.Coverage{What: what, Outcome: outcome, Reason: reason})
}

func (l *ledger) tested(what string) { l.settle(what, domain.Tested, "") }

// lost says that something that a page names did not come. Where nobody is,
// there is nothing to look at.
func (l *ledger) lost(what string, err error) {
	outcome, reason := lossOf(err)
	if domain.CodeOf(err) == domain.Unresolvable || errors.Is(err, syscall.ECONNREFUSED) {
		outcome = domain.Skipped
	}
	l.settle(what, outcome, reason)
}

// close says of the rest that nobody came to it.
func (l *ledger) close() {
	for _, what := range l.expected {
		l.settle(what, domain.TimedOut, "the time ran out before it")
	}
}

// lossOf says why something could not be fetched.
func lossOf(err error) (domain.Outcome, string) {
	var late net.Error
	switch {
	case domain.CodeOf(err) == domain.Forbidden, errors.Is(err, scanners.ErrRedirects):
		return domain.Refused, plain(err.Error())
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return domain.TimedOut, plain(err.Error())
	default:
		return domain.Failed, plain(err.Error())
	}
}

package scanners

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// Outside is a tool that is not part of this program, about to look at one
// target: a program here (Local), or one elsewhere that is spoken to.
type Outside interface {
	// Follow has the tool work, and tells what it sees as soon as the tool says it.
	// It returns nil when the tool has come to its end; ctx.Err() at once when ctx
	// ends; a *NotTested where there is nothing to look at; and any other error when
	// the tool broke, was stopped by others, or said too much.
	Follow(ctx context.Context, to *Sight) error
	// Stop ends what the tool still does of it, wherever that is, and leaves nothing of
	// ours with it. It is called once, after Follow, however that has ended; its
	// context, which has leaveTime, is none that Follow's end has ended.
	Stop(ctx context.Context) error
}

// leaveTime is how long a tool may take to stop.
const leaveTime = goodbye

// ErrFlood is why something is given up that says more than is read of it.
var ErrFlood = errors.New("it had too much to tell")

// mostSeen bounds what a tool may see of one target.
const mostSeen = 20000

// Sight is what a tool sees of its target. It is safe for concurrent use.
type Sight struct {
	see func(domain.Observation)

	mu      sync.Mutex
	seen    int
	percent int
}

// See takes an observation. Its error is ErrFlood when there were too many: the tool is
// to be given up then.
func (s *Sight) See(o domain.Observation) error {
	s.mu.Lock()
	over := s.seen >= mostSeen
	if _, line := o.(domain.Coverage); !line && !over {
		s.seen++
	}
	s.mu.Unlock()
	if over {
		return ErrFlood
	}
	s.see(o)
	return nil
}

// Advance takes how far the tool says that it has come, in percent of its whole work. What
// it takes back later is not told, and that it is done is for its end to say.
func (s *Sight) Advance(percent float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := int(min(percent, 99)); now > s.percent {
		s.percent = now
		s.see(domain.Advance{Percent: now})
	}
}

// any says whether anything was seen.
func (s *Sight) any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen > 0
}

// Watch has a tool look at a target, to its end or ours, and stops it. What it
// returns is for Scan to return: nil when the tool has come to its end; ctx.Err() when
// the scan was called off; and else a *NotTested that says why there is no more,
// and that what there is is partial. A tool that broke is not tried again: it was
// given what it broke on, and would send the target all of it once more. A tool that
// cannot be stopped is in the error, beside the reason for which it was to stop.
func Watch(ctx context.Context, name string, o Outside, see func(domain.Observation)) error {
	s := &Sight{see: see}
	err := o.Follow(ctx, s)
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	left := o.Stop(leaving)
	var not *NotTested
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return s.partial(domain.TimedOut, "the time for "+name+" ran out", left)
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), left)
	case errors.As(err, &not):
		return not
	case err != nil:
		return s.partial(domain.Failed, fmt.Sprintf("%s did not come to its end: %v", name, err), left)
	}
	see(domain.Advance{Percent: 100})
	return nil
}

// partial is the end of a tool before its time.
func (s *Sight) partial(how domain.Outcome, why string, left error) *NotTested {
	if left != nil {
		why += fmt.Sprintf(", and it could not be stopped: %v", left)
	}
	if s.any() {
		why = "partial: " + why + "; what it saw until then is in the report"
	}
	return &NotTested{Outcome: how, Reason: why}
}

// Rest waits, as between questions to a tool that is elsewhere. It returns ctx's
// error when that ends first.
func Rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

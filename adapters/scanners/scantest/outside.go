package scantest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Manner is how a tool outside of this program behaves after it has seen its
// first.
type Manner string

// The manners.
const (
	Ends   Manner = "comes to its end"
	Floods Manner = "says 1 GiB"
	Hangs  Manner = "hangs"
	Dies   Manner = "dies"
	Halves Manner = "ends in half a document"
	Mute   Manner = "dies before it has seen anything"
)

// Rig is a scanner whose tool is a stub of a manner.
type Rig struct {
	Scanner scanners.Scanner
	Job     scanners.Job
	// Gone returns when nothing of the stub is at work on the scan any more, which is
	// soon after Scan has returned, and never where the tool was not stopped.
	Gone func()
}

// seenOf is what a scan by a rig has told.
type seenOf struct {
	mu       sync.Mutex
	first    chan struct{} // closed with the first observation that is more than progress
	seen     int
	percents []int
}

func (s *seenOf) see(o domain.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch o := o.(type) {
	case domain.Advance:
		s.percents = append(s.percents, o.Percent)
	case domain.Coverage:
	default:
		if s.seen++; s.seen == 1 {
			close(s.first)
		}
	}
}

// Outside holds a scanner that runs a tool outside of this program to what all
// of them promise. Make is called for each manner; its stub has to see one thing
// before it behaves so, but for Mute.
func Outside(t *testing.T, make func(*testing.T, Manner) Rig) {
	t.Run(string(Ends), func(t *testing.T) {
		s, err := run(t, t.Context(), make(t, Ends), nil)
		if err != nil || s.seen == 0 || len(s.percents) == 0 || s.percents[len(s.percents)-1] != 100 {
			t.Errorf("%v, %d seen, progress %v", err, s.seen, s.percents)
		}
	})
	for _, m := range []Manner{Floods, Dies, Halves} {
		t.Run(string(m), func(t *testing.T) {
			s, err := run(t, t.Context(), make(t, m), nil)
			isPartial(t, s, err, domain.Failed)
		})
	}
	t.Run(string(Mute), func(t *testing.T) {
		s, err := run(t, t.Context(), make(t, Mute), nil)
		var not *scanners.NotTested
		if !errors.As(err, &not) || not.Outcome != domain.Failed || not.Reason == "" || strings.Contains(not.Reason, "partial") || s.seen > 0 {
			t.Errorf("%v, %d seen", err, s.seen)
		}
	})
	t.Run("is called off", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if s, err := run(t, ctx, make(t, Hangs), cancel); !errors.Is(err, context.Canceled) || s.seen == 0 {
			t.Errorf("%v, %d seen", err, s.seen)
		}
	})
	t.Run("takes too long", func(t *testing.T) {
		late := &lateness{Context: t.Context(), over: newSignal()}
		s, err := run(t, late, make(t, Hangs), late.over.give)
		isPartial(t, s, err, domain.TimedOut)
	})
}

// run scans; where there is something to do after the first that is seen, it
// does it. Nothing may be left, and progress only rises.
func run(t *testing.T, ctx context.Context, r Rig, after func()) (*seenOf, error) {
	t.Helper()
	s := &seenOf{first: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- r.Scanner.Scan(ctx, r.Job, s.see) }()
	if after != nil {
		select {
		case <-s.first:
			after()
		case err := <-ended:
			t.Fatalf("it ended before it saw anything: %v", err)
		}
	}
	err := <-ended
	r.Gone()
	for i, p := range s.percents {
		if i > 0 && p <= s.percents[i-1] || p < 0 || p > 100 {
			t.Errorf("progress goes %v", s.percents)
			break
		}
	}
	return s, err
}

// isPartial: what was seen is kept, and said to be partial.
func isPartial(t *testing.T, s *seenOf, err error, how domain.Outcome) {
	t.Helper()
	var not *scanners.NotTested
	if !errors.As(err, &not) || not.Outcome != how || !strings.HasPrefix(not.Reason, "partial: ") || s.seen == 0 {
		t.Errorf("it ended with %v, and %d seen: want %s, and partial", err, s.seen, how)
	}
}

// signal is something that happens once.
type signal struct {
	once sync.Once
	done chan struct{}
}

func newSignal() *signal { return &signal{done: make(chan struct{})} }
func (s *signal) give()  { s.once.Do(func() { close(s.done) }) }

// lateness is a context whose deadline is over at a signal, whatever the clock says.
type lateness struct {
	context.Context
	over *signal
}

func (l *lateness) Deadline() (time.Time, bool) { return time.Time{}, true }
func (l *lateness) Done() <-chan struct{}       { return l.over.done }
func (l *lateness) Err() error {
	select {
	case <-l.over.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// Stub is a program in a folder that any user may pass: a script of the shell. Gone
// returns when neither it nor anything that it has started runs: they all hold the lock
// that it takes as it starts.
func Stub(t *testing.T, script string) (path string, gone func()) {
	t.Helper()
	dir, err := os.MkdirTemp("", "stub-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	lock, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lock.Close() })
	path = filepath.Join(dir, "tool")
	script = fmt.Sprintf("#!/bin/sh\nexec 9<%s\nflock -s 9\n%s\n", lock.Name(), script)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, func() {
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
			t.Error(err)
		}
	}
}

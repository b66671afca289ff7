package cron

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
)

// world is what a scheduler works with: its clock moves only when all have slept,
// to where the first of them wants to be woken.
type world struct {
	mu      sync.Mutex
	now     time.Time
	due     map[uuid.UUID]time.Time // what nobody has taken
	taken   map[uuid.UUID]time.Time // until when
	fault   error                   // of the next question
	ran     []string                // what was run, and when
	waits   []time.Duration
	sleeper []sleeper
	fail    map[uuid.UUID]int // how often a run fails
	words   []uuid.UUID       // targets that are to be planned
	planned []uuid.UUID
	enough  func()
	most    int // runs
}

type sleeper struct {
	until time.Time
	wake  chan time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) Take(_ context.Context, now time.Time, ttl time.Duration) (uuid.UUID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.fault; err != nil {
		w.fault = nil
		return uuid.Nil, err
	}
	for id, at := range w.due {
		if !at.After(now) && !w.taken[id].After(now) {
			w.taken[id] = now.Add(ttl)
			return id, nil
		}
	}
	return uuid.Nil, nil
}

func (w *world) Unplanned(context.Context) ([]uuid.UUID, error) { return w.words, nil }

func (w *world) plan(_ context.Context, c commands.PlanFrequency) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.planned = append(w.planned, c.Target)
	return nil
}

func (w *world) Next(_ context.Context, now time.Time) (next time.Time, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, at := range w.due {
		if w.taken[id].After(now) {
			at = w.taken[id]
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, nil
}

func (w *world) run(_ context.Context, c commands.RunSchedule) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.By.Worker != "w" {
		return errors.New("nobody runs it")
	}
	if w.fail[c.Target] > 0 {
		w.fail[c.Target]--
		return errors.New("away")
	}
	delete(w.due, c.Target)
	w.ran = append(w.ran, c.Target.String()[:1]+" "+w.now.Format(time.TimeOnly))
	if len(w.ran) == w.most {
		w.enough()
	}
	return nil
}

// after sleeps until all slots do; then the earliest goes on.
func (w *world) after(d time.Duration) <-chan time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	wake := make(chan time.Time, 1)
	w.waits, w.sleeper = append(w.waits, d), append(w.sleeper, sleeper{w.now.Add(d), wake})
	if len(w.sleeper) < slots {
		return wake
	}
	first := 0
	for i, s := range w.sleeper {
		if s.until.Before(w.sleeper[first].until) {
			first = i
		}
	}
	w.now = w.sleeper[first].until
	w.sleeper[first].wake <- w.now
	w.sleeper = append(w.sleeper[:first], w.sleeper[first+1:]...)
	return wake
}

// serve lets a scheduler run until so many runs are done.
func (w *world) serve(t *testing.T, most int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w.enough, w.most, w.taken = cancel, most, map[uuid.UUID]time.Time{}
	s := &Scheduler{Name: "w", Schedules: w, Run: w.run, Plan: w.plan, Now: w.clock, After: w.after, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if err := s.Serve(ctx); err != nil || len(w.ran) != most {
		t.Fatalf("%v: %v", w.ran, err)
	}
}

var start = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

func TestScheduler(t *testing.T) {
	a, b, c := uuid.UUID{0xa0}, uuid.UUID{0xb0}, uuid.UUID{0xc0}
	w := &world{now: start, due: map[uuid.UUID]time.Time{a: at(7), b: at(100), c: at(-50)}, words: []uuid.UUID{{0xd0}}}
	w.serve(t, 3)
	if len(w.planned) != 1 || w.planned[0] != w.words[0] {
		t.Errorf("planned: %v", w.planned)
	}
	if want := []string{"c 00:00:00", "a 00:00:07", "b 00:01:40"}; w.ran[0] != want[0] || w.ran[1] != want[1] || w.ran[2] != want[2] {
		t.Errorf("%q, want %q", w.ran, want)
	}
	for _, d := range w.waits {
		if d > look {
			t.Errorf("nobody looks for %s", d)
		}
	}
	if len(w.waits) > 60 { // in a hundred seconds four slots look every fifteen
		t.Errorf("it is looked %d times", len(w.waits))
	}
}

// TestSchedulerAgain has a run fail and a question: both are tried again, the run when
// nobody holds it any more.
func TestSchedulerAgain(t *testing.T) {
	a := uuid.UUID{0xa0}
	w := &world{now: start, due: map[uuid.UUID]time.Time{a: at(1)}, fail: map[uuid.UUID]int{a: 2}, fault: errors.New("away")}
	w.serve(t, 1)
	if w.ran[0] != "a 00:02:01" {
		t.Errorf("%q", w.ran)
	}
}

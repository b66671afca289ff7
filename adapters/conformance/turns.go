package conformance

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

// turns give questions their times.
type turns interface {
	Take(ctx context.Context, place string, every time.Duration, burst int, patience time.Duration) (time.Duration, error)
	Pause(ctx context.Context, place string, wait time.Duration) error
	Sweep(ctx context.Context, most int) (int, error)
}

// TurnsUnderTest give turns in two places that share them, as two processes do.
type TurnsUnderTest struct {
	Turns, Twin turns
	Shift       func(t *testing.T, by time.Duration) // moves the time that they see
}

// Turns holds what gives turns to its promises. open returns one that has given
// none.
func Turns(t *testing.T, open func(t *testing.T) TurnsUnderTest) {
	for name, property := range map[string]func(*testing.T, TurnsUnderTest){
		"a burst comes at once, and then one every so often": turnsPaced,
		"as many are given as there are, by whomever":        turnsExact,
		"a place is left alone for a while":                  turnsPaused,
		"what is as new is forgotten":                        turnsSwept,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

// wants expects a turn in so long, within the second that a test may take.
func (u TurnsUnderTest) wants(t *testing.T, of turns, place string, patience, want time.Duration) {
	t.Helper()
	wait, err := of.Take(t.Context(), place, time.Minute, 3, patience)
	if err != nil || wait > want || wait < want-30*time.Second || want == 0 && wait > 0 {
		t.Errorf("%s has its turn in %s, %v, want %s", place, wait, err, want)
	}
}

func turnsPaced(t *testing.T, u TurnsUnderTest) {
	for _, of := range []turns{u.Turns, u.Twin, u.Turns} {
		u.wants(t, of, "a:43", 0, 0)
	}
	u.wants(t, u.Twin, "a:43", time.Second, time.Minute)   // and none is given
	u.wants(t, u.Turns, "a:43", time.Minute, time.Minute)  // one is, for then
	u.wants(t, u.Twin, "a:43", time.Second, 2*time.Minute) // so that the next one is behind it
	u.wants(t, u.Twin, "b:43", 0, 0)
	u.Shift(t, 2*time.Minute)
	u.wants(t, u.Twin, "a:43", 0, 0)
	u.wants(t, u.Turns, "a:43", 0, time.Minute)
	u.Shift(t, time.Hour)
	for range 3 {
		u.wants(t, u.Turns, "a:43", 0, 0)
	}
	u.wants(t, u.Turns, "a:43", 0, time.Minute)
}

func turnsExact(t *testing.T, u TurnsUnderTest) {
	var given atomic.Int64
	atOnce(8, func(i int) {
		of := u.Turns
		if i%2 == 1 {
			of = u.Twin
		}
		for range 10 {
			wait, err := of.Take(t.Context(), "a:43", time.Hour, 20, 0)
			if err != nil {
				t.Error(err)
			} else if wait == 0 {
				given.Add(1)
			}
		}
	})
	if n := given.Load(); n != 20 {
		t.Errorf("%d turns of 20 were given", n)
	}
}

func turnsPaused(t *testing.T, u TurnsUnderTest) {
	for _, place := range []string{"new:43", "known:43"} {
		if place == "known:43" {
			u.wants(t, u.Turns, place, 0, 0)
		}
		if err := u.Turns.Pause(t.Context(), place, 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := u.Twin.Pause(t.Context(), place, time.Minute); err != nil { // which shortens nothing
			t.Fatal(err)
		}
		u.wants(t, u.Twin, place, time.Second, 10*time.Minute)
	}
	u.Shift(t, 10*time.Minute)
	for _, place := range []string{"new:43", "known:43"} {
		u.wants(t, u.Twin, place, 0, 0)
	}
	u.wants(t, u.Turns, "other:43", 0, 0)
}

func turnsSwept(t *testing.T, u TurnsUnderTest) {
	for _, place := range []string{"a:43", "b:43", "c:43"} {
		u.wants(t, u.Turns, place, 0, 0)
	}
	if err := u.Turns.Pause(t.Context(), "c:43", time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		later time.Duration
		want  int
	}{{0, 0}, {2 * time.Minute, 2}, {time.Minute, 0}, {time.Hour, 1}} {
		u.Shift(t, step.later)
		if n, err := u.Twin.Sweep(t.Context(), 10); n != step.want || err != nil {
			t.Errorf("%s later %d were forgotten, %v, want %d", step.later, n, err, step.want)
		}
	}
}

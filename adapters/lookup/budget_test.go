package lookup

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	places "github.com/scanledger/scanledger/adapters/memory"
)

// TestBudgets has a registry asked more often than it likes.
func TestBudgets(t *testing.T) {
	now := time.Date(2026, 4, 3, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	turns := &places.Turns{Now: clock}
	b, twin := budgets{clock, turns}, budgets{clock, turns}
	var limited limitedError
	for i := range 5 {
		if err := b.take(t.Context(), "rdap.lacnic.net:443"); err != nil {
			t.Errorf("question %d: %v", i, err)
		}
	}
	if err := twin.take(t.Context(), "rdap.lacnic.net:443"); !errors.As(err, &limited) || !strings.Contains(err.Error(), "in 11 s") {
		t.Errorf("the sixth within a moment: %v", err)
	}
	if err := b.take(t.Context(), "rdap.example.net:443"); err != nil {
		t.Errorf("another registry: %v", err)
	}
	now = now.Add(10 * time.Second)
	if err := b.take(t.Context(), "rdap.lacnic.net:443"); err != nil {
		t.Errorf("after ten seconds: %v", err)
	}
	for _, c := range []struct {
		says  string
		until time.Duration
	}{{"7", 7 * time.Second}, {"", quotaPause}, {"soon", quotaPause}, {"999999999", longestPause}, {"-1", quotaPause}, {"Fri, 03 Apr 2026 12:00:40 GMT", 30 * time.Second}} {
		turns := &places.Turns{Now: clock}
		b := budgets{clock, turns}
		if err := b.pause(t.Context(), "a.example:43", c.says); !errors.As(err, &limited) {
			t.Errorf("after %q: %v", c.says, err)
		}
		if wait, _ := turns.Take(t.Context(), "a.example:43", time.Second, 1, 0); wait != c.until {
			t.Errorf("after %q it is left alone for %s, want %s", c.says, wait, c.until)
		}
		if err := b.take(t.Context(), "a.example:43"); !errors.As(err, &limited) {
			t.Errorf("after %q: %v", c.says, err)
		}
		saved := now
		now = now.Add(c.until)
		if err := b.take(t.Context(), "a.example:43"); err != nil {
			t.Errorf("after %q and that time: %v", c.says, err)
		}
		now = saved
	}
}

// none is turns that cannot be had.
type none struct{}

func (none) Take(context.Context, string, time.Duration, int, time.Duration) (time.Duration, error) {
	return 0, errors.New("away")
}

func (none) Pause(context.Context, string, time.Duration) error { return errors.New("away") }

// TestNoTurns asks nobody while it is not known who was asked, and says so.
func TestNoTurns(t *testing.T) {
	b := budgets{time.Now, none{}}
	if err := b.take(t.Context(), "a.example:43"); err == nil || err.Error() != "away" {
		t.Errorf("%v", err)
	}
	var limited limitedError
	if err := b.pause(t.Context(), "a.example:43", "7"); !errors.As(err, &limited) || !strings.Contains(err.Error(), "away") {
		t.Errorf("%v", err)
	}
}

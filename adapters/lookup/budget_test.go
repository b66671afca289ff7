package lookup

import (
	"errors"
	"testing"
	"time"
)

// TestBudgets has a registry asked more often than it likes.
func TestBudgets(t *testing.T) {
	now := time.Date(2026, 4, 3, 12, 0, 0, 0, time.UTC)
	b := newBudgets(func() time.Time { return now })
	var limited limitedError
	for i := range 5 {
		if wait, err := b.reserve("rdap.lacnic.net:443"); err != nil || wait != 0 {
			t.Errorf("question %d waits %s, %v", i, wait, err)
		}
	}
	if _, err := b.reserve("rdap.lacnic.net:443"); !errors.As(err, &limited) {
		t.Errorf("the sixth within a moment: %v", err)
	}
	if _, err := b.reserve("rdap.example.net:443"); err != nil {
		t.Errorf("another registry: %v", err)
	}
	now = now.Add(10 * time.Second)
	if _, err := b.reserve("rdap.lacnic.net:443"); err != nil {
		t.Errorf("after ten seconds: %v", err)
	}
	for _, c := range []struct {
		says  string
		until time.Duration
	}{{"7", 7 * time.Second}, {"", quotaPause}, {"soon", quotaPause}, {"999999999", longestPause}, {"-1", quotaPause}, {"Fri, 03 Apr 2026 12:00:40 GMT", 30 * time.Second}} {
		b := newBudgets(func() time.Time { return now })
		b.pause("a.example:43", c.says)
		if got := b.all["a.example:43"].paused.Sub(now); got != c.until {
			t.Errorf("after %q it is left alone for %s, want %s", c.says, got, c.until)
		}
		if _, err := b.reserve("a.example:43"); !errors.As(err, &limited) {
			t.Errorf("after %q: %v", c.says, err)
		}
		saved := now
		now = now.Add(c.until)
		if _, err := b.reserve("a.example:43"); err != nil {
			t.Errorf("after %q and that time: %v", c.says, err)
		}
		now = saved
	}
}

package postgres

import (
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/conformance"
)

// TestLimits counts over two pools; for the time to go on, all counts are
// moved into the past.
func TestLimits(t *testing.T) {
	conformance.Limits(t, func(t *testing.T) conformance.LimitsUnderTest {
		url := newDatabase(t)
		pool := openPool(t, url)
		return conformance.LimitsUnderTest{
			Limits: NewLimits(pool), Twin: NewLimits(openPool(t, url)),
			Shift: func(t *testing.T, by time.Duration) {
				for _, table := range []string{"limits", "months"} {
					if _, err := pool.Exec(t.Context(), "UPDATE "+table+" SET started = started - $1::interval", by); err != nil {
						t.Fatal(err)
					}
				}
			},
		}
	})
}

// TestLimitsSwept forgets windows that are over, some at a time, and no other.
func TestLimitsSwept(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	l := NewLimits(pool)
	take := func(name string, want int) {
		t.Helper()
		if used, _, err := l.Take(t.Context(), name, 24*time.Hour); err != nil || used != want {
			t.Errorf("%s is used %d times, %v; want %d", name, used, err, want)
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		take(name, 1)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE limits SET started = started - interval '1 day'"); err != nil {
		t.Fatal(err)
	}
	take("open", 1)
	for _, want := range []int{2, 1, 0} {
		if n, err := l.Sweep(t.Context(), 2); err != nil || n != want {
			t.Errorf("%d are forgotten, %v; want %d", n, err, want)
		}
	}
	take("open", 2)
	take("a", 1)
}

package postgres

import (
	"sync"
	"testing"
	"time"
)

// day is a window that hardly ends while a test runs; if it does, the counts
// begin anew and the test says so.
const day = 24 * time.Hour

// TestLimitsExact counts 400 requests of 16 goroutines over two pools: every
// number from 1 to 400 is given to one of them.
func TestLimitsExact(t *testing.T) {
	url := newDatabase(t)
	limits := []*Limits{NewLimits(openPool(t, url)), NewLimits(openPool(t, url))}
	const workers, each = 16, 25
	var mu sync.Mutex
	given := map[int]int{}
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for range each {
				used, reset, err := limits[i%2].Take(t.Context(), "name", day)
				if err != nil || !reset.Equal(reset.Truncate(day)) || reset.Before(time.Now()) {
					t.Errorf("take: %d, %s, %v", used, reset, err)
				}
				mu.Lock()
				given[used]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for n := 1; n <= workers*each; n++ {
		if given[n] != 1 {
			t.Errorf("number %d was given %d times", n, given[n])
		}
	}
	if used, _, err := limits[0].Take(t.Context(), "other", day); err != nil || used != 1 {
		t.Errorf("another name begins at %d, %v", used, err)
	}
}

// TestLimitsWindows moves a count into the past and into the future: a new
// window begins at one, and a request that was on its way when the window
// ended does not throw the new count away.
func TestLimitsWindows(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	l := NewLimits(pool)
	take := func() int {
		used, _, err := l.Take(t.Context(), "name", day)
		if err != nil {
			t.Fatal(err)
		}
		return used
	}
	move := func(by string) {
		if _, err := pool.Exec(t.Context(), "UPDATE limits SET started = started + $1::text::interval", by); err != nil {
			t.Fatal(err)
		}
	}
	take()
	if got := take(); got != 2 {
		t.Errorf("second request is number %d", got)
	}
	move("-1 day")
	if got := take(); got != 1 {
		t.Errorf("first request of a new window is number %d", got)
	}
	take()
	move("1 day")
	if got := take(); got != 3 {
		t.Errorf("a late request is number %d, want 3", got)
	}
}

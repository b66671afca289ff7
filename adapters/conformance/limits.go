package conformance

import (
	"context"
	"sync"
	"testing"
	"time"
)

// LimitsUnderTest counts requests in two places that share their counts, as
// two processes do.
type LimitsUnderTest struct {
	Limits, Twin interface {
		Take(ctx context.Context, name string, window time.Duration) (used int, reset time.Time, err error)
		TakeMonth(ctx context.Context, name string) (used int, reset time.Time, err error)
		UsedInMonth(ctx context.Context, name string) (int, error)
	}
	// Shift moves the time that the counts see, forwards or back.
	Shift func(t *testing.T, by time.Duration)
}

// day is a window that hardly ends while a test runs; if it does, the counts
// begin anew and the test says so.
const day = 24 * time.Hour

// Limits holds what counts requests to its promises: it counts exactly, in
// windows that all share. open returns one without counts.
func Limits(t *testing.T, open func(t *testing.T) LimitsUnderTest) {
	for name, property := range map[string]func(*testing.T, LimitsUnderTest){
		"every request has a number of its own": limitsExact,
		"names do not share a count":            limitsNames,
		"many names are counted at once":        limitsMany,
		"a window ends":                         limitsWindow,
		"a late request counts in the open one": limitsLate,
		"a month counts by itself":              limitsMonth,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

func (l LimitsUnderTest) take(t *testing.T, name string) int {
	t.Helper()
	used, _, err := l.Limits.Take(t.Context(), name, day)
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	return used
}

func limitsExact(t *testing.T, l LimitsUnderTest) {
	const workers, each = 16, 25
	var mu sync.Mutex
	given := map[int]int{}
	atOnce(workers, func(i int) {
		place := l.Limits
		if i%2 == 1 {
			place = l.Twin
		}
		for range each {
			used, reset, err := place.Take(t.Context(), "name", day)
			if err != nil || !reset.Equal(reset.Truncate(day)) {
				t.Errorf("take: %d, %s, %v", used, reset, err)
			}
			mu.Lock()
			given[used]++
			mu.Unlock()
		}
	})
	for n := 1; n <= workers*each; n++ {
		if given[n] != 1 {
			t.Errorf("number %d was given %d times", n, given[n])
		}
	}
}

func limitsNames(t *testing.T, l LimitsUnderTest) {
	l.take(t, "one")
	l.take(t, "one")
	if used := l.take(t, "two"); used != 1 {
		t.Errorf("another name begins at %d", used)
	}
}

// limitsMany counts under several names at once, each worker in an order of its
// own, in windows and in months.
func limitsMany(t *testing.T, l LimitsUnderTest) {
	const workers, each = 12, 20
	names := []string{"a", "b", "c"}
	type place struct {
		name  string
		month bool
		used  int
	}
	var mu sync.Mutex
	given := map[place]int{}
	atOnce(workers, func(i int) {
		limits := l.Limits
		if i%2 == 1 {
			limits = l.Twin
		}
		for n := range each * len(names) {
			at := place{name: names[(n*(1+i%2)+i)%len(names)], month: n%2 == 0}
			var err error
			if at.month {
				at.used, _, err = limits.TakeMonth(t.Context(), at.name)
			} else {
				at.used, _, err = limits.Take(t.Context(), at.name, day)
			}
			if err != nil {
				t.Errorf("take: %v", err)
			}
			mu.Lock()
			given[at]++
			mu.Unlock()
		}
	})
	counts, total := map[place]int{}, 0
	for at, n := range given {
		if n != 1 {
			t.Errorf("number %d of %q was given %d times", at.used, at.name, n)
		}
		name := place{name: at.name, month: at.month}
		counts[name], total = max(counts[name], at.used), total+1
	}
	sum := 0
	for _, highest := range counts {
		sum += highest
	}
	if total != workers*each*len(names) || sum != total {
		t.Errorf("%d requests have numbers up to %d in all, want %d", total, sum, workers*each*len(names))
	}
}

func limitsWindow(t *testing.T, l LimitsUnderTest) {
	l.take(t, "name")
	l.take(t, "name")
	l.Shift(t, day)
	if used := l.take(t, "name"); used != 1 {
		t.Errorf("the first request of a new window is number %d", used)
	}
}

// limitsLate takes the time back: a request that was on its way when the
// window ended does not throw the new count away.
func limitsLate(t *testing.T, l LimitsUnderTest) {
	l.take(t, "name")
	l.take(t, "name")
	l.Shift(t, -day)
	if used := l.take(t, "name"); used != 3 {
		t.Errorf("a late request is number %d, want 3", used)
	}
}

// limitsMonth counts exactly in a calendar month, which begins anew with the
// next one and shares no count with a window of the same name.
func limitsMonth(t *testing.T, l LimitsUnderTest) {
	const workers, each = 8, 10
	want := func(when string, want int) {
		t.Helper()
		if used, err := l.Twin.UsedInMonth(t.Context(), "name"); err != nil || used != want {
			t.Errorf("%s: %d have been used, %v, want %d", when, used, err, want)
		}
	}
	want("before", 0)
	l.take(t, "name")
	want("with another window", 0)
	atOnce(workers, func(i int) {
		place := l.Limits
		if i%2 == 1 {
			place = l.Twin
		}
		for range each {
			_, reset, err := place.TakeMonth(t.Context(), "name")
			if err != nil || reset.UTC().Day() != 1 || !reset.Equal(reset.Truncate(day)) {
				t.Errorf("take: %s, %v", reset, err)
			}
		}
	})
	want("all together", workers*each)
	l.Shift(t, 31*day)
	want("in the month after", 0)
	if used, _, err := l.Limits.TakeMonth(t.Context(), "name"); err != nil || used != 1 {
		t.Errorf("the first request of a new month is number %d, %v", used, err)
	}
	if used := l.take(t, "other"); used != 1 {
		t.Errorf("another name begins at %d", used)
	}
}

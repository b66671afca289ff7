package memory

import (
	"context"
	"sync"
	"time"
)

// Limits counts requests in fixed windows that begin at the Unix epoch.
type Limits struct {
	Now func() time.Time

	mu     sync.Mutex
	spans  map[string]span
	months map[string]span
}

// span is the newest window of one name, and what it has counted.
type span struct {
	started time.Time
	used    int
}

// Take counts one request under name and returns how many there have been in
// the window that is open now, this one included, and when the window ends. A
// request that has waited since the window before counts in the open one.
func (l *Limits) Take(_ context.Context, name string, window time.Duration) (used int, reset time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spans == nil {
		l.spans = map[string]span{}
	}
	now := l.Now()
	started := now.Add(-time.Duration(now.UnixNano() % int64(window)))
	s := l.spans[name]
	if s.used == 0 || s.started.Before(started) {
		s = span{started: started}
	}
	s.used++
	l.spans[name] = s
	return s.used, s.started.Add(window), nil
}

// TakeMonth counts one request in the calendar month, UTC, as Take does in a
// window.
func (l *Limits) TakeMonth(_ context.Context, name string) (used int, reset time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.months == nil {
		l.months = map[string]span{}
	}
	s := l.months[name]
	if started := monthOf(l.Now()); s.used == 0 || s.started.Before(started) {
		s = span{started: started}
	}
	s.used++
	l.months[name] = s
	return s.used, s.started.AddDate(0, 1, 0), nil
}

// UsedInMonth returns how many requests TakeMonth has counted in this month.
func (l *Limits) UsedInMonth(_ context.Context, name string) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.months[name]; !s.started.Before(monthOf(l.Now())) {
		return s.used, nil
	}
	return 0, nil
}

func monthOf(at time.Time) time.Time {
	return time.Date(at.UTC().Year(), at.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
}

package memory

import (
	"context"
	"sync"
	"time"
)

// Limits counts requests in fixed windows that begin at the Unix epoch.
type Limits struct {
	Now func() time.Time

	mu    sync.Mutex
	spans map[string]span
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

package speedtest

import (
	"context"
	"sync"
	"time"
)

// Bounds is how much a visitor, and all of them together, may take of the
// server's line. Bytes and Results hold over all processes, as far as Shared can be
// asked, the others in each process for itself.
type Bounds struct {
	Transfers int   // of a visitor at one time
	Together  int   // of all visitors at one time
	Requests  int   // of a visitor in a minute
	Bytes     int64 // of a visitor in an hour, both ways
	Results   int   // of a visitor in an hour that are kept
	Now       func() time.Time
	Shared    Shared // nil where there is one process alone

	mu       sync.Mutex
	open     int
	visitors map[string]*visitor
	looked   time.Time // the minute in which it was last looked for those who are gone
}

// Shared counts for all processes together.
type Shared interface {
	// Take counts one more of what has a name and returns how many there have been in
	// the window that is open now, and when it ends.
	Take(ctx context.Context, name string, window time.Duration) (used int, reset time.Time, err error)
}

// Of the bytes of an hour a process takes a visitor one part after the other: what it
// has asked for and nobody moved, no other process gives them.
const parts = 64

// visitor is what one has taken in the windows that are open.
type visitor struct {
	open, requests, results int
	minute, hour            time.Time
	bytes, granted          int64 // granted of the bytes of all processes
}

// maxVisitors is how many are remembered; whoever comes beyond them waits.
const maxVisitors = 100_000

// Request counts a request; wait is how long to stay away where it is one too
// many, else 0.
func (b *Bounds) Request(name string) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.visitor(name)
	if v == nil {
		return time.Minute
	}
	if v.requests++; v.requests > b.Requests {
		return v.minute.Add(time.Minute).Sub(b.Now())
	}
	return 0
}

// Result counts a result that is to be kept, as Request does a request.
func (b *Bounds) Result(ctx context.Context, name string) (wait time.Duration) {
	if wait = b.result(name); wait > 0 || b.Shared == nil {
		return wait
	}
	wait, _ = b.shared(ctx, "speedtest-results "+name, b.Results) // where it cannot be asked, our own bound holds
	return wait
}

func (b *Bounds) result(name string) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.visitor(name)
	if v == nil {
		return time.Minute
	}
	if v.results++; v.results > b.Results {
		return v.hour.Add(time.Hour).Sub(b.Now())
	}
	return 0
}

// Transfer begins a transfer of so many bytes at most, which ends with leave:
// that is told how many moved. Where there is no room, leave is nil and wait is
// how long to stay away.
func (b *Bounds) Transfer(ctx context.Context, name string, bytes int64) (leave func(moved int64), wait time.Duration) {
	for {
		leave, wait, ungranted := b.begin(name, bytes)
		if !ungranted {
			return leave, wait
		}
		wait, err := b.shared(ctx, "speedtest-bytes "+name, parts)
		if wait > 0 {
			return nil, wait
		}
		b.grant(name, err == nil)
	}
}

// shared counts one of so many in this hour over all processes; wait is how long to
// stay away where it is one too many.
func (b *Bounds) shared(ctx context.Context, name string, most int) (wait time.Duration, err error) {
	bounded, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	used, reset, err := b.Shared.Take(bounded, name, time.Hour)
	if err != nil || used <= most {
		return 0, err
	}
	return max(reset.Sub(b.Now()), time.Second), nil
}

// grant lets a visitor have another part of the bytes; where nobody knows what others
// have granted, all that one process may.
func (b *Bounds) grant(name string, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch v := b.visitor(name); {
	case v == nil:
	case known:
		v.granted += max(b.Bytes/parts, 1)
	default:
		v.granted = b.Bytes
	}
}

// begin is Transfer within this process; ungranted says that another part of the bytes
// of all is to be had before.
func (b *Bounds) begin(name string, bytes int64) (leave func(moved int64), wait time.Duration, ungranted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.visitor(name)
	switch {
	case v == nil || b.open >= b.Together:
		return nil, 10 * time.Second, false
	case v.open >= b.Transfers:
		return nil, time.Second, false
	case v.bytes+bytes > b.Bytes:
		return nil, v.hour.Add(time.Hour).Sub(b.Now()), false
	case b.Shared != nil && v.bytes+bytes > v.granted:
		return nil, 0, true
	}
	v.open, v.bytes, b.open = v.open+1, v.bytes+bytes, b.open+1
	gone := false
	return func(moved int64) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if !gone {
			v.open, v.bytes, b.open, gone = v.open-1, max(v.bytes+moved-bytes, 0), b.open-1, true
		}
	}, 0, false
}

// visitor is who has that name, in the windows that are open now; nil where
// there is no room for another.
func (b *Bounds) visitor(name string) *visitor {
	now := b.Now()
	minute, hour := now.Truncate(time.Minute), now.Truncate(time.Hour)
	v := b.visitors[name]
	if v == nil {
		if len(b.visitors) >= maxVisitors && !b.forget(minute, hour) {
			return nil
		}
		if b.visitors == nil {
			b.visitors = map[string]*visitor{}
		}
		v = new(visitor)
		b.visitors[name] = v
	}
	if v.minute != minute {
		v.minute, v.requests = minute, 0
	}
	if v.hour != hour {
		v.hour, v.bytes, v.granted, v.results = hour, 0, 0, 0
	}
	return v
}

// forget drops who has not been here in this hour, and says whether there is room
// then. It looks once a minute: a crowd of newcomers would have it look at all
// others each time.
func (b *Bounds) forget(minute, hour time.Time) bool {
	if b.looked.Equal(minute) {
		return false
	}
	b.looked = minute
	for name, v := range b.visitors {
		if v.hour.Before(hour) && v.open == 0 {
			delete(b.visitors, name)
		}
	}
	return len(b.visitors) < maxVisitors
}

package speedtest

import (
	"sync"
	"time"
)

// Bounds is how much a visitor, and all of them together, may take of the
// server's line. They hold in each process for itself, and are kept in memory.
type Bounds struct {
	Transfers int   // of a visitor at one time
	Together  int   // of all visitors at one time
	Requests  int   // of a visitor in a minute
	Bytes     int64 // of a visitor in an hour, both ways
	Results   int   // of a visitor in an hour that are kept
	Now       func() time.Time

	mu       sync.Mutex
	open     int
	visitors map[string]*visitor
	looked   time.Time // the minute in which it was last looked for those who are gone
}

// visitor is what one has taken in the windows that are open.
type visitor struct {
	open, requests, results int
	minute, hour            time.Time
	bytes                   int64
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
func (b *Bounds) Result(name string) (wait time.Duration) {
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
func (b *Bounds) Transfer(name string, bytes int64) (leave func(moved int64), wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.visitor(name)
	switch {
	case v == nil || b.open >= b.Together:
		return nil, 10 * time.Second
	case v.open >= b.Transfers:
		return nil, time.Second
	case v.bytes+bytes > b.Bytes:
		return nil, v.hour.Add(time.Hour).Sub(b.Now())
	}
	v.open, v.bytes, b.open = v.open+1, v.bytes+bytes, b.open+1
	gone := false
	return func(moved int64) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if !gone {
			v.open, v.bytes, b.open, gone = v.open-1, max(v.bytes+moved-bytes, 0), b.open-1, true
		}
	}, 0
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
		v.hour, v.bytes, v.results = hour, 0, 0
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

package redirect

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// misses count who asks for links that there are not, so that nobody tries codes
// without end, or keeps Postgres busy with them. They are of this process, and in
// memory alone. The zero value is ready, and safe for concurrent use.
type misses struct {
	filled atomic.Int64 // blocks that are full, so that nobody waits for mu while none is

	mu    sync.Mutex
	began time.Time // the minute that is counted
	of    map[netip.Addr]int
}

// mostMisses is how many links that there are not a block of addresses may ask for in
// a minute, and mostMissing how many blocks are counted.
const (
	mostMisses  = 300
	mostMissing = 100_000
)

// full says how long a block of addresses waits until it may ask for links that are
// not known, 0 where it need not.
func (m *misses) full(from netip.Addr, now time.Time) time.Duration {
	if m.filled.Load() == 0 {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of[from] < mostMisses {
		return 0
	}
	return max(m.began.Add(time.Minute).Sub(now), 0)
}

// note counts a miss.
func (m *misses) note(from netip.Addr, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if began := now.Truncate(time.Minute); !began.Equal(m.began) || m.of == nil {
		m.began, m.of = began, map[netip.Addr]int{}
		m.filled.Store(0)
	}
	n, met := m.of[from]
	if !met && len(m.of) >= mostMissing {
		return
	}
	if m.of[from] = n + 1; n+1 == mostMisses {
		m.filled.Add(1)
	}
}

package redirect

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// misses count who asks for links that there are not, so that nobody tries codes
// without end, or keeps Postgres busy with them. Who is full is known here, in memory,
// whether it is by what this process has counted or by what all have. The zero value
// is ready, and safe for concurrent use.
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

// note counts a miss; ofAll is how many there have been in all processes, 0 where that
// is not known.
func (m *misses) note(from netip.Addr, now time.Time, ofAll int) {
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
	if m.of[from] = max(n+1, ofAll); n < mostMisses && m.of[from] >= mostMisses {
		m.filled.Add(1)
	}
}

// missed counts that a link was asked for that there is not, and says how long whoever
// did has to wait, 0 where that is not too often. All processes count together while
// Postgres is there; codes that can be no link's are counted here alone, as nobody was
// asked about them.
func (r *Redirect) missed(ctx context.Context, code string, from netip.Addr, now time.Time) time.Duration {
	if domain.CheckCode(code) != nil {
		r.misses.note(from, now, 0)
		return 0
	}
	used, reset, err := r.Limits.Take(ctx, "link-misses:"+r.AddressName(from), time.Minute)
	if err != nil {
		r.Log.Debug("who asks for links that there are not is counted by this process alone", "error", err)
		used = 0
	}
	if r.misses.note(from, now, used); used <= mostMisses {
		return 0
	}
	return max(reset.Sub(now), time.Second)
}

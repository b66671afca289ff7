//go:build failpoint

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// burden is clients that send commands without a pause until it is stopped: new
// scans, and every third time the end of one.
type burden struct {
	stop func()
	sent atomic.Int64
}

// load puts clients to work on a lane. Each goes round the addresses.
func (l *lane) load(t *testing.T, clients int, seed uint64, addresses ...string) *burden {
	t.Helper()
	quit := make(chan struct{})
	var all sync.WaitGroup
	b := &burden{stop: sync.OnceFunc(func() { close(quit); all.Wait() })}
	t.Cleanup(b.stop)
	if len(addresses) == 0 {
		addresses = []string{l.address}
	}
	for c := range clients {
		chance := rand.New(rand.NewPCG(seed, uint64(c)))
		all.Go(func() { l.client(quit, chance, addresses, &b.sent) })
	}
	return b
}

// client sends commands. It sends at most a hundred a second, so that what
// follows from them stays countable.
func (l *lane) client(quit <-chan struct{}, chance *rand.Rand, addresses []string, sent *atomic.Int64) {
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	last := ""
	for n := 0; ; n++ {
		select {
		case <-quit:
			return
		case <-pace.C:
		}
		address := addresses[n%len(addresses)]
		if last != "" && chance.IntN(3) == 0 {
			l.note(l.send("cancel", address, "/api/v1/scan/"+last+"/cancel", ""))
			last = ""
		} else if e := l.note(l.send("request", address, "/api/v1/scan", fmt.Sprintf(`{"url": "%s/%d", "depth": "QUICK"}`, l.site, n))); e.acknowledged() {
			last = e.scan
		}
		sent.Add(1)
	}
}

// more waits until so many commands more have been sent.
func (b *burden) more(t *testing.T, n int) {
	t.Helper()
	want := b.sent.Load() + int64(n)
	until(t, time.Minute, func() (bool, string) { return b.sent.Load() >= want, fmt.Sprint(b.sent.Load(), " commands were sent") })
}

// refused are the commands that were answered with 503 or 507.
func (l *lane) refused() (list []entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.journal {
		if e.status == http.StatusServiceUnavailable || e.status == http.StatusInsufficientStorage {
			list = append(list, e)
		}
	}
	return list
}

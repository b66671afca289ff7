package main

import (
	"context"
	"encoding/base64"
	"hash"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/blake2b"
)

// dayKeys are the keys of the names of addresses: one for each day (UTC), drawn when
// it is near, the same for all processes, and destroyed when the day is over, so that
// nobody finds out later whose a name was. They are safe for concurrent use.
type dayKeys struct {
	draw   func(ctx context.Context, day time.Time) ([]byte, error) // the same for all processes
	forget func(ctx context.Context, before time.Time) error
	now    func() time.Time
	random func([]byte)
	log    *slog.Logger

	present atomic.Pointer[dayKey]
	mu      sync.Mutex
	near    map[int64][]byte // by the number of the day since 1970
}

type dayKey struct {
	day  int64
	key  []byte
	macs sync.Pool // of *mac
}

// mac names texts by a keyed hash (BLAKE2b, RFC 7693).
type mac struct {
	hash.Hash
	text, sum []byte
}

// name is the keyed hash of an address and a text, in 22 letters.
func (k *dayKey) name(a netip.Addr, text string) string {
	m, made := k.macs.Get().(*mac)
	if made {
		m.Reset()
	} else {
		const size = 16
		h, err := blake2b.New(size, k.key)
		if err != nil {
			panic(err) // the key has bytesOfDayKey, which are not too many
		}
		m = &mac{Hash: h}
	}
	defer k.macs.Put(m)
	m.text = a.AppendTo(m.text[:0])
	if text != "" {
		m.text = append(append(m.text, ' '), text...)
	}
	m.Write(m.text)
	m.sum = m.Sum(m.sum[:0])
	return base64.RawURLEncoding.EncodeToString(m.sum)
}

// Keys are had so many days ahead, so that a day may begin while Postgres is away, and
// are looked after so often.
const (
	daysAhead     = 2
	dayKeysPause  = 10 * time.Minute
	secondsOfDay  = int64(24 * time.Hour / time.Second)
	bytesOfDayKey = 32
)

// today is the present day's key. Where nobody could ask Postgres for it for days, it
// is this process's own: a visitor then counts once for each process.
func (k *dayKeys) today() *dayKey {
	day := k.now().Unix() / secondsOfDay
	if p := k.present.Load(); p != nil && p.day == day {
		return p
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.present.Load(); p != nil && p.day == day {
		return p
	}
	key := k.near[day]
	if key == nil {
		key = make([]byte, bytesOfDayKey)
		k.random(key)
		k.log.Warn("no key of the day could be had: this process names addresses by one of its own")
	}
	present := &dayKey{day: day, key: key}
	k.present.Store(present)
	for old := range k.near {
		if old <= day {
			delete(k.near, old)
		}
	}
	return present
}

// prepare gets the keys of the days that are near, and destroys those of days that
// are over.
func (k *dayKeys) prepare(ctx context.Context) error {
	today := k.now().Unix() / secondsOfDay
	for day := today; day <= today+daysAhead; day++ {
		if k.has(day) {
			continue
		}
		key, err := k.draw(ctx, midnightOf(day))
		if err != nil {
			return err
		}
		k.mu.Lock()
		if k.near == nil {
			k.near = map[int64][]byte{}
		}
		k.near[day] = key
		k.mu.Unlock()
	}
	k.today() // and not yesterday's any more
	return k.forget(ctx, midnightOf(today))
}

func (k *dayKeys) has(day int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.present.Load()
	return k.near[day] != nil || p != nil && p.day == day
}

func midnightOf(day int64) time.Time { return time.Unix(day*secondsOfDay, 0).UTC() }

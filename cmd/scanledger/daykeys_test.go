package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"
)

// days are keys of days that several processes share, on a clock of their own.
type days struct {
	kept map[string][]byte
	away error
	now  time.Time
}

func (d *days) keys() *dayKeys {
	return &dayKeys{
		draw: func(_ context.Context, day time.Time) ([]byte, error) {
			name := day.Format(time.DateOnly)
			if d.away == nil && d.kept[name] == nil {
				d.kept[name] = make([]byte, 32)
				rand.Read(d.kept[name])
			}
			return d.kept[name], d.away
		},
		forget: func(_ context.Context, before time.Time) error {
			for name := range d.kept {
				if name < before.Format(time.DateOnly) {
					delete(d.kept, name)
				}
			}
			return d.away
		},
		now: func() time.Time { return d.now }, random: func(b []byte) { rand.Read(b) }, log: slog.New(slog.DiscardHandler),
	}
}

// TestDayKeys names an address alike in two processes for a day, and by a key that is
// gone on the next one, also where Postgres is away as that begins.
func TestDayKeys(t *testing.T) {
	d := &days{kept: map[string][]byte{}, now: time.Date(2026, 11, 28, 23, 50, 0, 0, time.UTC)}
	one, other := keys{days: d.keys()}, keys{days: d.keys()}
	prepare := func() error { return errors.Join(one.days.prepare(t.Context()), other.days.prepare(t.Context())) }
	address := netip.MustParseAddr("192.0.2.1")
	alike := func(want bool) string {
		t.Helper()
		a, b := one.visitorName(address, "x"), other.visitorName(address, "x")
		if (a == b) != want {
			t.Errorf("at %s: %s and %s", d.now, a, b)
		}
		return a
	}
	if err := prepare(); err != nil {
		t.Fatal(err)
	}
	today, before := bytes.Clone(d.kept["2026-11-28"]), alike(true)
	d.now, d.away = d.now.Add(20*time.Minute), errors.New("away")
	if alike(true) == before || prepare() == nil {
		t.Error("the name of the day before, or a Postgres that is not away")
	}
	d.away = nil
	if err := prepare(); err != nil || d.kept["2026-11-28"] != nil || len(d.kept) != 3 {
		t.Errorf("%v, and %d keys are kept", err, len(d.kept))
	}
	if p := one.days.present.Load(); bytes.Equal(p.key, today) || len(one.days.near) != 2 {
		t.Errorf("a process keeps %d days", len(one.days.near))
	}
	alike(true)
	d.now, d.away = d.now.Add(72*time.Hour), errors.New("away")
	alike(false) // nobody can say what the key is, and visitors are led on
	if one.addressName(netip.MustParseAddr("2001:db8::1")) != one.addressName(netip.MustParseAddr("2001:db8::2:0:0:1")) {
		t.Error("one network has many names")
	}
}

package speedtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
)

// clock is a time that a test sets.
type clock struct{ now time.Time }

func bounded() (*Bounds, *clock) {
	c := &clock{time.Date(2026, 5, 1, 12, 30, 15, 0, time.UTC)}
	return &Bounds{Transfers: 2, Together: 3, Requests: 2, Bytes: 100, Results: 1, Now: func() time.Time { return c.now }}, c
}

// TestRequests opens again with the minute, and results with the hour.
func TestRequests(t *testing.T) {
	b, c := bounded()
	for n, want := range []time.Duration{0, 0, 45 * time.Second} {
		if wait := b.Request("ann"); wait != want {
			t.Errorf("request %d waits %s", n, wait)
		}
	}
	if wait := b.Request("bob"); wait != 0 {
		t.Errorf("another waits %s", wait)
	}
	if first, second := b.Result(t.Context(), "ann"), b.Result(t.Context(), "ann"); first != 0 || second != 29*time.Minute+45*time.Second {
		t.Errorf("results wait %s and %s", first, second)
	}
	c.now = c.now.Add(45 * time.Second)
	if wait := b.Request("ann"); wait != 0 {
		t.Errorf("in the next minute it waits %s", wait)
	}
	c.now = c.now.Add(29 * time.Minute)
	if wait := b.Result(t.Context(), "ann"); wait != 0 {
		t.Errorf("in the next hour it waits %s", wait)
	}
}

// TestTransfers holds a visitor, and all together, to what may be under way, and
// gives back what did not move.
func TestTransfers(t *testing.T) {
	b, c := bounded()
	begin := func(who string, bytes int64, want time.Duration) func(int64) {
		t.Helper()
		leave, wait := b.Transfer(t.Context(), who, bytes)
		if wait != want || (leave == nil) != (want > 0) {
			t.Fatalf("%s waits %s for %d bytes, and should %s", who, wait, bytes, want)
		}
		return leave
	}
	const hour = 29*time.Minute + 45*time.Second
	first, second := begin("ann", 60, 0), begin("ann", 40, 0)
	begin("ann", 1, time.Second) // two at one time
	third := begin("bob", 1, 0)
	begin("eve", 1, 10*time.Second) // three of all
	first(10)
	first(10) // once is enough
	begin("ann", 51, hour)
	first = begin("ann", 50, 0)
	second(40)
	third(1)
	begin("ann", 1, hour)
	c.now = c.now.Add(time.Hour)
	first(50)
	begin("ann", 100, 0)
}

// counts are those of all processes, until they are away.
type counts struct {
	used map[string]int
	away error
	c    *clock
}

// Take implements Shared.
func (n *counts) Take(_ context.Context, name string, window time.Duration) (int, time.Time, error) {
	n.used[name]++
	return n.used[name], n.c.now.Truncate(window).Add(window), n.away
}

// TestSharedBounds hold over two processes: what one has given a visitor, the other has
// not.
func TestSharedBounds(t *testing.T) {
	one, c := bounded()
	all := &counts{used: map[string]int{}, c: c}
	two := &Bounds{Transfers: 2, Together: 3, Requests: 2, Bytes: 6400, Results: 1, Now: one.Now, Shared: all}
	one.Bytes, one.Shared = two.Bytes, all
	moves := func(b *Bounds, bytes int64, want time.Duration) {
		t.Helper()
		leave, wait := b.Transfer(t.Context(), "ann", bytes)
		if wait != want || (leave == nil) != (want > 0) {
			t.Fatalf("it waits %s for %d bytes, and should %s; parts taken: %v", wait, bytes, want, all.used)
		}
		if leave != nil {
			leave(bytes)
		}
	}
	const hour = 29*time.Minute + 45*time.Second
	moves(one, 50, 0)
	moves(one, 50, 0) // of the same part
	if n := all.used["speedtest-bytes ann"]; n != 1 {
		t.Errorf("100 bytes are %d parts", n)
	}
	moves(two, 6301, hour) // would be 64 parts more
	moves(two, 6300, 0)    // which it has got
	moves(one, 1, hour)
	moves(one, 6301, hour) // more than one process may
	if wait := one.Result(t.Context(), "ann"); wait != 0 {
		t.Errorf("a result waits %s", wait)
	}
	if wait := two.Result(t.Context(), "ann"); wait != hour {
		t.Errorf("a result of another process waits %s", wait)
	}
	c.now = c.now.Add(time.Hour)
	all.away = errors.New("away")
	moves(one, 6400, 0) // nobody knows what the other has given
	moves(one, 1, hour)
	if wait := one.Result(t.Context(), "ann"); wait != 0 {
		t.Errorf("a result waits %s where nobody counts them", wait)
	}
}

// TestVisitors are forgotten when there is no room for another.
func TestVisitors(t *testing.T) {
	b, c := bounded()
	staying, _ := b.Transfer(t.Context(), "staying", 1)
	for n := range maxVisitors - 1 {
		b.Request(fmt.Sprint(n))
	}
	if b.Request("one more") == 0 {
		t.Error("there is room for one more")
	}
	delete(b.visitors, "1")
	b.visitors["late"] = &visitor{hour: c.now.Add(-time.Hour).Truncate(time.Hour)}
	if b.Request("one more") == 0 || b.visitors["late"] == nil {
		t.Error("whoever comes has all others looked at, more than once a minute")
	}
	c.now = c.now.Add(time.Minute)
	if b.Request("one more") != 0 || b.visitors["late"] != nil {
		t.Error("a minute later there is no room")
	}
	c.now = c.now.Add(time.Hour)
	if b.Request("another") != 0 || len(b.visitors) != 2 {
		t.Errorf("an hour later %d are remembered", len(b.visitors))
	}
	staying(1)
	if b.open != 0 {
		t.Errorf("%d transfers are under way", b.open)
	}
}

// TestULIDs are read back as they were written, and nothing else is read.
func TestULIDs(t *testing.T) {
	for _, id := range []uuid.UUID{{}, uuid.MustParse("01563e3a-b5d3-d676-4c61-efb99302bd5b"), uuid.Max} {
		if got, ok := parseULID(ulid(id)); !ok || got != id {
			t.Errorf("%s is written %s and read %s", id, ulid(id), got)
		}
	}
	if got := ulid(uuid.MustParse("01563e3a-b5d3-d676-4c61-efb99302bd5b")); got != "01ARZ3NDEKTSV4RRFFQ69G5FAV" { // the specification's
		t.Errorf("got %s", got)
	}
	for _, wrong := range []string{"", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVV", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU"} {
		if id, ok := parseULID(wrong); ok {
			t.Errorf("%q is read as %s", wrong, id)
		}
	}
}

// FuzzParseULID reads nothing that it would not write.
func FuzzParseULID(f *testing.F) {
	f.Add("01ARZ3NDEKTSV4RRFFQ69G5FAV")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := parseULID(text)
		if !ok {
			return
		}
		if again, ok := parseULID(ulid(id)); !ok || again != id {
			t.Errorf("%q is %s, and then %s", text, id, again)
		}
	})
}

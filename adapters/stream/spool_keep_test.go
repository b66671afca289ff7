package stream_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

// keep keeps events from to before end, one after another.
func keep(t *testing.T, s *stream.Spool, from, end int) (ids []string) {
	t.Helper()
	for i := from; i < end; i++ {
		e := domain.Envelope{ID: uuid.UUID{15: byte(i), 14: byte(i >> 8), 0: 1}, At: noon, Cause: "ü \"\\\n", Event: domain.RequestServed{Status: i}}
		if err := s.Keep(e); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID.String())
	}
	return ids
}

// spooledIn is what the files of a folder have.
func spooledIn(t *testing.T, dir string) (text string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		some, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text += string(some)
	}
	return text
}

// TestKeepIsInAFile looks for each event when Keep has returned, while the broker is
// away: another spool on a copy of the folder, as after kill -9, sends all of them.
func TestKeepIsInAFile(t *testing.T) {
	b, dir := newBroker(), t.TempDir()
	b.set(true, nil)
	s := open(t, dir, b, nil)
	var want []string
	for n := range 20 {
		want = append(want, keep(t, s, n, n+1)...)
		if !strings.Contains(spooledIn(t, dir), want[n]) {
			t.Fatalf("event %d is in no file", n)
		}
	}
	copied, other := t.TempDir(), newBroker()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	after := open(t, copied, other, nil)
	wantIDs(t, other, want)
	closeSpool(t, after)
	closeSpool(t, s)
	if err := s.Keep(domain.Envelope{ID: uuid.UUID{1}, Event: domain.RequestServed{}}); !errors.Is(err, stream.ErrSpoolClosed) {
		t.Errorf("a closed spool answers %v", err)
	}
}

// TestKeepAtOnce has many keep events while they are sent, with a broker that comes
// and goes, and more than is in memory beside the file.
func TestKeepAtOnce(t *testing.T) {
	b, dir := newBroker(), t.TempDir()
	s := open(t, dir, b, func(o *stream.SpoolOptions) { o.Batch, o.Yield = 100, 4 })
	b.set(true, nil)
	const keepers, each = 40, 500
	var all sync.WaitGroup
	for n := range keepers {
		all.Go(func() { keep(t, s, n*each, (n+1)*each) })
	}
	until(t, "half of them are kept", func() bool { return s.Stats().Kept > keepers*each/2 })
	b.set(false, nil)
	all.Wait()
	until(t, "all arrive", func() bool { return len(b.ids()) == keepers*each })
	until(t, "the disk is empty", func() bool { return s.Stats().Waiting == 0 })
	got := b.ids()
	for n := range keepers { // each one's own are in order
		last := -1
		for i := range each {
			id := uuid.UUID{15: byte(n*each + i), 14: byte((n*each + i) >> 8), 0: 1}.String()
			if i%50 != 0 {
				continue
			}
			at := slices.Index(got, id)
			if at <= last {
				t.Fatalf("event %d of keeper %d is at %d, after %d", i, n, at, last)
			}
			last = at
		}
	}
	closeSpool(t, s)
	if left, _ := os.ReadDir(dir); len(left) != 0 || s.Stats().Lost != 0 {
		t.Errorf("%d files are left, %+v", len(left), s.Stats())
	}
}

// TestKeepGoesOn keeps in the same file again when all was sent, and in another one
// when somebody has taken it away.
func TestKeepGoesOn(t *testing.T) {
	b, dir := newBroker(), t.TempDir()
	s := open(t, dir, b, nil)
	var want []string
	for n := range 5 {
		want = append(want, keep(t, s, n*10, n*10+10)...)
		wantIDs(t, b, want)
		until(t, "the disk is empty", func() bool { return s.Stats().Waiting == 0 })
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*.spool")); len(files) != 1 {
		t.Errorf("%q", files)
	} else if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	want = append(want, keep(t, s, 50, 60)...)
	wantIDs(t, b, want)
	until(t, "the disk is empty", func() bool { return s.Stats().Waiting == 0 })
	b.set(true, nil)
	keep(t, s, 60, 61)
	until(t, "there is a file again", func() bool { return strings.Contains(spooledIn(t, dir), "\"id\"") })
	b.set(false, nil)
	closeSpool(t, s)
}

// TestKeepRefuses says so when there is no room.
func TestKeepRefuses(t *testing.T) {
	b := newBroker()
	b.set(true, nil)
	s := open(t, t.TempDir(), b, func(o *stream.SpoolOptions) { o.MaxBytes = 2000 })
	keep(t, s, 0, 1)
	full := 0
	for i := range 10 {
		if err := s.Keep(domain.Envelope{ID: uuid.UUID{byte(i + 2)}, At: noon, Event: domain.RequestServed{}}); domain.CodeOf(err) == domain.Unavailable {
			full++
		} else if err != nil {
			t.Error(err)
		}
	}
	if got := s.Stats(); full == 0 || int(got.Lost) != full || int(got.Kept) != 11-full {
		t.Errorf("%d were refused, %+v", full, got)
	}
	if got := s.Stats(); got.Waiting > 2000 {
		t.Errorf("%+v", got)
	}
	kept := int(s.Stats().Kept)
	b.set(false, nil)
	until(t, "what was kept is sent", func() bool { return s.Stats().Waiting == 0 })
	if len(b.ids()) != kept {
		t.Errorf("%d arrived, %d were kept", len(b.ids()), kept)
	}
	closeSpool(t, s)
}

package stream_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

// broker is a publisher that can be away, and can hang.
type broker struct {
	mu      sync.Mutex
	away    bool
	hang    chan struct{}
	got     []string // ids, first occurrences
	seen    map[string]bool
	arrival chan struct{}
}

func newBroker() *broker {
	return &broker{seen: map[string]bool{}, arrival: make(chan struct{}, 1)}
}

func (b *broker) Publish(topic string, msgs ...*message.Message) error {
	b.mu.Lock()
	hang := b.hang
	b.mu.Unlock()
	if hang != nil {
		<-hang
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return errors.New("away")
	}
	for _, m := range msgs {
		if topic != stream.Requests {
			return fmt.Errorf("topic is %s", topic)
		}
		if !b.seen[m.UUID] {
			b.seen[m.UUID] = true
			b.got = append(b.got, m.UUID)
		}
	}
	select {
	case b.arrival <- struct{}{}:
	default:
	}
	return nil
}

func (*broker) Close() error { return nil }

func (b *broker) set(away bool, hang chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away, b.hang = away, hang
}

func (b *broker) ids() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got)
}

// until polls a condition, because it has no signal of its own.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for late := time.Now().Add(30 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("never: %s", what)
		}
	}
}

func open(t *testing.T, dir string, b *broker, change func(*stream.SpoolOptions)) *stream.Spool {
	t.Helper()
	o := stream.SpoolOptions{Dir: dir, Publisher: b, Batch: 16, Retry: time.Millisecond, Sync: 5 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	s, err := stream.OpenSpool(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeSpool(t *testing.T, s *stream.Spool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}

func wantIDs(t *testing.T, b *broker, want []string) {
	t.Helper()
	until(t, "every event arrives", func() bool { return len(b.ids()) >= len(want) })
	if got := b.ids(); !slices.Equal(got, want) {
		t.Errorf("%d events arrived, %d were emitted, or in another order", len(got), len(want))
	}
}

func TestSpoolSendsAtOnce(t *testing.T) {
	b := newBroker()
	s := open(t, t.TempDir(), b, nil)
	want := keep(t, s, 0, 100)
	wantIDs(t, b, want)
	closeSpool(t, s)
	if got := s.Stats(); got != (stream.SpoolStats{Sent: 100, Kept: 100}) {
		t.Errorf("stats are %+v", got)
	}
}

func TestSpoolOutlastsTheBroker(t *testing.T) {
	b, dir := newBroker(), t.TempDir()
	s := open(t, dir, b, nil)
	want := keep(t, s, 0, 50)
	wantIDs(t, b, want)
	b.set(true, nil)
	want = append(want, keep(t, s, 50, 150)...)
	want = append(want, keep(t, s, 150, 200)...)
	b.set(false, nil)
	want = append(want, keep(t, s, 200, 250)...)
	wantIDs(t, b, want)
	until(t, "the disk is empty", func() bool { return s.Stats().Waiting == 0 })
	closeSpool(t, s)
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("files are left: %v", left)
	}
}

func TestSpoolOutlastsItself(t *testing.T) {
	b, dir := newBroker(), t.TempDir()
	b.set(true, nil)
	var want []string
	for run := range 3 {
		s := open(t, dir, b, nil)
		want = append(want, keep(t, s, run*40, run*40+40)...)
		closeSpool(t, s)
		if err := s.Keep(domain.Envelope{ID: uuid.UUID{1}, Event: domain.RequestServed{}}); !errors.Is(err, stream.ErrSpoolClosed) {
			t.Errorf("a closed spool answers %v", err)
		}
	}
	b.set(false, nil)
	s := open(t, dir, b, nil)
	want = append(want, keep(t, s, 120, 130)...)
	wantIDs(t, b, want)
	closeSpool(t, s)
}

// A broker that hangs keeps nobody waiting.
func TestSpoolOutlastsAHangingBroker(t *testing.T) {
	b := newBroker()
	hang := make(chan struct{})
	b.set(false, hang)
	s := open(t, t.TempDir(), b, nil)
	want := keep(t, s, 0, 100)
	b.set(false, nil)
	close(hang)
	wantIDs(t, b, want)
	closeSpool(t, s)
}

// What waits when the spool is closed is sent to a broker that takes it.
func TestSpoolSendsTheRest(t *testing.T) {
	b, dir := newBroker(), t.TempDir()
	b.set(true, nil)
	s := open(t, dir, b, func(o *stream.SpoolOptions) { o.Retry = time.Hour })
	want := keep(t, s, 0, 100)
	b.set(false, nil)
	closeSpool(t, s)
	if left, _ := os.ReadDir(dir); len(left) != 0 || !slices.Equal(b.ids(), want) {
		t.Errorf("%d files are left, %d of %d events arrived", len(left), len(b.ids()), len(want))
	}
}

func TestSpoolClosesOverAHangingBroker(t *testing.T) {
	b, dir := newBroker(), t.TempDir()
	hang := make(chan struct{})
	b.set(true, hang)
	s := open(t, dir, b, nil)
	want := keep(t, s, 0, 20)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
	close(hang)
	b.set(false, nil)
	s = open(t, dir, b, nil)
	wantIDs(t, b, want)
	closeSpool(t, s)
}

func TestSpoolReadsAroundDamage(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"torn end":     func(b []byte) []byte { return b[:len(b)-7] },
		"flipped byte": func(b []byte) []byte { b[len(b)-40] ^= 1; return b },
		"binary tail":  func(b []byte) []byte { return append(b, 0, 255, '\n') },
	} {
		t.Run(name, func(t *testing.T) {
			b, dir := newBroker(), t.TempDir()
			b.set(true, nil)
			s := open(t, dir, b, nil)
			want := keep(t, s, 0, 10)
			closeSpool(t, s)
			files, _ := filepath.Glob(filepath.Join(dir, "*.spool"))
			text, err := os.ReadFile(files[len(files)-1])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(files[len(files)-1], damage(text), 0o600); err != nil {
				t.Fatal(err)
			}
			b.set(false, nil)
			s = open(t, dir, b, nil)
			want = append(want[:9], keep(t, s, 10, 11)...)
			until(t, "the disk is empty", func() bool { return s.Stats().Waiting == 0 })
			until(t, "the last arrives", func() bool { return slices.Contains(b.ids(), want[9]) })
			for _, id := range want {
				if !slices.Contains(b.ids(), id) {
					t.Errorf("%s is lost", id)
				}
			}
			if lost := s.Stats().Lost; lost != 1 {
				t.Errorf("%d are counted as lost, want 1", lost)
			}
			closeSpool(t, s)
		})
	}
}

func TestSpoolRefuses(t *testing.T) {
	s := open(t, t.TempDir(), newBroker(), nil)
	for name, e := range map[string]domain.Envelope{
		"no id":     {Event: domain.RequestServed{}},
		"no topic":  {ID: eventID, Event: domain.ScanStarted{}},
		"too large": {ID: eventID, Event: domain.RequestServed{Operation: string(make([]byte, 1<<20))}},
	} {
		if err := s.Keep(e); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	closeSpool(t, s)
}

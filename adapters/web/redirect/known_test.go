package redirect

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// source has one link, whose version is what was asked for last.
type source struct {
	asked   atomic.Int64
	version atomic.Int64
	mu      sync.Mutex
	err     error
	now     time.Time
}

func (s *source) read(context.Context, string) (projections.LinkRow, error) {
	s.asked.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	return projections.LinkRow{ID: uuid.UUID{1}, Version: int(s.version.Load())}, s.err
}

func (s *source) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *source) later(by time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.err = s.now.Add(by), err
}

func TestKnown(t *testing.T) {
	s := &source{now: time.Unix(1_000_000, 0)}
	k := &Known{Read: s.read, Fresh: time.Second, Now: s.clock, Log: slog.New(slog.DiscardHandler)}
	stream := domain.NewStream(domain.LinkFamily, uuid.UUID{1})
	want := func(what string, version int, asked int64, code domain.Code) {
		t.Helper()
		row, err := k.At(t.Context(), "MyLink")
		if domain.CodeOf(err) != code || err == nil && row.Version != version || s.asked.Load() != asked {
			t.Errorf("%s: version %d, %v, asked %d times; want %d, %q, %d", what, row.Version, err, s.asked.Load(), version, code, asked)
		}
	}
	want("at first", 0, 1, "")
	s.version.Store(1)
	want("at once again", 0, 1, "")
	k.Forget(domain.NewStream(domain.ScanFamily, uuid.UUID{1}))
	want("after another's event", 0, 1, "")
	k.Forget(stream)
	want("after its own", 1, 2, "")
	s.version.Store(2)
	s.later(time.Second, nil)
	want("after a second", 2, 3, "")
	away := domain.Errorf(domain.Unavailable, "away")
	s.later(time.Second, away)
	want("without Postgres", 2, 4, "")
	want("and at once again", 2, 4, "")
	s.later(time.Hour, away)
	want("for an hour", 2, 5, "")
	s.later(time.Second, domain.Errorf(domain.NotFound, "deleted"))
	want("deleted elsewhere", 0, 6, domain.NotFound)
	s.later(0, away)
	want("not known, and no Postgres", 0, 7, domain.Unavailable)
	if len(k.links)+len(k.streams) > 0 {
		t.Errorf("of a link that is gone %d and %d are kept", len(k.links), len(k.streams))
	}
	for _, none := range []string{"", "ab", "a b c", "-abc", strings.Repeat("a", 65), "\xff\xff\xff"} {
		if _, err := k.At(t.Context(), none); domain.CodeOf(err) != domain.NotFound || s.asked.Load() != 7 {
			t.Errorf("%q: %v, asked %d times", none, err, s.asked.Load())
		}
	}
}

// TestKnownChanges has links change while they are read: what was read before is
// nothing that is led by after.
func TestKnownChanges(t *testing.T) {
	reading, told := make(chan struct{}), make(chan struct{})
	s := &source{}
	k := &Known{Fresh: time.Hour, Now: s.clock, Log: slog.New(slog.DiscardHandler)}
	k.Read = func(ctx context.Context, code string) (projections.LinkRow, error) {
		row, err := s.read(ctx, code)
		if row.Version == 0 {
			close(reading)
			<-told
		}
		return row, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = k.At(t.Context(), "abc")
	}()
	<-reading
	s.version.Store(1)
	k.Forget(domain.NewStream(domain.LinkFamily, uuid.UUID{1}))
	close(told)
	<-ended
	if row, err := k.At(t.Context(), "abc"); err != nil || row.Version != 1 {
		t.Errorf("it leads by version %d, %v", row.Version, err)
	}
}

// TestKnownTogether has many come at the time at which a link is asked about again.
func TestKnownTogether(t *testing.T) {
	s := &source{now: time.Unix(1_000_000, 0)}
	k := &Known{Read: s.read, Fresh: time.Second, Now: s.clock, Log: slog.New(slog.DiscardHandler)}
	if _, err := k.At(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	s.later(time.Second, nil)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if _, err := k.At(t.Context(), "abc"); err != nil {
				t.Error(err)
			}
		})
	}
	if all.Wait(); s.asked.Load() != 2 {
		t.Errorf("asked %d times", s.asked.Load())
	}
}

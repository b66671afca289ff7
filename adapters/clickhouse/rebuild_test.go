package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/projections"
)

// topic is one partition that has rows up to a number, from another one on.
type topic struct {
	mu          sync.Mutex
	first, next int
	deleted     []uuid.UUID // accounts
}

// Extent implements clickhouse.Topic.
func (p *topic) Extent(context.Context) (first, next map[int32]int64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return map[int32]int64{0: int64(p.first)}, map[int32]int64{0: int64(p.next)}, nil
}

// Deleted implements clickhouse.Topic.
func (p *topic) Deleted(_ context.Context, accounts []uuid.UUID) ([]uuid.UUID, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(accounts), func(a uuid.UUID) bool { return !slices.Contains(p.deleted, a) }), nil
}

// Read implements clickhouse.Topic.
func (p *topic) Read(ctx context.Context, from, to map[int32]int64, see func(context.Context, int32, int64, []clickhouse.Row) error) error {
	for at := from[0]; at < to[0]; at += 50 {
		n := min(50, to[0]-at)
		if err := see(ctx, 0, at+n, requests(int(at), int(n))); err != nil {
			return err
		}
	}
	return nil
}

// more publishes rows and returns them.
func (p *topic) more(n int) []clickhouse.Row {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next += n
	return requests(p.next-n, n)
}

func store(t *testing.T, db *clickhouse.DB, rows []clickhouse.Row) {
	t.Helper()
	if err := db.Store(t.Context(), "requests", columns, fmt.Sprint("sink/", rows[0][13], len(rows)), rows); err != nil {
		t.Fatal(err)
	}
}

func rebuild(t *testing.T, db *clickhouse.DB, p *topic, how projections.Rebuilding) projections.Rebuilt {
	t.Helper()
	done, err := db.Rebuild(t.Context(), "requests", columns, p, how)
	if err != nil || !done.Swapped {
		t.Fatalf("rebuild: %+v, %v", done, err)
	}
	return done
}

const (
	everything = "SELECT count(), uniqExact(event_id), sum(duration_us) FROM requests"
	tables     = "SELECT arraySort(groupArray(name)) FROM system.tables WHERE database = currentDatabase() AND name LIKE 'requests_v%'"
)

func TestARebuildMakesTheSameRows(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		p := &topic{}
		store(t, db, p.more(300))
		first := rebuild(t, db, p, projections.Rebuilding{})
		if got := one(t, db, everything); got != "[300 300 44850]" {
			t.Errorf("got %s", got)
		}
		second := rebuild(t, db, p, projections.Rebuilding{})
		if first != second || first.Rows != 300 || first.Events != 300 || first.Checksum == "" || first.Resumed {
			t.Errorf("%+v, then %+v", first, second)
		}
		if got := one(t, db, tables); got != "[[requests_v3]]" {
			t.Errorf("there are %s", got)
		}
		p.first = 120 // the rest is past the topic's age
		store(t, db, p.more(50))
		if done := rebuild(t, db, p, projections.Rebuilding{}); done.Rows != 350 || done.Events != 230 || done.Checksum == first.Checksum {
			t.Errorf("without the topic's beginning: %+v", done)
		}
		if got := one(t, db, everything); got != "[350 350 61075]" {
			t.Errorf("got %s", got)
		}
	})
}

// TestARebuildRepairs fills what the table has lost, and what it never had.
func TestARebuildRepairs(t *testing.T) {
	db := newDatabase(t, clickhouse.Options{Transport: engine})
	p := &topic{}
	rows := p.more(300)
	store(t, db, rows[:100])
	store(t, db, rows[180:290])
	rebuild(t, db, p, projections.Rebuilding{})
	if got := one(t, db, everything); got != "[300 300 44850]" {
		t.Errorf("got %s", got)
	}
}

// TestARebuildUnderTraffic stores rows, some of them twice, while others read
// and the table is rebuilt again and again.
func TestARebuildUnderTraffic(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		p := &topic{}
		store(t, db, p.more(200))
		end := make(chan struct{})
		var work sync.WaitGroup
		defer work.Wait()
		stop := sync.OnceFunc(func() { close(end) })
		defer stop()
		until := func(do func()) {
			work.Go(func() {
				for {
					select {
					case <-end:
						return
					default:
						do()
					}
				}
			})
		}
		until(func() {
			rows := p.more(20)
			store(t, db, rows)
			store(t, db, rows[5:])
		})
		var seen int
		until(func() {
			_, rows, err := db.Query(t.Context(), "SELECT toInt64(count()) FROM requests")
			if err != nil || int(rows[0][0].(int64)) < seen {
				t.Errorf("%v rows after %d, %v", rows, seen, err)
				return
			}
			seen = int(rows[0][0].(int64))
		})
		for range 4 {
			rebuild(t, db, p, projections.Rebuilding{})
		}
		stop()
		work.Wait()
		want := fmt.Sprintf("[%d %d %d]", p.next, p.next, p.next*(p.next-1)/2)
		if got := one(t, db, everything); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestARebuildGoesOnAfterACut(t *testing.T) {
	db := newDatabase(t, clickhouse.Options{Transport: engine})
	p := &topic{}
	store(t, db, p.more(300))
	for _, phase := range []projections.Phase{projections.Copying, projections.Checking, projections.Swapping} {
		ctx, cancel := context.WithCancel(t.Context())
		pieces := 0
		done, err := db.Rebuild(ctx, "requests", columns, p, projections.Rebuilding{Seen: func(seen projections.Progress) {
			if pieces++; seen.Phase == phase && pieces > 2 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) || done.Swapped {
			t.Fatalf("%s: %+v, %v", phase, done, err)
		}
		store(t, db, p.more(10))
		if done := rebuild(t, db, p, projections.Rebuilding{}); !done.Resumed || done.Events != int64(p.next) || done.Rows != done.Events {
			t.Errorf("%s: %+v", phase, done)
		}
	}
	if got := one(t, db, everything); got != "[330 330 54285]" {
		t.Errorf("got %s", got)
	}
}

// TestARebuildThatDiffersIsRefused changes a row before the swap, and has rows
// that the topic never had.
func TestARebuildThatDiffersIsRefused(t *testing.T) {
	db := newDatabase(t, clickhouse.Options{Transport: engine})
	p := &topic{}
	store(t, db, p.more(100))
	tampered := requests(7, 1)
	tampered[0][8] = uint64(999)
	refused := func(what string, how projections.Rebuilding) {
		t.Helper()
		done, err := db.Rebuild(t.Context(), "requests", columns, p, how)
		var refused *projections.Refused
		if !errors.As(err, &refused) || done.Swapped {
			t.Errorf("%s: %+v, %v", what, done, err)
		}
	}
	refused("tampered", projections.Rebuilding{Seen: func(seen projections.Progress) {
		if seen.Phase == projections.Checking {
			if err := db.Insert(t.Context(), "requests_v2", columns, "tamper", tampered); err != nil {
				t.Error(err)
			}
		}
	}})
	if got := one(t, db, everything); got != "[100 100 4950]" {
		t.Errorf("afterwards: %s", got)
	}
	if err := db.Insert(t.Context(), "requests_v1", columns, "strange", requests(5000, 3)[:1]); err != nil {
		t.Fatal(err)
	}
	strange := requests(5001, 1)
	strange[0][13] = int64(50) // in the place of another
	if err := db.Insert(t.Context(), "requests_v1", columns, "strange place", strange); err != nil {
		t.Fatal(err)
	}
	refused("unknown to the topic", projections.Rebuilding{})
	rebuild(t, db, p, projections.Rebuilding{Accept: true})
	if got := one(t, db, everything); !strings.HasPrefix(got, "[101 101 ") && !strings.HasPrefix(got, "[102 102 ") {
		t.Errorf("accepted: %s", got)
	}
}

// TestARebuildForgets deletes accounts while rows of theirs are carried over
// and filled in: none come back.
func TestARebuildForgets(t *testing.T) {
	db := newDatabase(t, clickhouse.Options{Transport: engine})
	p := &topic{}
	store(t, db, p.more(600))
	p.first = 300
	carried, filled := requests(5, 1)[0][2].(uuid.UUID), requests(200, 1)[0][2].(uuid.UUID) // each of them has calls on both sides of 300
	p.deleted = []uuid.UUID{carried}
	pieces := 0
	rebuild(t, db, p, projections.Rebuilding{Seen: func(projections.Progress) {
		if pieces++; pieces != 2 {
			return
		}
		p.mu.Lock()
		p.deleted = append(p.deleted, filled)
		p.mu.Unlock()
		if _, err := db.Erase(t.Context(), filled); err != nil {
			t.Error(err)
		}
	}})
	if got := one(t, db, fmt.Sprintf("SELECT countIf(account IN ('%s', '%s')), count() FROM requests", carried, filled)); got != "[0 595]" {
		t.Errorf("got %s", got)
	}
}

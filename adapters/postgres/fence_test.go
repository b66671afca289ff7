package postgres

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestFence holds a transaction open between drawing its position and its
// commit, while 16 writers go on. With the fence nothing is lost. Without it
// the relay moves past the position and never comes back to it: whoever takes
// the fence out learns here that events are lost.
func TestFence(t *testing.T) {
	for name, c := range map[string]struct {
		fence string
		lost  bool
	}{
		"with the fence":    {fence, false},
		"without the fence": {"true", true},
	} {
		t.Run(name, func(t *testing.T) {
			pool := openPool(t, newDatabase(t))
			w := newWire()
			startRelay(t, &Relay{Pool: pool, Publish: w.publish, fence: c.fence})
			held, commit := hold(t, pool)
			ids := write16(t, openLog(t, pool))
			if c.lost {
				w.await(t, ids...)
			}
			commit()
			after := newWrite(newScanStream(), 0, 1)
			mustAppend(t, openLog(t, pool), after)
			w.await(t, append(ids, after.Events[0].ID)...)
			if came := slices.Contains(w.ids(), held); came == c.lost {
				t.Errorf("the event of the slow transaction came: %v, want %v", came, !c.lost)
			}
			if n := len(w.ids()); !c.lost && n != len(ids)+2 {
				t.Errorf("%d events came, want %d", n, len(ids)+2)
			}
			if s := w.disorder(); len(s) > 0 {
				t.Errorf("out of order: %v", s)
			}
		})
	}
}

// hold draws the position of an event in a transaction that stays open until
// commit is called.
func hold(t *testing.T, pool *pgxpool.Pool) (id uuid.UUID, commit func()) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback(context.Background()) })
	m := member(t, newScanStream(), 0, 1)
	g := newGrouping([]*pending{m}, false)
	g.decide([]*pending{m})
	if err := g.insert(t.Context(), tx, &pgx.Batch{}, "SELECT"); err != nil {
		t.Fatal(err)
	}
	return m.writes[0].stored[0].ID, func() {
		t.Helper()
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// write16 appends events from 16 writers at once, each to a stream of its own.
func write16(t *testing.T, log *Log) []uuid.UUID {
	t.Helper()
	const writers, each = 16, 20
	var mu sync.Mutex
	var ids []uuid.UUID
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			s := newScanStream()
			for v := range each {
				w := newWrite(s, v, 1)
				if _, err := log.Append(t.Context(), w); err != nil {
					t.Error(err)
				}
				mu.Lock()
				ids = append(ids, w.Events[0].ID)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return ids
}

// TestRelayCountsTransactions sends events of transactions whose numbers gain
// a digit, in small batches: they go by number, not by the text of it.
func TestRelayCountsTransactions(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	events := mustAppend(t, openLog(t, pool), newWrite(newScanStream(), 0, 8))
	unguard(t, pool)
	for i, xid := range []string{"8", "9", "10", "11", "98", "99", "100", "101"} {
		if _, err := pool.Exec(t.Context(), "UPDATE events SET xid = $1::text::xid8 WHERE id = $2", xid, events[i].ID); err != nil {
			t.Fatal(err)
		}
	}
	w := newWire()
	startRelay(t, &Relay{Pool: pool, Publish: w.publish, Batch: 3})
	w.await(t, idsOf(events)...)
	if got := w.ids(); !slices.Equal(got, idsOf(events)) {
		t.Errorf("sent %v\nwant %v", got, idsOf(events))
	}
}

// TestRelayOrder has one transaction wait for its streams while another
// overtakes it on one of them: the relay, which goes by transactions, must
// still send that stream's events in order.
func TestRelayOrder(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	logs := []*Log{openLog(t, pool), openLog(t, pool), openLog(t, pool)}
	streams := []domain.Stream{newScanStream(), newScanStream(), newScanStream()}
	for _, s := range streams {
		mustAppend(t, logs[0], newWrite(s, 0, 1))
	}
	overtaken := 0
	// Streams are locked in an order that this test does not know: in one of
	// all orders the last one is still free when the middle one is waited for.
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		if overtake(t, pool, logs, streams[order[0]], streams[order[1]], streams[order[2]]) {
			overtaken++
		}
	}
	if overtaken == 0 {
		t.Error("no transaction overtook another: nothing was tested")
	}
	w := newWire()
	startRelay(t, &Relay{Pool: pool, Publish: w.publish, Batch: 1})
	last := newWrite(newScanStream(), 0, 1)
	mustAppend(t, logs[0], last)
	w.await(t, last.Events[0].ID)
	if s := w.disorder(); len(s) > 0 {
		t.Errorf("out of order: %v", s)
	}
}

// overtake appends to three streams in one transaction, which has to wait for
// the middle one, and meanwhile to the last one in another. It says whether
// the second came first.
func overtake(t *testing.T, pool *pgxpool.Pool, logs []*Log, first, middle, last domain.Stream) bool {
	t.Helper()
	blocked := func(w commands.Write) commands.Write {
		w.Tallies = []commands.Tally{{Name: "blocked", Add: 1}}
		return w
	}
	next := func(s domain.Stream, ahead int) commands.Write {
		history, err := logs[0].Read(t.Context(), s, 0)
		if err != nil {
			t.Fatal(err)
		}
		return newWrite(s, len(history)+ahead, 1)
	}
	mustAppend(t, logs[0], blocked(newWrite(newScanStream(), 0, 1)))
	before, between, after, ahead := next(first, 0), next(middle, 1), next(last, 1), next(last, 0)
	blocker, unblock := blocked(next(middle, 0)), blockTally(t, pool)
	var wg sync.WaitGroup
	wg.Go(func() { logs[0].Append(t.Context(), blocker) })
	awaitBlocked(t, pool, 1)
	var slow error
	wg.Go(func() {
		_, slow = logs[1].Append(t.Context(), before, between, after)
	})
	awaitBlocked(t, pool, 2)
	fast := make(chan error, 1)
	wg.Go(func() {
		_, err := logs[2].Append(t.Context(), ahead)
		fast <- err
	})
	for ended := false; !ended && blockedSessions(t, pool) < 3; {
		select {
		case err := <-fast:
			ended = true
			fast <- err
		case <-time.After(2 * time.Millisecond):
		}
	}
	unblock()
	wg.Wait()
	return <-fast == nil && slow == nil
}

// blockTally holds the tally "blocked" until the returned function.
func blockTally(t *testing.T, pool *pgxpool.Pool) (unblock func()) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback(context.Background()) })
	if _, err := tx.Exec(t.Context(), "SELECT FROM tallies WHERE name = 'blocked' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func blockedSessions(t *testing.T, pool *pgxpool.Pool) (n int) {
	t.Helper()
	err := pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// awaitBlocked waits until n sessions of this database wait for locks.
func awaitBlocked(t *testing.T, pool *pgxpool.Pool, n int) {
	t.Helper()
	await(t, "blocked sessions", func() bool { return blockedSessions(t, pool) == n })
}

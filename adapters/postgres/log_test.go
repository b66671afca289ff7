package postgres

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
)

// TestCommitOfUnknownOutcome cuts the connection between COMMIT and its
// answer. The transaction is run again, and is there once.
func TestCommitOfUnknownOutcome(t *testing.T) {
	database := newDatabase(t)
	p, url := startProxy(t, database)
	log := openLog(t, openPool(t, url))
	const cuts = 3
	p.cuts.Store(cuts)
	s := newScanStream()
	for v := range cuts + 2 {
		w := newWrite(s, v, 1)
		claim("unknown")(&w)
		tally("unknown", 1, cuts+2)(&w)
		mustAppend(t, log, w)
	}
	if left := p.cuts.Load(); left > 0 {
		t.Fatalf("only %d connections were cut", cuts-left)
	}
	once(t, openPool(t, database), nil)
	var used int
	pool := openPool(t, database)
	if err := pool.QueryRow(t.Context(), "SELECT used FROM tallies WHERE name = 'unknown'").Scan(&used); err != nil || used != cuts+2 {
		t.Errorf("tally is %d (%v), want %d", used, err, cuts+2)
	}
}

// TestSessionsKilled ends the sessions of a log over and over while 16 writers
// append. Every append is answered with success, and is there once.
func TestSessionsKilled(t *testing.T) {
	url := newDatabase(t)
	log := openLog(t, openPool(t, url))
	killer := openPool(t, url)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			killer.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL`)
			rest(ctx, 300*time.Millisecond, nil)
		}
	})
	ids := write16(t, log)
	stop()
	wg.Wait()
	once(t, killer, ids)
}

// TestAppendOutOfTime has a server that does not get on with it: whoever waits
// for no longer is told that the database is away, and not that something broke.
func TestAppendOutOfTime(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log := openLog(t, pool)
	s := newScanStream()
	mustAppend(t, log, newWrite(s, 0, 1))
	holder, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Rollback(t.Context())
	if _, err := holder.Exec(t.Context(), lockStreams, []string{string(s)}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := log.Append(ctx, newWrite(s, 1, 1)); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("answered with %v", err)
	}
}

// once checks that the log has each event once, and versions without a gap.
func once(t *testing.T, pool *pgxpool.Pool, ids []uuid.UUID) {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT id, stream, version FROM events ORDER BY position")
	if err != nil {
		t.Fatal(err)
	}
	var id uuid.UUID
	var s domain.Stream
	var version int
	var have []uuid.UUID
	newest := map[domain.Stream]int{}
	_, err = pgx.ForEachRow(rows, []any{&id, &s, &version}, func() error {
		if version != newest[s]+1 {
			t.Errorf("stream %s: version %d after %d", s, version, newest[s])
		}
		newest[s], have = version, append(have, id)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if !slices.Contains(have, id) {
			t.Errorf("event %s is lost", id)
		}
	}
	if ids != nil && len(have) != len(ids) {
		t.Errorf("%d events, want %d", len(have), len(ids))
	}
}

// TestCloseAnswers ends a log while others append to it: each of them gets an
// answer, and what was answered with success is in the log.
func TestCloseAnswers(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log := NewLog(pool)
	var mu sync.Mutex
	var ids []uuid.UUID
	var wg sync.WaitGroup
	begun := make(chan struct{}, 1)
	for range 16 {
		wg.Go(func() {
			for {
				w := newWrite(newScanStream(), 0, 1)
				_, err := log.Append(context.Background(), w)
				if err != nil {
					if domain.CodeOf(err) != domain.Unavailable {
						t.Errorf("append: %v", err)
					}
					return
				}
				mu.Lock()
				ids = append(ids, w.Events[0].ID)
				mu.Unlock()
				select {
				case begun <- struct{}{}:
				default:
				}
			}
		})
	}
	<-begun
	log.Close()
	answered := make(chan struct{})
	go func() { defer close(answered); wg.Wait() }()
	select {
	case <-answered:
	case <-time.After(patience):
		t.Fatal("appends wait for ever for a log that is closed")
	}
	once(t, pool, ids)
}

// TestServerAway asks a log whose server is not there.
func TestServerAway(t *testing.T) {
	pool := openPool(t, "postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	log := openLog(t, pool)
	if _, err := log.Append(t.Context(), newWrite(newScanStream(), 0, 1)); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("append: %v", err)
	}
	if _, err := log.Read(t.Context(), newScanStream(), 0); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("read: %v", err)
	}
	if _, err := NewReader(pool).Scan(t.Context(), uuid.New(), uuid.New()); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("scan: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := log.Append(ctx, newWrite(newScanStream(), 0, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("append of who has gone: %v", err)
	}
}

// TestAppendedSignals looks for the token after a commit.
func TestAppendedSignals(t *testing.T) {
	log := openLog(t, openPool(t, newDatabase(t)))
	for range 3 {
		mustAppend(t, log, newWrite(newScanStream(), 0, 1))
	}
	select {
	case <-log.Appended:
	case <-time.After(patience):
		t.Error("nobody is told of a commit")
	}
}

package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/domain"
)

// TestErasures asks what is due as time goes by and accounts are deleted.
func TestErasures(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log, due := openLog(t, pool), NewErasures(pool)
	began, other := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), uuid.New()
	account := ending(domain.NewStream(domain.AccountFamily, story), 0, domain.AccountRegistered{Account: story})
	account.Erase = false
	mustAppend(t, log, account)
	first, second := ended(t, log, story, began.Add(time.Hour)), ended(t, log, other, began)
	mustAppend(t, log, newWrite(newScanStream(), 0, 2)) // still runs
	want := func(what string, got []uuid.UUID, err error, want ...domain.Stream) {
		t.Helper()
		ids := []uuid.UUID{}
		for _, s := range want {
			ids = append(ids, s.ID())
		}
		if err != nil || !slices.Equal(got, ids) {
			t.Errorf("%s: %v, %v, want %v", what, got, err, ids)
		}
	}
	expired := func(at time.Time, limit int) ([]uuid.UUID, error) { return due.Expired(t.Context(), at, limit) }
	got, err := expired(began, 9)
	want("too early", got, err)
	got, err = expired(began.Add(time.Second), 9)
	want("one", got, err, second)
	got, err = expired(began.Add(2*time.Hour), 9)
	want("both", got, err, second, first)
	got, err = expired(began.Add(2*time.Hour), 1)
	want("at most one", got, err, second)
	erase(t, log, second, len(conformance.Story(uuid.Nil, "https://example.com/")), domain.ForRetention)
	got, err = expired(began.Add(2*time.Hour), 9)
	want("one is erased", got, err, first)

	got, err = due.Orphans(t.Context(), domain.ScanFamily, 9)
	want("nobody is deleted", got, err)
	mustAppend(t, log, ending(account.Stream, 1, domain.AccountDeleted{Account: story}))
	got, err = due.Orphans(t.Context(), domain.ScanFamily, 9)
	want("one is deleted", got, err, first)
	got, err = due.Of(t.Context(), story, domain.ScanFamily, 9)
	want("scans of the deleted", got, err, first)
	got, err = due.Deleted(t.Context(), []uuid.UUID{other, story, uuid.Nil})
	want("of three", got, err, account.Stream)
	got, err = due.Forgetting(t.Context())
	want("to be forgotten", got, err, account.Stream)
	if err := due.Forgotten(t.Context(), story); err != nil {
		t.Error(err)
	}
	got, err = due.Forgetting(t.Context())
	want("forgotten", got, err)
	if n, err := due.ErasedOf(t.Context(), other, domain.ScanFamily); n != 1 || err != nil {
		t.Errorf("%d erased, %v", n, err)
	}
	indexed(t, pool)
}

// indexed looks that what is asked every few seconds is read from an index.
func indexed(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	for sql, index := range map[string]string{
		`SELECT stream FROM events WHERE type IN ('scan.completed', 'scan.failed', 'scan.cancelled') AND payload IS NOT NULL AND at < now() ORDER BY at LIMIT 9`: "events_ended",
		`SELECT owner FROM streams WHERE erased AND stream LIKE 'account-%' AND owner = '11111111-1111-4111-8111-111111111111'`:                                  "streams_deleted",
		`SELECT owner FROM streams WHERE NOT erased AND stream LIKE 'account-%' ORDER BY owner DESC OFFSET 20 LIMIT 20`:                                          "streams_standing_accounts",
	} {
		tx, err := pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(t.Context())
		if _, err := tx.Exec(t.Context(), "SET LOCAL enable_seqscan = off"); err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		rows, err := tx.Query(t.Context(), "EXPLAIN "+sql)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(line + "\n")
		}
		if !strings.Contains(plan.String(), index) {
			t.Errorf("%s\n%s", sql, plan.String())
		}
	}
}

// TestErasuresLead has one process at work at a time; when it is gone or has
// failed, the next one gets its turn.
func TestErasuresLead(t *testing.T) {
	url := newDatabase(t)
	one, other := NewErasures(openPool(t, url)), NewErasures(openPool(t, url))
	broken := errors.New("broken")
	for range 2 {
		err := one.Lead(t.Context(), func(ctx context.Context) error {
			if err := other.Lead(ctx, func(context.Context) error { return errors.New("two at work") }); err != nil {
				t.Error(err)
			}
			return broken
		})
		if err != broken {
			t.Errorf("%v", err)
		}
	}
	led := false
	await(t, "the lock is free", func() bool {
		if err := other.Lead(t.Context(), func(context.Context) error { led = true; return nil }); err != nil {
			t.Fatal(err)
		}
		return led
	})
}

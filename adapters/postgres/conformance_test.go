package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

func openLogs(t *testing.T) conformance.LogUnderTest {
	url := newDatabase(t)
	pool := openPool(t, url)
	return conformance.LogUnderTest{
		Log: openLog(t, pool), Twin: openLog(t, openPool(t, url)), Secrets: NewSecrets(pool),
	}
}

func TestLog(t *testing.T)     { conformance.Log(t, openLogs) }
func TestSecrets(t *testing.T) { conformance.Secrets(t, openLogs) }

func TestSessions(t *testing.T) {
	conformance.Sessions(t, func(t *testing.T) conformance.SessionsUnderTest {
		url := newDatabase(t)
		return conformance.SessionsUnderTest{Sessions: NewSessions(openPool(t, url)), Twin: NewSessions(openPool(t, url))}
	})
}

func TestUses(t *testing.T) {
	conformance.Uses(t, func(t *testing.T) conformance.UsesUnderTest {
		url := newDatabase(t)
		return conformance.UsesUnderTest{Uses: NewUses(openPool(t, url)), Twin: NewUses(openPool(t, url))}
	})
}

func TestLinearizable(t *testing.T) { conformance.Linearizable(t, openLogs) }
func TestCommands(t *testing.T)     { conformance.Commands(t, openLogs) }

func TestInbox(t *testing.T) {
	conformance.Inbox(t, func(t *testing.T) conformance.InboxUnderTest {
		pool := openPool(t, newDatabase(t))
		return conformance.InboxUnderTest{
			Inbox: NewInbox(pool),
			Expire: func(t *testing.T) {
				if _, err := pool.Exec(t.Context(), "UPDATE probes SET lease_until = now() - interval '1 s' WHERE lease_until IS NOT NULL"); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

func TestTables(t *testing.T) {
	t.Run("scans", func(t *testing.T) { conformance.Table(t, projections.Scans, openTable(projections.Scans)) })
	t.Run("findings", func(t *testing.T) { conformance.Table(t, projections.Findings, openTable(projections.Findings)) })
	t.Run("reports", func(t *testing.T) { conformance.Table(t, projections.Reports, openTable(projections.Reports)) })
	t.Run("targets", func(t *testing.T) { conformance.Table(t, projections.Targets, openTable(projections.Targets)) })
	t.Run("lookups", func(t *testing.T) { conformance.Table(t, projections.Lookups, openTable(projections.Lookups)) })
	t.Run("sightings", func(t *testing.T) { conformance.Table(t, projections.Sightings, openTable(projections.Sightings)) })
	t.Run("links", func(t *testing.T) { conformance.Table(t, projections.Links, openTable(projections.Links)) })
}

func openTable[R any](fold projections.Fold[R]) func(*testing.T) conformance.TableUnderTest[R] {
	return func(t *testing.T) conformance.TableUnderTest[R] {
		pool := openPool(t, newDatabase(t))
		table := NewTable(pool, fold)
		return conformance.TableUnderTest[R]{
			Log: openLog(t, pool), Apply: table.Apply, Rebuild: table.Rebuild,
			Tamper: func(t *testing.T) {
				building := fmt.Sprintf("%s_v%d", fold.Name, intOf(t, pool, "SELECT building FROM models WHERE model = $1", fold.Name))
				tag, err := pool.Exec(t.Context(), "UPDATE "+building+" SET account = gen_random_uuid() WHERE row_key = (SELECT min(row_key) FROM "+building+")")
				if err != nil || tag.RowsAffected() != 1 {
					t.Fatalf("%d rows, %v", tag.RowsAffected(), err)
				}
			},
			Rows: func(t *testing.T) map[string]R {
				rows, err := table.query(t.Context(), pool, fold.Name, "")
				if err != nil {
					t.Fatal(err)
				}
				return rows
			},
		}
	}
}

func TestReader(t *testing.T) {
	conformance.Reader(t, func(t *testing.T) conformance.ReaderUnderTest {
		pool := openPool(t, newDatabase(t))
		scans, findings, reports := NewTable(pool, projections.Scans), NewTable(pool, projections.Findings), NewTable(pool, projections.Reports)
		return conformance.ReaderUnderTest{
			Log: openLog(t, pool), Reader: NewReader(pool),
			Apply: func(ctx context.Context, batch []domain.Envelope) error {
				return errors.Join(scans.Apply(ctx, batch), findings.Apply(ctx, batch), reports.Apply(ctx, batch))
			},
		}
	})
}

func TestPictures(t *testing.T) {
	conformance.Pictures(t, func(t *testing.T) conformance.PicturesUnderTest {
		url := newDatabase(t)
		return conformance.PicturesUnderTest{Pictures: NewPictures(openPool(t, url)), Twin: NewPictures(openPool(t, url))}
	})
}

func TestAccounts(t *testing.T) {
	conformance.Accounts(t, func(t *testing.T) conformance.AccountsUnderTest {
		pool := openPool(t, newDatabase(t))
		return conformance.AccountsUnderTest{Log: openLog(t, pool), Reader: NewReader(pool)}
	})
}

func TestTargets(t *testing.T) {
	conformance.Targets(t, func(t *testing.T) conformance.TargetsUnderTest {
		pool := openPool(t, newDatabase(t))
		scans, targets := NewTable(pool, projections.Scans), NewTable(pool, projections.Targets)
		return conformance.TargetsUnderTest{
			Log: openLog(t, pool), Reader: NewReader(pool),
			Apply: func(ctx context.Context, batch []domain.Envelope) error {
				return errors.Join(scans.Apply(ctx, batch), targets.Apply(ctx, batch))
			},
		}
	})
}

func TestLookups(t *testing.T) {
	conformance.Lookups(t, func(t *testing.T) conformance.LookupsUnderTest {
		pool := openPool(t, newDatabase(t))
		return conformance.LookupsUnderTest{Log: openLog(t, pool), Reader: NewReader(pool), Apply: NewTable(pool, projections.Lookups).Apply}
	})
}

func TestLinks(t *testing.T) {
	conformance.Links(t, func(t *testing.T) conformance.LinksUnderTest {
		pool := openPool(t, newDatabase(t))
		return conformance.LinksUnderTest{Log: openLog(t, pool), Reader: NewReader(pool), Apply: NewTable(pool, projections.Links).Apply}
	})
}

// TestLinkUses lets eighty visit at the same moment where there is room for thirty,
// over two connections' worth of processes.
func TestLinkUses(t *testing.T) {
	url := newDatabase(t)
	uses := [2]*LinkUses{NewLinkUses(openPool(t, url)), NewLinkUses(openPool(t, url))}
	link := uuid.New()
	var let atomic.Int64
	var all sync.WaitGroup
	for i := range 80 {
		all.Go(func() {
			ok, err := uses[i%2].Take(t.Context(), link, 30)
			if err != nil {
				t.Error(err)
			}
			if ok {
				let.Add(1)
			}
		})
	}
	if all.Wait(); let.Load() != 30 {
		t.Errorf("%d were let on", let.Load())
	}
	if ok, err := uses[0].Take(t.Context(), link, 31); !ok || err != nil {
		t.Errorf("with one more to have: %v, %v", ok, err)
	}
}

func TestSchedules(t *testing.T) {
	conformance.Schedules(t, func(t *testing.T) conformance.SchedulesUnderTest {
		url := newDatabase(t)
		pool := openPool(t, url)
		return conformance.SchedulesUnderTest{
			Log: openLog(t, pool), Schedules: NewSchedules(pool), Twin: NewSchedules(openPool(t, url)), Apply: NewTable(pool, projections.Targets).Apply,
		}
	})
}

func TestSightings(t *testing.T) {
	conformance.Sightings(t, func(t *testing.T) conformance.SightingsUnderTest {
		pool := openPool(t, newDatabase(t))
		scans, sightings := NewTable(pool, projections.Scans), NewTable(pool, projections.Sightings)
		return conformance.SightingsUnderTest{
			Log: openLog(t, pool), Reader: NewReader(pool),
			Apply: func(ctx context.Context, batch []domain.Envelope) error {
				return errors.Join(scans.Apply(ctx, batch), sightings.Apply(ctx, batch))
			},
		}
	})
}

func intOf(t testing.TB, pool *pgxpool.Pool, sql string, args ...any) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// TestTurns gives them over two pools; for the time to go on, all are moved into the
// past.
func TestTurns(t *testing.T) {
	conformance.Turns(t, func(t *testing.T) conformance.TurnsUnderTest {
		url := newDatabase(t)
		pool := openPool(t, url)
		return conformance.TurnsUnderTest{Turns: NewTurns(pool), Twin: NewTurns(openPool(t, url)), Shift: func(t *testing.T, by time.Duration) {
			if _, err := pool.Exec(t.Context(), "UPDATE turns SET due = due - $1::interval, paused = paused - $1::interval", by); err != nil {
				t.Fatal(err)
			}
		}}
	})
}

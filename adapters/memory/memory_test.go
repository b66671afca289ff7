package memory_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openLog(*testing.T) conformance.LogUnderTest {
	log := memory.NewLog()
	return conformance.LogUnderTest{Log: log, Twin: log, Secrets: log}
}

func TestLog(t *testing.T)     { conformance.Log(t, openLog) }
func TestSecrets(t *testing.T) { conformance.Secrets(t, openLog) }

func TestSessions(t *testing.T) {
	conformance.Sessions(t, func(*testing.T) conformance.SessionsUnderTest {
		sessions := new(memory.Sessions)
		return conformance.SessionsUnderTest{Sessions: sessions, Twin: sessions}
	})
}

func TestUses(t *testing.T) {
	conformance.Uses(t, func(*testing.T) conformance.UsesUnderTest {
		uses := new(memory.Uses)
		return conformance.UsesUnderTest{Uses: uses, Twin: uses}
	})
}

func TestLinearizable(t *testing.T) { conformance.Linearizable(t, openLog) }
func TestCommands(t *testing.T)     { conformance.Commands(t, openLog) }

func TestInbox(t *testing.T) {
	conformance.Inbox(t, func(*testing.T) conformance.InboxUnderTest {
		var mu sync.Mutex
		now := time.Now()
		return conformance.InboxUnderTest{
			Inbox:  &memory.Inbox{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }},
			Expire: func(*testing.T) { mu.Lock(); defer mu.Unlock(); now = now.Add(24 * time.Hour) },
		}
	})
}

func TestLimits(t *testing.T) {
	conformance.Limits(t, func(*testing.T) conformance.LimitsUnderTest {
		now := time.Now()
		limits := &memory.Limits{Now: func() time.Time { return now }}
		return conformance.LimitsUnderTest{
			Limits: limits, Twin: limits, Shift: func(_ *testing.T, by time.Duration) { now = now.Add(by) },
		}
	})
}

func TestAnswers(t *testing.T) {
	conformance.Answers(t, func(*testing.T) conformance.AnswersUnderTest {
		var mu sync.Mutex
		now := time.Now()
		log := memory.NewLog()
		answers := &memory.Answers{Log: log, Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }}
		return conformance.AnswersUnderTest{
			Answers: answers, Twin: answers, Log: log,
			Shift: func(_ *testing.T, by time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(by) },
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
	return func(*testing.T) conformance.TableUnderTest[R] {
		log := memory.NewLog()
		table := memory.NewTable(log, fold)
		return conformance.TableUnderTest[R]{
			Log: log, Apply: table.Apply, Rows: func(*testing.T) map[string]R { return table.Rows() },
			Rebuild: table.Rebuild, Tamper: func(*testing.T) { table.Tamper() },
		}
	}
}

func TestReader(t *testing.T) {
	conformance.Reader(t, func(*testing.T) conformance.ReaderUnderTest {
		log := memory.NewLog()
		return conformance.ReaderUnderTest{
			Log: log, Reader: &memory.Reader{Log: log},
			Apply: func(context.Context, []domain.Envelope) error { return nil }, // it has no tables
		}
	})
}

func TestPictures(t *testing.T) {
	conformance.Pictures(t, func(*testing.T) conformance.PicturesUnderTest {
		pictures := new(memory.Pictures)
		return conformance.PicturesUnderTest{Pictures: pictures, Twin: pictures}
	})
}

func TestAccounts(t *testing.T) {
	conformance.Accounts(t, func(*testing.T) conformance.AccountsUnderTest {
		log := memory.NewLog()
		return conformance.AccountsUnderTest{Log: log, Reader: &memory.Reader{Log: log}}
	})
}

func TestTargets(t *testing.T) {
	conformance.Targets(t, func(*testing.T) conformance.TargetsUnderTest {
		log := memory.NewLog()
		return conformance.TargetsUnderTest{
			Log: log, Reader: &memory.Reader{Log: log},
			Apply: func(context.Context, []domain.Envelope) error { return nil },
		}
	})
}

func TestLookups(t *testing.T) {
	conformance.Lookups(t, func(*testing.T) conformance.LookupsUnderTest {
		log := memory.NewLog()
		return conformance.LookupsUnderTest{
			Log: log, Reader: &memory.Reader{Log: log},
			Apply: func(context.Context, []domain.Envelope) error { return nil },
		}
	})
}

func TestLinks(t *testing.T) {
	conformance.Links(t, func(*testing.T) conformance.LinksUnderTest {
		log := memory.NewLog()
		return conformance.LinksUnderTest{
			Log: log, Reader: &memory.Reader{Log: log},
			Apply: func(context.Context, []domain.Envelope) error { return nil },
		}
	})
}

func TestSchedules(t *testing.T) {
	conformance.Schedules(t, func(*testing.T) conformance.SchedulesUnderTest {
		log := memory.NewLog()
		schedules := &memory.Schedules{Log: log}
		return conformance.SchedulesUnderTest{
			Log: log, Schedules: schedules, Twin: schedules, Apply: func(context.Context, []domain.Envelope) error { return nil },
		}
	})
}

func TestSightings(t *testing.T) {
	conformance.Sightings(t, func(*testing.T) conformance.SightingsUnderTest {
		log := memory.NewLog()
		return conformance.SightingsUnderTest{
			Log: log, Reader: &memory.Reader{Log: log},
			Apply: func(context.Context, []domain.Envelope) error { return nil },
		}
	})
}

func TestSink(t *testing.T) {
	conformance.Sink(t, func(*testing.T) conformance.SinkUnderTest {
		sink := new(memory.Sink)
		return conformance.SinkUnderTest{Insert: sink.Insert, Count: func(*testing.T) int { return sink.Count() }}
	})
}

func TestBus(t *testing.T) {
	conformance.Bus(t, func(*testing.T) conformance.Broker {
		bus := memory.NewBus()
		return conformance.Broker{Publisher: bus, Consume: bus.Consume, NewTopic: func(t *testing.T) string { return t.Name() }}
	})
}

func TestClicks(t *testing.T) {
	conformance.Clicks(t, func(*testing.T) conformance.ClicksUnderTest {
		clicks := new(memory.Clicks)
		return conformance.ClicksUnderTest{Reader: clicks, Store: func(_ context.Context, visits []domain.Envelope) error {
			clicks.Store(visits...)
			return nil
		}}
	})
}

func TestUsage(t *testing.T) {
	usage := new(memory.Usage)
	conformance.Usage(t, conformance.UsageUnderTest{Reader: usage, Store: func(_ context.Context, calls []domain.Envelope) error {
		usage.Store(calls...)
		return nil
	}})
}

func TestSpeedTests(t *testing.T) {
	conformance.SpeedTests(t, func(*testing.T) conformance.SpeedTestsUnderTest {
		tests := new(memory.SpeedTests)
		return conformance.SpeedTestsUnderTest{Reader: tests, Count: func(_ context.Context, events ...domain.Envelope) (err error) {
			for _, e := range events {
				err = errors.Join(err, tests.Emit(e))
			}
			return err
		}}
	})
}

func TestTurns(t *testing.T) {
	conformance.Turns(t, func(*testing.T) conformance.TurnsUnderTest {
		now := time.Date(2026, 4, 3, 12, 0, 0, 0, time.UTC)
		turns := &memory.Turns{Now: func() time.Time { return now }}
		return conformance.TurnsUnderTest{Turns: turns, Twin: turns, Shift: func(_ *testing.T, by time.Duration) { now = now.Add(by) }}
	})
}

// Package audit looks whether the whole system holds what it promises: one file for
// each of the invariants, which are named in the domain.
package audit

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/domain"
)

// System is what is looked at.
type System struct {
	Pool      *pgxpool.Pool
	Broker    kafka.Broker
	Analytics func() (*clickhouse.DB, error) // its error says why there is none
	Now       func() time.Time
	Log       *slog.Logger
}

// Options say what to look at.
type Options struct {
	Journal  []postgres.Acknowledgement
	Since    time.Duration // 0 for everything
	Grace    time.Duration // for how long something may be on its way; 0 for a minute
	Patience time.Duration // for how long to wait for who is late; 0 for ten seconds
}

// audit is one look at the whole system.
type audit struct {
	System
	Options
	auditor *postgres.Auditor
	reader  *kafka.Reader
	noKafka error // why there is no reader
	counted *clickhouse.DB
	noCount error // why there is none
	poison  []deadletters.Place
}

// connectTime is how long Kafka may take to answer before it is away.
const connectTime = 15 * time.Second

// Look looks at all invariants, in an order in which each may rely on those
// before it. Its error is the end of ctx: what cannot be looked at is said so
// in the answer. It changes nothing.
func (s System) Look(ctx context.Context, o Options) (*domain.Audit, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &audit{System: s, Options: o, auditor: postgres.NewAuditor(s.Pool)}
	a.auditor.Grace, a.Patience = cmp.Or(o.Grace, a.auditor.Grace), cmp.Or(o.Patience, patience)
	defer a.open(ctx)()
	answer := &domain.Audit{}
	for _, name := range domain.Invariants {
		i := domain.NewInvariant(name)
		if err := a.looks()[name](ctx, i); err != nil {
			i.NotChecked = err.Error()
		}
		answer.Invariants = append(answer.Invariants, i)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	answer.Close()
	return answer, nil
}

// looks has how each invariant is looked at.
func (a *audit) looks() map[string]func(context.Context, *domain.Invariant) error {
	return map[string]func(context.Context, *domain.Invariant) error{
		domain.VersionsInvariant:     a.versions,
		domain.AcknowledgedInvariant: a.acknowledged,
		domain.KafkaInvariant:        a.onKafka,
		domain.ReadModelsInvariant:   a.readModels,
		domain.ClickHouseInvariant:   a.onClickHouse,
		domain.CreditsInvariant:      a.auditor.Credits,
		domain.UnfinishedInvariant:   a.unfinished,
		domain.DeadLettersInvariant:  a.deadLetters,
	}
}

// open connects to what may be away, and returns what closes it.
func (a *audit) open(ctx context.Context) func() {
	connecting, cancel := context.WithTimeout(ctx, connectTime)
	if a.noKafka = kafka.Ping(connecting, a.Broker); a.noKafka == nil {
		a.reader, a.noKafka = kafka.OpenReader(ctx, a.Broker)
	}
	cancel()
	if a.noKafka != nil {
		a.noKafka = fmt.Errorf("kafka is away: %w", a.noKafka)
	}
	if a.counted, a.noCount = a.Analytics(); a.noCount == nil {
		a.noCount = a.counted.Ping(ctx)
	}
	return func() {
		if a.reader != nil {
			a.reader.Close()
		}
		if a.counted != nil {
			a.counted.Close()
		}
	}
}

// versions looks at the log itself.
func (a *audit) versions(ctx context.Context, i *domain.Invariant) (err error) {
	if a.auditor.After, err = a.auditor.Since(ctx, a.Since); err != nil {
		return err
	}
	return a.auditor.Versions(ctx, i)
}

// acknowledged looks at what is kept of commands, and at those of the journal.
func (a *audit) acknowledged(ctx context.Context, i *domain.Invariant) error {
	if err := a.auditor.Acknowledged(ctx, i); err != nil {
		return err
	}
	for acks := range slices.Chunk(a.Journal, 1000) {
		if err := a.auditor.Journal(ctx, acks, i); err != nil {
			return err
		}
	}
	return nil
}

package models

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Rebuilder makes read models again.
type Rebuilder struct {
	Pool      *pgxpool.Pool
	Broker    kafka.Broker
	Analytics func() (*clickhouse.DB, error) // its error says why there is none
}

// Rebuild makes one again, from "log" or "kafka"; one whose events bypass the log
// from Kafka in any case. A name that is none of Names is domain.NotFound.
func (b Rebuilder) Rebuild(ctx context.Context, name, from string, how projections.Rebuilding) (projections.Rebuilt, error) {
	for _, t := range Tables(b.Pool) {
		if t.Name() == name {
			return b.remake(ctx, t, from, how)
		}
	}
	for _, m := range AllCounted {
		if m.Rows.Name == name {
			return b.recount(ctx, m, how)
		}
	}
	return projections.Rebuilt{}, domain.Errorf(domain.NotFound, "there is no read model %s", name)
}

// remake makes a read model in Postgres again.
func (b Rebuilder) remake(ctx context.Context, t Table, from string, how projections.Rebuilding) (done projections.Rebuilt, err error) {
	if from != "kafka" {
		return t.Rebuild(ctx, how)
	}
	err = kafka.Reading(ctx, b.Broker, func(r *kafka.Reader) error {
		how.Topic = &logged{reading: reading{r, ByFamily[t.Family()].Topic}}
		done, err = t.Rebuild(ctx, how)
		return err
	})
	return done, err
}

// recount makes a read model in ClickHouse again.
func (b Rebuilder) recount(ctx context.Context, m Counted, how projections.Rebuilding) (done projections.Rebuilt, err error) {
	db, err := b.Analytics()
	if err != nil {
		return done, err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return done, err
	}
	unlock, err := postgres.Alone(ctx, b.Pool, m.Rows.Name)
	if err != nil {
		return done, err
	}
	defer unlock()
	err = kafka.Reading(ctx, b.Broker, func(r *kafka.Reader) error {
		topic := &bypassing{reading{r, m.Group.Topic}, m.Rows, postgres.NewErasures(b.Pool)}
		done, err = db.Rebuild(ctx, m.Rows.Name, Columns(m.Rows), topic, how)
		if err == nil && m.Rows.Name == projections.Clicks.Name {
			err = db.CountAllDays(ctx, how.Rest)
		}
		return err
	})
	return done, err
}

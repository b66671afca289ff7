package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// analytics opens ClickHouse, embedded or by its URL. It connects when it is
// first used. The error says why there is none.
func (e *engines) analytics() (*clickhouse.DB, error) {
	switch {
	case e.clickhouse != nil:
		return clickhouse.Open(clickhouse.Options{Transport: e.clickhouse})
	case e.ClickHouse.URL != "":
		return clickhouse.Open(clickhouse.Options{URL: e.ClickHouse.URL})
	case e.missing != nil:
		return nil, e.missing
	default:
		return nil, errors.New("there is no ClickHouse: set SCANLEDGER_CLICKHOUSE_URL")
	}
}

// count keeps the tables in ClickHouse. While it is away, events wait in Kafka.
func (p *platform) count(ctx context.Context, broker kafka.Broker, publisher *kafka.Publisher) error {
	db, err := p.engines.analytics()
	if err != nil {
		p.log.Warn("nothing is counted", "reason", err)
		return nil
	}
	defer db.Close()
	if err := p.migrateAnalytics(ctx, db); err != nil {
		return quiet(err)
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		return p.every(ctx, eraseEvery, "ClickHouse does not forget", func(ctx context.Context) error {
			_, err := p.forget(ctx, db)
			return err
		})
	})
	for _, m := range countedModels {
		work.Go(func() error {
			group := kafka.Group{Name: m.group.name, Topics: []string{m.group.topic}, MaxBatch: 10_000, MaxWait: 500 * time.Millisecond}
			return kafka.ConsumeRecords(ctx, broker, group, p.readable(publisher, func(ctx context.Context, batch []domain.Envelope, from []kafka.Record) error {
				return p.insert(ctx, db, m.rows, batch, from)
			}))
		})
	}
	return work.Wait()
}

// insert puts a batch's events into their read model, but for those of deleted
// accounts. An account may be deleted while it is at it, or may have been when
// the batch came for the first time: so it looks again at the end.
func (p *platform) insert(ctx context.Context, db *clickhouse.DB, r projections.Rows, batch []domain.Envelope, from []kafka.Record) error {
	due, accounts := postgres.NewErasures(p.pool), accountsOf(r, batch)
	deleted, err := due.Deleted(ctx, accounts)
	if err != nil {
		return err
	}
	token, rows := rowsOf(r, batch, from, deleted)
	if len(rows) > 0 {
		if err := db.Store(ctx, r.Name, countedColumns(r), token, rows); err != nil {
			return err
		}
	}
	if deleted, err = due.Deleted(ctx, accounts); err == nil {
		_, err = db.Erase(ctx, deleted...)
	}
	return err
}

// accountsOf are the accounts whose events are in a batch.
func accountsOf(r projections.Rows, batch []domain.Envelope) []uuid.UUID {
	seen := map[uuid.UUID]bool{uuid.Nil: true}
	accounts := []uuid.UUID{}
	for _, e := range batch {
		if account := r.Account(e); !seen[account] {
			seen[account] = true
			accounts = append(accounts, account)
		}
	}
	return accounts
}

// countedColumns are those of the table: the event's, and where it was read.
func countedColumns(r projections.Rows) []string {
	return append(slices.Clone(r.Columns), "topic", "partition", "offset")
}

// migrateAnalytics brings the tables up to date, as soon as ClickHouse is there.
func (p *platform) migrateAnalytics(ctx context.Context, db *clickhouse.DB) error {
	for {
		err := db.Migrate(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		p.log.Warn("ClickHouse is not ready; events wait in Kafka", "error", err)
		select {
		case <-time.After(5 * time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rowsOf puts a batch's events into rows, each with where it was read, and
// with a token by which ClickHouse knows a batch that is sent again. Of deleted
// accounts there are none.
func rowsOf(r projections.Rows, batch []domain.Envelope, from []kafka.Record, deleted []uuid.UUID) (token string, rows [][]any) {
	ids := sha256.New()
	for i, e := range batch {
		if e.Event.Kind() != r.Kind || slices.Contains(deleted, r.Account(e)) {
			continue
		}
		ids.Write(e.ID[:])
		rows = append(rows, append(r.Values(e), from[i].Topic(), from[i].Partition(), from[i].Offset()))
	}
	first, last := from[0], from[len(from)-1]
	return fmt.Sprintf("%s/%d/%d-%d/%s", first.Topic(), first.Partition(), first.Offset(), last.Offset(), hex.EncodeToString(ids.Sum(nil))), rows
}

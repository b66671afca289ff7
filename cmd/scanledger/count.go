package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
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
	group := kafka.Group{Name: "scanledger.count", Topics: []string{stream.Requests}, MaxBatch: 10_000, MaxWait: 500 * time.Millisecond}
	return kafka.ConsumeRecords(ctx, broker, group, p.readable(publisher, func(ctx context.Context, batch []domain.Envelope, from []kafka.Record) error {
		token, rows := rowsOf(projections.Requests, batch, from)
		if len(rows) == 0 {
			return nil
		}
		return db.Store(ctx, projections.Requests.Name, columnsOf(projections.Requests), token, rows)
	}))
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
// with a token by which ClickHouse knows a batch that is sent again.
func rowsOf(r projections.Rows, batch []domain.Envelope, from []kafka.Record) (token string, rows [][]any) {
	ids := sha256.New()
	for i, e := range batch {
		if e.Event.Kind() != r.Kind {
			continue
		}
		ids.Write(e.ID[:])
		rows = append(rows, append(r.Values(e), from[i].Topic(), from[i].Partition(), from[i].Offset()))
	}
	first, last := from[0], from[len(from)-1]
	return fmt.Sprintf("%s/%d/%d-%d/%s", first.Topic(), first.Partition(), first.Offset(), last.Offset(), hex.EncodeToString(ids.Sum(nil))), rows
}

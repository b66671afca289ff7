package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

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
	return kafka.Consume(ctx, broker, group, p.readable(publisher, func(ctx context.Context, batch []domain.Envelope, from []*message.Message) error {
		token, rows := rowsOf(projections.Requests, batch, from)
		if len(rows) == 0 {
			return nil
		}
		columns := append(append([]string{}, projections.Requests.Columns...), "topic", "partition", "offset")
		return db.Insert(ctx, projections.Requests.Name+"_v1", columns, token, rows)
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
func rowsOf(r projections.Rows, batch []domain.Envelope, from []*message.Message) (token string, rows [][]any) {
	ids := sha256.New()
	for i, e := range batch {
		if e.Event.Kind() != r.Kind {
			continue
		}
		ids.Write(e.ID[:])
		m := from[i].Metadata
		rows = append(rows, append(r.Values(e), m["_topic"], int32(number64(m["_partition"])), number64(m["_offset"])))
	}
	first, last := from[0].Metadata, from[len(from)-1].Metadata
	return fmt.Sprintf("%s/%s/%s-%s/%s", first["_topic"], first["_partition"], first["_offset"], last["_offset"],
		hex.EncodeToString(ids.Sum(nil))), rows
}

// number64 reads what the Kafka adapter has written; what it has not is 0.
func number64(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

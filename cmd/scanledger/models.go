package main

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// table is a read model in Postgres.
type table interface {
	Name() string
	Apply(ctx context.Context, batch []domain.Envelope) error
	Rebuild(ctx context.Context, how projections.Rebuilding) (projections.Rebuilt, error)
}

// tables are the read models in Postgres, all of the scans' events.
func tables(pool *pgxpool.Pool) []table {
	return []table{
		postgres.NewTable(pool, projections.Scans),
		postgres.NewTable(pool, projections.Findings),
		postgres.NewTable(pool, projections.Reports),
	}
}

// counted are the read models in ClickHouse, of events that bypass the log.
var counted = []projections.Rows{projections.Requests}

// columnsOf are a counted model's columns, with where a row was read.
func columnsOf(r projections.Rows) []string {
	return append(append([]string{}, r.Columns...), "topic", "partition", "offset")
}

// modelNames are all read models.
func modelNames() (names []string) {
	for _, t := range tables(nil) {
		names = append(names, t.Name())
	}
	for _, r := range counted {
		names = append(names, r.Name)
	}
	return names
}

func bypassesLog(name string) bool {
	for _, r := range counted {
		if r.Name == name {
			return true
		}
	}
	return false
}

// rebuild makes a read model again from the log or from Kafka.
func (p *platform) rebuild(ctx context.Context, name, from string, how projections.Rebuilding) (projections.Rebuilt, error) {
	broker := kafka.Broker{Addrs: p.engines.Kafka.Brokers, Log: p.log}
	for _, t := range tables(p.pool) {
		if t.Name() != name {
			continue
		}
		if from == "kafka" {
			how.Topic = &logged{broker: broker, topic: stream.Scans}
		}
		return t.Rebuild(ctx, how)
	}
	for _, r := range counted {
		if r.Name == name {
			return p.recount(ctx, broker, r, how)
		}
	}
	return projections.Rebuilt{}, domain.Errorf(domain.NotFound, "there is no read model %s", name)
}

// recount makes a read model in ClickHouse again.
func (p *platform) recount(ctx context.Context, broker kafka.Broker, r projections.Rows, how projections.Rebuilding) (projections.Rebuilt, error) {
	db, err := p.engines.analytics()
	if err != nil {
		return projections.Rebuilt{}, err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return projections.Rebuilt{}, err
	}
	unlock, err := postgres.Alone(ctx, p.pool, r.Name)
	if err != nil {
		return projections.Rebuilt{}, err
	}
	defer unlock()
	return db.Rebuild(ctx, r.Name, columnsOf(r), &bypassing{broker, stream.TopicOf(r.Kind, ""), r}, how)
}

// logged is a topic with events of the log.
type logged struct {
	broker kafka.Broker
	topic  string
	one    sync.Mutex // partitions are read side by side, and taken one at a time
}

// loggedBatch and countedBatch are how many records are taken at one time.
const (
	loggedBatch  = 2_000
	countedBatch = 100_000
)

// Extent implements projections.Topic.
func (l *logged) Extent(ctx context.Context) (first, next map[int32]int64, err error) {
	return kafka.Extent(ctx, l.broker, l.topic)
}

// Read implements projections.Topic.
func (l *logged) Read(ctx context.Context, from, to map[int32]int64, see func(context.Context, int32, int64, []domain.Envelope) error) error {
	return kafka.Read(ctx, l.broker, l.topic, from, to, loggedBatch, func(ctx context.Context, batch []kafka.Record) error {
		events, _ := readableOf(batch)
		l.one.Lock()
		defer l.one.Unlock()
		return see(ctx, batch[0].Partition(), batch[len(batch)-1].Offset()+1, events)
	})
}

// readableOf is what can be read of a batch. The rest is among the dead letters.
func readableOf(batch []kafka.Record) (events []domain.Envelope, records []kafka.Record) {
	for _, r := range batch {
		if e, err := stream.DecodeRecord(r.Header, r.Value()); err == nil {
			events, records = append(events, e), append(records, r)
		}
	}
	return events, records
}

// bypassing is a topic with events that bypass the log.
type bypassing struct {
	broker kafka.Broker
	topic  string
	rows   projections.Rows
}

// Extent implements clickhouse.Topic.
func (b *bypassing) Extent(ctx context.Context) (first, next map[int32]int64, err error) {
	return kafka.Extent(ctx, b.broker, b.topic)
}

// Read implements clickhouse.Topic.
func (b *bypassing) Read(ctx context.Context, from, to map[int32]int64, see func(context.Context, int32, int64, []clickhouse.Row) error) error {
	return kafka.Read(ctx, b.broker, b.topic, from, to, countedBatch, func(ctx context.Context, batch []kafka.Record) error {
		var rows []clickhouse.Row
		if events, records := readableOf(batch); len(events) > 0 {
			_, rows = rowsOf(b.rows, events, records)
		}
		return see(ctx, batch[0].Partition(), batch[len(batch)-1].Offset()+1, rows)
	})
}

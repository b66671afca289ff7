package models

import (
	"context"
	"fmt"
	"sync"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// reading is a topic that is read from outside of its group.
type reading struct {
	reader *kafka.Reader
	topic  string
}

// Extent implements projections.Topic and clickhouse.Topic.
func (r *reading) Extent(context.Context) (first, next map[int32]int64, err error) {
	first, next = map[int32]int64{}, map[int32]int64{}
	spans, err := r.reader.Spans(r.topic)
	for p, s := range spans {
		first[p], next[p] = s.Oldest, s.End
	}
	if err == nil && len(spans) == 0 {
		err = fmt.Errorf("there is no topic %s", r.topic)
	}
	return first, next, err
}

// read hands over what lies from one offset up to another.
func (r *reading) read(ctx context.Context, from, to map[int32]int64, size int, handle kafka.Handle) error {
	spans := map[int32]kafka.Span{}
	for p, end := range to {
		spans[p] = kafka.Span{Oldest: from[p], End: end}
	}
	return r.reader.ReadAll(ctx, r.topic, spans, size, handle)
}

// logged is a topic with events of the log.
type logged struct {
	reading
	one sync.Mutex // partitions are read side by side, and taken one at a time
}

// remadeBatch and recountedBatch are how many records are taken at one time.
const (
	remadeBatch    = 2_000
	recountedBatch = 100_000
)

// Read implements projections.Topic.
func (l *logged) Read(ctx context.Context, from, to map[int32]int64, see func(context.Context, int32, int64, []domain.Envelope) error) error {
	return l.read(ctx, from, to, remadeBatch, func(ctx context.Context, batch []kafka.Record) error {
		events, _ := deadletters.Readable(batch, deadletters.IgnoreUnreadable)
		l.one.Lock()
		defer l.one.Unlock()
		return see(ctx, batch[0].Partition(), batch[len(batch)-1].Offset()+1, events)
	})
}

// bypassing is a topic with events that bypass the log.
type bypassing struct {
	reading
	rows projections.Rows
	*postgres.Erasures
}

// Read implements clickhouse.Topic.
func (b *bypassing) Read(ctx context.Context, from, to map[int32]int64, see func(context.Context, int32, int64, []clickhouse.Row) error) error {
	return b.read(ctx, from, to, recountedBatch, func(ctx context.Context, batch []kafka.Record) error {
		var rows []clickhouse.Row
		if events, records := deadletters.Readable(batch, deadletters.IgnoreUnreadable); len(events) > 0 {
			deleted, err := b.Deleted(ctx, Accounts(b.rows, events))
			if err != nil {
				return err
			}
			_, rows = Rows(b.rows, events, records, deleted)
		}
		return see(ctx, batch[0].Partition(), batch[len(batch)-1].Offset()+1, rows)
	})
}

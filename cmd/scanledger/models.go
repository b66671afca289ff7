package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// table is a read model in Postgres.
type table interface {
	postgres.Model
	Family() string
	Rebuild(ctx context.Context, how projections.Rebuilding) (projections.Rebuilt, error)
	DropAbandoned(ctx context.Context, idle time.Duration) error
}

// tables are the read models in Postgres.
func tables(pool *pgxpool.Pool) []table {
	return []table{
		postgres.NewTable(pool, projections.Scans),
		postgres.NewTable(pool, projections.Findings),
		postgres.NewTable(pool, projections.Reports),
		postgres.NewTable(pool, projections.Targets),
		postgres.NewTable(pool, projections.Sightings),
		postgres.NewTable(pool, projections.Links),
		postgres.NewTable(pool, projections.Lookups),
	}
}

// modelGroups fill them, by the family of the streams that they are made of.
var modelGroups = map[string]group{
	domain.ScanFamily: projectGroup, domain.TargetFamily: targetGroup, domain.LinkFamily: linkGroup, domain.LookupFamily: lookupGroup,
}

// models are tables, whatever is done with them.
func models(tables []table) (list []postgres.Model) {
	for _, t := range tables {
		list = append(list, t)
	}
	return list
}

// countedModel is a read model in ClickHouse, of events that bypass the log,
// with the group that fills it.
type countedModel struct {
	rows  projections.Rows
	group group
}

// countedModels are all of them.
var countedModels = []countedModel{{projections.Requests, countGroup}, {projections.Clicks, clickGroup}, {projections.SpeedTests, speedGroup}}

// modelNames are all read models.
func modelNames() (names []string) {
	for _, t := range tables(nil) {
		names = append(names, t.Name())
	}
	for _, m := range countedModels {
		names = append(names, m.rows.Name)
	}
	return names
}

func bypassesLog(name string) bool {
	return slices.ContainsFunc(countedModels, func(m countedModel) bool { return m.rows.Name == name })
}

// rebuild makes a read model again from the log or from Kafka.
func (p *platform) rebuild(ctx context.Context, name, from string, how projections.Rebuilding) (projections.Rebuilt, error) {
	for _, t := range tables(p.pool) {
		if t.Name() == name {
			return p.remake(ctx, t, from, how)
		}
	}
	for _, m := range countedModels {
		if m.rows.Name == name {
			return p.recount(ctx, m, how)
		}
	}
	return projections.Rebuilt{}, domain.Errorf(domain.NotFound, "there is no read model %s", name)
}

// remake makes a read model in Postgres again.
func (p *platform) remake(ctx context.Context, t table, from string, how projections.Rebuilding) (done projections.Rebuilt, err error) {
	if from != "kafka" {
		return t.Rebuild(ctx, how)
	}
	err = p.onKafka(ctx, func(r *kafka.Reader) error {
		how.Topic = &logged{reading: reading{r, modelGroups[t.Family()].topic}}
		done, err = t.Rebuild(ctx, how)
		return err
	})
	return done, err
}

// recount makes a read model in ClickHouse again.
func (p *platform) recount(ctx context.Context, m countedModel, how projections.Rebuilding) (done projections.Rebuilt, err error) {
	db, err := p.engines.analytics()
	if err != nil {
		return done, err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return done, err
	}
	unlock, err := postgres.Alone(ctx, p.pool, m.rows.Name)
	if err != nil {
		return done, err
	}
	defer unlock()
	err = p.onKafka(ctx, func(r *kafka.Reader) error {
		topic := &bypassing{reading{r, m.group.topic}, m.rows, postgres.NewErasures(p.pool)}
		done, err = db.Rebuild(ctx, m.rows.Name, countedColumns(m.rows), topic, how)
		if err == nil && m.rows.Name == projections.Clicks.Name {
			err = db.CountAllDays(ctx, how.Rest)
		}
		return err
	})
	return done, err
}

// onKafka opens a reader for a while.
func (p *platform) onKafka(ctx context.Context, do func(*kafka.Reader) error) error {
	r, err := kafka.OpenReader(ctx, kafka.Broker{Addrs: p.engines.Kafka.Brokers, Log: p.log})
	if err != nil {
		return err
	}
	return errors.Join(do(r), r.Close())
}

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
		events, _ := readableOf(batch, ignoreUnreadable)
		l.one.Lock()
		defer l.one.Unlock()
		return see(ctx, batch[0].Partition(), batch[len(batch)-1].Offset()+1, events)
	})
}

// ignoreUnreadable passes by what cannot be read: it is among the dead letters.
func ignoreUnreadable(kafka.Record, error) {}

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
		if events, records := readableOf(batch, ignoreUnreadable); len(events) > 0 {
			deleted, err := b.Deleted(ctx, accountsOf(b.rows, events))
			if err != nil {
				return err
			}
			_, rows = rowsOf(b.rows, events, records, deleted)
		}
		return see(ctx, batch[0].Partition(), batch[len(batch)-1].Offset()+1, rows)
	})
}

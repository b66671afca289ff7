package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/cmd/scanledger/counting"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/cmd/scanledger/erasing"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/domain"
)

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
			_, err := erasing.Forget(ctx, p.pool, db)
			return err
		})
	})
	counter := counting.Counter{DB: db, Pool: p.pool, Broker: broker, Now: now}
	consumer := deadletters.Consumer{Publisher: publisher, Log: p.log}
	for _, m := range models.AllCounted {
		work.Go(func() error {
			group := kafka.Group{Name: m.Group.Name, Topics: []string{m.Group.Topic}, MaxBatch: 10_000, MaxWait: 500 * time.Millisecond}
			return kafka.ConsumeRecords(ctx, broker, group, consumer.Handle(func(ctx context.Context, batch []domain.Envelope, from []kafka.Record) error {
				return counter.Take(ctx, m.Rows, batch, from)
			}))
		})
	}
	work.Go(func() error {
		return p.every(ctx, counting.DueEvery, "links with very many clicks are not counted", counter.Due)
	})
	work.Go(func() error {
		return p.every(ctx, counting.LookEvery, "nobody knows up to when clicks are counted", counter.Until)
	})
	return work.Wait()
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/cron"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/cmd/scanledger/groups"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/domain"
)

// broker is the Kafka that this process talks to.
func (p *platform) broker() kafka.Broker {
	return kafka.Broker{Addrs: p.engines.Kafka.Brokers, Log: p.log}
}

// relay publishes the log.
func (p *platform) relay(publisher *kafka.Publisher) *postgres.Relay {
	return &postgres.Relay{Pool: p.pool, Wake: p.events.Appended, Log: p.log, Publish: func(ctx context.Context, events []domain.Stored) error {
		byTopic := map[string][]*message.Message{}
		for _, s := range events {
			m, err := stream.EncodeStored(s)
			if err != nil {
				return err
			}
			topic := stream.TopicOf(s.Type, s.Stream)
			byTopic[topic] = append(byTopic[topic], m)
		}
		sends, ctx := errgroup.WithContext(ctx)
		for topic, messages := range byTopic {
			sends.Go(func() error { return publisher.Send(ctx, topic, messages...) })
		}
		return namingLargest(sends.Wait(), events)
	}}
}

// namingLargest has an error about a message that no broker takes say which event that
// is, and how it goes. The log takes no such event today; one of a version that did
// holds up all that come behind it.
func namingLargest(err error, events []domain.Stored) error {
	if !errors.Is(err, kafka.ErrTooLarge) {
		return err
	}
	large := slices.MaxFunc(events, func(a, b domain.Stored) int { return cmp.Compare(len(a.Payload), len(b.Payload)) })
	return fmt.Errorf("%w: it is %s, version %d of %s, and nothing is published until that is erased, for its age (SCAN_RETENTION) or with its account (admin delete-user)", err, large.Type, large.Version, large.Stream)
}

// project keeps the read models in Postgres.
func (p *platform) project(ctx context.Context, broker kafka.Broker, publisher *kafka.Publisher) error {
	filling, ctx := errgroup.WithContext(ctx)
	for family, g := range models.ByFamily {
		projector := postgres.NewProjector(p.pool, models.Of(slices.DeleteFunc(models.Tables(p.pool), func(t models.Table) bool { return t.Family() != family })))
		group := kafka.Group{Name: g.Name, Topics: []string{g.Topic}, MaxWait: -1} // what comes meanwhile waits for its turn together
		filling.Go(func() error {
			return kafka.ConsumeRecords(ctx, broker, group, deadletters.Consumer{Publisher: publisher, Log: p.log}.Handle(func(ctx context.Context, batch []domain.Envelope, _ []kafka.Record) error {
				return projector.Apply(ctx, batch)
			}))
		})
	}
	return filling.Wait()
}

// probe runs the probes that wait in the inbox.
func (p *platform) probe(ctx context.Context, wake <-chan struct{}) error {
	limit, err := p.config.probeLimit()
	if err != nil {
		return err
	}
	worker := &scanners.Worker{
		Name: workerName(), Desk: p.desk, Scanners: p.tools.Scanners, Guard: p.guard, Keep: postgres.NewEvidence(p.pool).Keep,
		Log: p.log, Slots: probeSlots, Wake: wake, Limit: limit,
	}
	return quiet(worker.Run(ctx))
}

// probeSlots is how many probes a process runs at one time: most of them wait
// for the network.
const probeSlots = 16

// schedule asks for the scans that are due by their targets' schedules.
func (p *platform) schedule(ctx context.Context) error {
	s := &cron.Scheduler{
		Name: workerName(), Schedules: postgres.NewSchedules(p.pool), Run: p.desk.RunSchedule, Plan: p.desk.PlanFrequency, Now: now, After: time.After, Log: p.log,
	}
	return s.Serve(ctx)
}

// enqueue puts the probes of new scans into the inbox and takes those of
// cancelled and erased ones out.
func (p *platform) enqueue(ctx context.Context, broker kafka.Broker, publisher *kafka.Publisher, wake chan<- struct{}) error {
	router, err := stream.NewRouter(publisher, p.log)
	if err != nil {
		return err
	}
	subscriber := kafka.NewSubscriber(broker, kafka.Group{Name: groups.Probes.Name})
	defer subscriber.Close()
	router.Handle("inbox", groups.Probes.Topic, subscriber, func(ctx context.Context, e domain.Envelope) error {
		switch event := e.Event.(type) {
		case domain.ScanRequested:
			if err := p.desk.Inbox.Enqueue(ctx, event, e.ID.String()); err != nil {
				return deadletters.OrHopeless(err)
			}
			select {
			case wake <- struct{}{}:
			default:
			}
			return nil
		case domain.ScanCancelled, domain.ScanErased:
			return p.desk.Inbox.Drop(ctx, e.Stream.ID())
		default:
			return nil
		}
	})
	return router.Run(ctx)
}

package main

import (
	"context"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/cmd/scanledger/groups"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// compare notes of each scan that ends what it found beside the one before of its
// target. A message that comes again has no effect, and what it is of and the log
// does not have is nobody's scan.
func (p *platform) compare(ctx context.Context, broker kafka.Broker, publisher *kafka.Publisher) error {
	router, err := stream.NewRouter(publisher, p.log)
	if err != nil {
		return err
	}
	subscriber := kafka.NewSubscriber(broker, kafka.Group{Name: groups.Compare.Name})
	defer subscriber.Close()
	router.Handle("compare", groups.Compare.Topic, subscriber, func(ctx context.Context, e domain.Envelope) error {
		if !domain.Closes(e.Event) {
			return nil
		}
		by := commands.Caller{Worker: comparer, Request: e.ID.String()}
		err := p.desk.CompareScan(ctx, commands.CompareScan{By: by, Scan: e.Stream.ID()})
		if domain.CodeOf(err) == domain.NotFound {
			return nil
		}
		return deadletters.OrHopeless(err)
	})
	return router.Run(ctx)
}

// comparer is the worker's name in comparisons.
const comparer = "compare"

package counting

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/groups"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

const (
	// DueEvery is how often days that are not made anew for each click have their turn.
	DueEvery = time.Second
	// LookEvery is how often it is looked whether all clicks are counted.
	LookEvery = 2 * time.Second
)

// days makes anew what links have come to on the days of clicks that are
// stored now.
func (c Counter) days(ctx context.Context, batch []domain.Envelope) error {
	if err := c.DB.CountDays(ctx, clickhouse.DaysOf(batch)); err != nil {
		return err
	}
	return c.forget(ctx, models.Accounts(projections.Clicks, batch))
}

// forget erases what was made of accounts that were deleted meanwhile.
func (c Counter) forget(ctx context.Context, accounts []uuid.UUID) error {
	deleted, err := postgres.NewErasures(c.Pool).Deleted(ctx, accounts)
	if err == nil {
		_, err = c.DB.Erase(ctx, deleted...)
	}
	return err
}

// Due makes the days anew whose turn it is.
func (c Counter) Due(ctx context.Context) error {
	done, err := c.DB.CountDue(ctx)
	if err == nil && done.Made > 0 {
		err = c.forget(ctx, done.Accounts)
	}
	return err
}

// Until notes up to when all clicks are counted, for as long as the broker
// answers.
func (c Counter) Until(ctx context.Context) error {
	return kafka.Reading(ctx, c.Broker, func(r *kafka.Reader) error {
		for {
			at := c.Now()
			ends, err := r.Spans(groups.Clicks.Topic)
			if err != nil {
				return err
			}
			taken, err := r.Group(groups.Clicks.Name, groups.Clicks.Topic)
			if err != nil {
				return err
			}
			if len(ends) > 0 && taken.Passed(ends) {
				if err := c.DB.CountedUntil(ctx, projections.Clicks.Name, at); err != nil {
					return err
				}
			}
			select {
			case <-time.After(LookEvery):
			case <-ctx.Done():
				return nil
			}
		}
	})
}

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

const (
	// dueEvery is how often days that are not made anew for each click have their turn.
	dueEvery = time.Second
	// lookEvery is how often it is looked whether all clicks are counted.
	lookEvery = 2 * time.Second
)

// countDays makes anew what links have come to on the days of clicks that are
// stored now.
func (p *platform) countDays(ctx context.Context, db *clickhouse.DB, batch []domain.Envelope) error {
	if err := db.CountDays(ctx, clickhouse.DaysOf(batch)); err != nil {
		return err
	}
	return p.forgetOf(ctx, db, accountsOf(projections.Clicks, batch))
}

// forgetOf erases what was made of accounts that were deleted meanwhile.
func (p *platform) forgetOf(ctx context.Context, db *clickhouse.DB, accounts []uuid.UUID) error {
	deleted, err := postgres.NewErasures(p.pool).Deleted(ctx, accounts)
	if err == nil {
		_, err = db.Erase(ctx, deleted...)
	}
	return err
}

// countDue makes the days anew whose turn it is.
func (p *platform) countDue(ctx context.Context, db *clickhouse.DB) error {
	done, err := db.CountDue(ctx)
	if err == nil && done.Made > 0 {
		err = p.forgetOf(ctx, db, done.Accounts)
	}
	return err
}

// countUntil notes up to when all clicks are counted, for as long as the broker
// answers.
func (p *platform) countUntil(ctx context.Context, db *clickhouse.DB) error {
	return p.onKafka(ctx, func(r *kafka.Reader) error {
		for {
			at := now()
			ends, err := r.Spans(clickGroup.topic)
			if err != nil {
				return err
			}
			taken, err := r.Group(clickGroup.name, clickGroup.topic)
			if err != nil {
				return err
			}
			if len(ends) > 0 && passed(taken, ends) {
				if err := db.CountedUntil(ctx, projections.Clicks.Name, at); err != nil {
					return err
				}
			}
			select {
			case <-time.After(lookEvery):
			case <-ctx.Done():
				return nil
			}
		}
	})
}

// compareDays compares what links have come to with the rows of clicks.
func (a *audit) compareDays(ctx context.Context, i *domain.Invariant) error {
	from := time.Time{}
	if a.Since > 0 {
		from = now().Add(-a.Since).Truncate(24 * time.Hour)
	}
	var wrong []clickhouse.LinkDay
	for deadline := now().Add(a.Patience); ; {
		var err error
		if wrong, err = a.counted.WrongDays(ctx, from); err != nil {
			return err
		}
		if len(wrong) == 0 || now().After(deadline) {
			break
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	for _, d := range wrong {
		i.Violate(domain.Violation{ID: fmt.Sprintf("%s on %s", d.Link, d.Day.Format(time.DateOnly)), What: "clicks: visits of the day", Expected: "as many as there are rows", Found: "another number"})
	}
	return nil
}

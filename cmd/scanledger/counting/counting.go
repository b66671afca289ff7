// Package counting puts the events that bypass the log into ClickHouse: calls of the
// API, clicks on short links, with what a day of a link comes to, and speed tests.
package counting

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Counter counts.
type Counter struct {
	DB     *clickhouse.DB
	Pool   *pgxpool.Pool // which knows of deleted accounts
	Broker kafka.Broker
	Now    func() time.Time
}

// Take counts a batch of a read model's events. It is idempotent.
func (c Counter) Take(ctx context.Context, r projections.Rows, batch []domain.Envelope, from []kafka.Record) error {
	err := c.Insert(ctx, r, batch, from)
	if err == nil && r.Name == projections.Clicks.Name {
		err = c.days(ctx, batch)
	}
	return err
}

// Insert puts a batch's events into their read model, but for those of deleted
// accounts. An account may be deleted while it is at it, or may have been when
// the batch came for the first time: so it looks again at the end.
func (c Counter) Insert(ctx context.Context, r projections.Rows, batch []domain.Envelope, from []kafka.Record) error {
	due, accounts := postgres.NewErasures(c.Pool), models.Accounts(r, batch)
	deleted, err := due.Deleted(ctx, accounts)
	if err != nil {
		return err
	}
	token, rows := models.Rows(r, batch, from, deleted)
	if len(rows) > 0 {
		if err := c.DB.Store(ctx, r.Name, models.Columns(r), token, rows); err != nil {
			return err
		}
	}
	if deleted, err = due.Deleted(ctx, accounts); err == nil {
		_, err = c.DB.Erase(ctx, deleted...)
	}
	return err
}

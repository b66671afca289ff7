package main

import (
	"context"
	"errors"
	"time"

	"github.com/scanledger/scanledger/adapters/clickhouse"
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

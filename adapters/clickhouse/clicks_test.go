package clickhouse_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// clickColumns are those of the table.
var clickColumns = append(append([]string{}, projections.Clicks.Columns...), "topic", "partition", "offset")

// clickRows are visits as rows, as they came at a time.
func clickRows(visits []domain.Envelope, from int) (rows []clickhouse.Row) {
	for i, e := range visits {
		rows = append(rows, append(projections.Clicks.Values(e), "scanledger.clicks", int32(0), int64(from+i)))
	}
	return rows
}

// storeClicks stores visits as the role count does.
func storeClicks(ctx context.Context, db *clickhouse.DB, visits []domain.Envelope, from int) error {
	if err := db.Store(ctx, "clicks", clickColumns, fmt.Sprint("sink/", from), clickRows(visits, from)); err != nil {
		return err
	}
	return db.CountDays(ctx, clickhouse.DaysOf(visits))
}

func TestClicksConformance(t *testing.T) {
	for name, o := range map[string]clickhouse.Options{"library": {Transport: engine}, "network": {URL: engine.URL()}} {
		t.Run(name, func(t *testing.T) {
			conformance.Clicks(t, func(t *testing.T) conformance.ClicksUnderTest {
				db, next := newDatabase(t, o), 0
				return conformance.ClicksUnderTest{Reader: db, Store: func(ctx context.Context, visits []domain.Envelope) error {
					next += len(visits)
					return storeClicks(ctx, db, visits, next)
				}}
			})
		})
	}
}

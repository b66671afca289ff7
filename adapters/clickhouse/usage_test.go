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

func TestUsageConformance(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		next := 0
		conformance.Usage(t, conformance.UsageUnderTest{Reader: db, Store: func(ctx context.Context, calls []domain.Envelope) error {
			var rows []clickhouse.Row
			for _, e := range calls {
				rows = append(rows, append(projections.Requests.Values(e), "scanledger.requests", int32(0), int64(next)))
				next++
			}
			return db.Store(ctx, "requests", columns, fmt.Sprint("sink/", next), rows)
		}})
	})
}

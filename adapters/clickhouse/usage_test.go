package clickhouse_test

import (
	"context"
	"fmt"
	"testing"
	"time"

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

// TestAZoneOfMarsIsNoFault has a zone that the engine does not know: it is the
// client's to choose another.
func TestAZoneOfMarsIsNoFault(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		mars, now := time.FixedZone("Mars/Olympus", 0), time.Now()
		_, _, one := db.Usage(t.Context(), projections.UsageQuery{Account: hot.Account, To: now, Zone: mars, By: projections.UsageByDay, Limit: 1})
		_, two := db.ClickStats(t.Context(), projections.ClickQuery{LinkRef: hot, To: now, Zone: mars, Top: 1})
		for _, err := range []error{one, two} {
			if domain.CodeOf(err) != domain.Invalid {
				t.Errorf("%v", err)
			}
		}
	})
}

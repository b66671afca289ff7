package clickhouse_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

func TestSpeedTests(t *testing.T) {
	for name, o := range map[string]clickhouse.Options{"library": {Transport: engine}, "network": {URL: engine.URL()}} {
		t.Run(name, func(t *testing.T) {
			conformance.SpeedTests(t, func(t *testing.T) conformance.SpeedTestsUnderTest {
				db := newDatabase(t, o)
				return conformance.SpeedTestsUnderTest{Reader: db, Count: func(ctx context.Context, events ...domain.Envelope) error {
					return storeSpeedTests(ctx, db, events...)
				}}
			})
		})
	}
}

// storeSpeedTests stores events as the role count does, those of each call as a batch.
func storeSpeedTests(ctx context.Context, db *clickhouse.DB, events ...domain.Envelope) error {
	columns := append(slices.Clone(projections.SpeedTests.Columns), "topic", "partition", "offset")
	var rows []clickhouse.Row
	for n, e := range events {
		rows = append(rows, append(projections.SpeedTests.Values(e), "scanledger.speedtests", int32(0), int64(n)))
	}
	return db.Store(ctx, "speedtests", columns, uuid.NewString(), rows)
}

// TestSpeedTestsAway says so, and that it is worth coming again.
func TestSpeedTestsAway(t *testing.T) {
	db, err := clickhouse.Open(clickhouse.Options{Transport: engine, Database: "nobody_made_it"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, _, err := db.SpeedTests(t.Context(), projections.SpeedTestFilter{Limit: 1}); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("not set up: %v", err)
	}
	nobody, err := clickhouse.Open(clickhouse.Options{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	if _, err := nobody.SpeedTest(t.Context(), [16]byte{1}); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("away: %v", err)
	}
}

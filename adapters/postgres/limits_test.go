package postgres

import (
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/conformance"
)

// TestLimits counts over two pools; for the time to go on, all counts are
// moved into the past.
func TestLimits(t *testing.T) {
	conformance.Limits(t, func(t *testing.T) conformance.LimitsUnderTest {
		url := newDatabase(t)
		pool := openPool(t, url)
		return conformance.LimitsUnderTest{
			Limits: NewLimits(pool), Twin: NewLimits(openPool(t, url)),
			Shift: func(t *testing.T, by time.Duration) {
				for _, table := range []string{"limits", "months"} {
					if _, err := pool.Exec(t.Context(), "UPDATE "+table+" SET started = started - $1::interval", by); err != nil {
						t.Fatal(err)
					}
				}
			},
		}
	})
}

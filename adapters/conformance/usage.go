package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// UsageUnderTest are calls of the API, and what counts them.
type UsageUnderTest struct {
	Store  func(ctx context.Context, calls []domain.Envelope) error // maybe again
	Reader projections.UsageReader
}

// Usage holds what counts calls to its promises. u has none.
func Usage(t *testing.T, u UsageUnderTest) {
	r := rand.New(rand.NewPCG(3, 9))
	accounts, keys := []uuid.UUID{uuid.New(), uuid.New()}, []uuid.UUID{uuid.Nil, uuid.New(), uuid.New()}
	var all []domain.Envelope
	for range 600 {
		all = append(all, domain.Envelope{ID: uuid.New(), At: midnight.Add(time.Duration(r.Int64N(int64(96 * time.Hour)))).Truncate(time.Microsecond), Event: domain.RequestServed{
			Account: accounts[r.IntN(2)], Key: keys[r.IntN(3)], Contract: []domain.Contract{domain.SecAbly, domain.SevenAzzani}[r.IntN(2)],
			Operation: fmt.Sprintf("/api/%d", r.IntN(5)), Method: []string{"GET", "POST"}[r.IntN(2)], Status: []int{200, 201, 302, 404, 429, 503}[r.IntN(6)],
			DurationUS: r.Int64N(100_000), BytesIn: r.Int64N(1000), BytesOut: r.Int64N(10_000),
		}})
	}
	for _, batch := range [][]domain.Envelope{all[:200], all[100:500], all[300:]} {
		if err := u.Store(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 12 {
		q := projections.UsageQuery{
			Account: accounts[r.IntN(2)], To: midnight.Add(100 * time.Hour), Zone: zones[r.IntN(len(zones))],
			By: []projections.UsageBy{projections.UsageByDay, projections.UsageByOperation, projections.UsageByKey}[n%3], Limit: 1000,
		}
		if n > 5 {
			q.From, q.To = midnight.Add(time.Duration(r.IntN(40))*time.Hour), midnight.Add(time.Duration(50+r.IntN(40))*time.Hour)
		}
		want, rows := projections.CountUsage(all, q)
		if rows < 2 {
			t.Errorf("%+v has no calls", q)
		}
		pages := [][2]int{{0, 1000}, {1, 2}, {rows, 2}} // offset and limit
		if n > 2 {
			pages = pages[:1]
		}
		for _, page := range pages {
			q.Offset, q.Limit = page[0], page[1]
			got, total, err := u.Reader.Usage(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			shown := want[min(q.Offset, rows):min(q.Offset+q.Limit, rows)]
			if a, b := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", shown); a != b || total != rows {
				t.Errorf("by %s, %s to %s in %s, %v:\n%d %s\nwant\n%d %s", q.By, q.From, q.To, q.Zone, page, total, a, rows, b)
			}
		}
	}
	if got, total, err := u.Reader.Usage(t.Context(), projections.UsageQuery{Account: uuid.New(), To: midnight, Zone: time.UTC, By: projections.UsageByDay, Limit: 1}); err != nil || got == nil || len(got) > 0 || total != 0 {
		t.Errorf("of nobody: %#v, %v", got, err)
	}
}

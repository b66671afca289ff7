package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.UsageReader = (*Usage)(nil)

// Usage counts calls out of all that there were.
type Usage struct {
	mu     sync.Mutex
	events []domain.Envelope
}

// Store adds calls, which may come again.
func (u *Usage) Store(calls ...domain.Envelope) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.events = append(u.events, calls...)
}

// Usage implements projections.UsageReader.
func (u *Usage) Usage(_ context.Context, q projections.UsageQuery) (page []projections.UsageRow, total int, err error) {
	u.mu.Lock()
	events := slices.Clone(u.events)
	u.mu.Unlock()
	page, total = projections.CountUsage(events, q)
	return page, total, nil
}

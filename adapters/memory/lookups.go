package memory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.LookupReader = (*Reader)(nil)

// Lookup implements projections.LookupReader.
func (r *Reader) Lookup(ctx context.Context, account, id uuid.UUID) (projections.LookupRow, error) {
	history, err := r.Log.Read(ctx, domain.NewStream(domain.LookupFamily, id), 0)
	for _, row := range projections.Lookups.Rows(map[string]projections.LookupRow{}, history) {
		if row.Account == account {
			return row, err
		}
	}
	if err == nil {
		err = domain.Errorf(domain.NotFound, "Look-up not found")
	}
	return projections.LookupRow{}, err
}

// Lookups implements projections.LookupReader.
func (r *Reader) Lookups(_ context.Context, f projections.LookupFilter) ([]projections.LookupRow, int, error) {
	history, err := decode(r.Log.Stored(0))
	if err != nil {
		return nil, 0, err
	}
	var chosen []projections.LookupRow
	for _, row := range projections.Lookups.Rows(map[string]projections.LookupRow{}, history) {
		if f.Matches(row) {
			chosen = append(chosen, row)
		}
	}
	slices.SortFunc(chosen, func(a, b projections.LookupRow) int { return int(b.Number - a.Number) })
	page := chosen[min(f.Offset, len(chosen)):]
	return page[:min(f.Limit, len(page))], len(chosen), nil
}

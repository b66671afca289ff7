package memory

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.AccountReader = (*Reader)(nil)

// Accounts implements projections.AccountReader.
func (r *Reader) Accounts(_ context.Context, offset, limit int) (page []uuid.UUID, total int, err error) {
	standing := map[uuid.UUID]bool{}
	for _, e := range r.Log.Stored(0) {
		if e.Stream.Family() == domain.AccountFamily {
			standing[e.Owner] = e.Type != domain.AccountDeleted{}.Kind()
		}
	}
	for id, stands := range standing {
		if stands {
			page = append(page, id)
		}
	}
	slices.SortFunc(page, func(a, b uuid.UUID) int { return bytes.Compare(b[:], a[:]) })
	total = len(page)
	page = page[min(offset, total):]
	return page[:min(limit, len(page))], total, nil
}

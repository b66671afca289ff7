package memory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.LinkReader = (*Reader)(nil)

// Link implements projections.LinkReader.
func (r *Reader) Link(ctx context.Context, account uuid.UUID, name string) (projections.LinkRow, error) {
	id, err := uuid.Parse(name)
	if err != nil || len(name) != 36 {
		id = uuid.Nil
	}
	return r.link(func(row projections.LinkRow) bool {
		return row.Account == account && (row.ID == id || domain.LinkKey(row.Code) == domain.LinkKey(name))
	})
}

// LinkAt implements projections.LinkReader.
func (r *Reader) LinkAt(_ context.Context, code string) (projections.LinkRow, error) {
	return r.link(func(row projections.LinkRow) bool { return domain.LinkKey(row.Code) == domain.LinkKey(code) })
}

func (r *Reader) link(is func(projections.LinkRow) bool) (projections.LinkRow, error) {
	rows, err := r.links(func(row projections.LinkRow) bool { return row.DeletedAt == nil && is(row) })
	if err != nil {
		return projections.LinkRow{}, err
	}
	if len(rows) == 0 {
		return projections.LinkRow{}, domain.Errorf(domain.NotFound, "Link not found")
	}
	return rows[0], nil
}

// Links implements projections.LinkReader.
func (r *Reader) Links(_ context.Context, f projections.LinkFilter) ([]projections.LinkRow, int, error) {
	chosen, err := r.links(f.Matches)
	page := chosen[min(f.Offset, len(chosen)):]
	return page[:min(f.Limit, len(page))], len(chosen), err
}

// LinksAfter implements projections.LinkReader.
func (r *Reader) LinksAfter(_ context.Context, number int64, most int) ([]projections.LinkRow, error) {
	rows, err := r.links(func(row projections.LinkRow) bool { return row.DeletedAt == nil && row.Number > number })
	slices.Reverse(rows)
	return rows[:min(most, len(rows))], err
}

// links are all rows that are chosen, newest first.
func (r *Reader) links(chosen func(projections.LinkRow) bool) (rows []projections.LinkRow, err error) {
	history, err := decode(r.Log.Stored(0))
	if err != nil {
		return nil, err
	}
	for _, row := range projections.Links.Rows(map[string]projections.LinkRow{}, history) {
		if chosen(row) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b projections.LinkRow) int { return int(b.Number - a.Number) })
	return rows, nil
}

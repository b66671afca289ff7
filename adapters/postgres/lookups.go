package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.LookupReader = (*Reader)(nil)

// Lookup implements projections.LookupReader.
func (r *Reader) Lookup(ctx context.Context, account, id uuid.UUID) (projections.LookupRow, error) {
	row, err := newest(ctx, r, r.lookups, domain.NewStream(domain.LookupFamily, id))
	if domain.CodeOf(err) == domain.NotFound || err == nil && row.Account != account {
		return projections.LookupRow{}, domain.Errorf(domain.NotFound, "Look-up not found")
	}
	return row, err
}

// Lookups implements projections.LookupReader, as Scans does it.
func (r *Reader) Lookups(ctx context.Context, f projections.LookupFilter) ([]projections.LookupRow, int, error) {
	p, err := r.lookupPage(ctx, f, []string{}, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, away(err)
	}
	if len(p.behind) == 0 {
		return p.rows, p.total, nil
	}
	behind, err := standings(ctx, r.pool, r.lookups.Table, p.behind, lookupVersion)
	if err == nil {
		p, err = r.lookupPage(ctx, f, p.behind, 0, f.Offset+f.Limit)
	}
	if err != nil {
		return nil, 0, away(err)
	}
	page, total := p.rows, p.total
	for _, row := range behind {
		if f.Matches(row) {
			page, total = append(page, row), total+1
		}
	}
	slices.SortFunc(page, func(a, b projections.LookupRow) int { return int(b.Number - a.Number) })
	page = page[min(f.Offset, len(page)):]
	return page[:min(f.Limit, len(page))], total, nil
}

// lookupPage is a page of look-ups, as scanPage is of scans.
type lookupPage struct {
	rows   []projections.LookupRow
	total  int
	behind []string
}

func (r *Reader) lookupPage(ctx context.Context, f projections.LookupFilter, without []string, offset, limit int) (p lookupPage, err error) {
	const condition = " FROM lookups WHERE account = $1 AND ($2 = '' OR subject = $2) AND ($3 = 0 OR number < $3) AND NOT stream = ANY($4)"
	b := &pgx.Batch{}
	b.Queue("SELECT stream FROM streams WHERE owner = $1 AND listed < version AND NOT erased AND stream LIKE 'lookup-%'", f.Account).Query(func(rows pgx.Rows) (err error) {
		p.behind, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	b.Queue("SELECT count(*)"+condition, f.Account, f.Subject, f.Before, without).QueryRow(func(row pgx.Row) error { return row.Scan(&p.total) })
	b.Queue("SELECT row_key, "+strings.Join(r.lookups.columns, ", ")+condition+" ORDER BY number DESC OFFSET $5 LIMIT $6",
		f.Account, f.Subject, f.Before, without, offset, limit).Query(func(rows pgx.Rows) (err error) {
		p.rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (one projections.LookupRow, err error) {
			err = row.Scan(append([]any{nil}, fieldsOf(&one)...)...)
			return one, err
		})
		return err
	})
	return p, r.pool.SendBatch(ctx, b).Close()
}

func lookupVersion(row projections.LookupRow) int { return row.Version }

package postgres

import (
	"context"
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

// Lookups implements projections.LookupReader.
func (r *Reader) Lookups(ctx context.Context, f projections.LookupFilter) ([]projections.LookupRow, int, error) {
	page := func(without []string, offset, limit int) (listPage[projections.LookupRow], error) {
		return r.lookupPage(ctx, f, without, offset, limit)
	}
	first, err := page([]string{}, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, away(err)
	}
	l := list[projections.LookupRow]{r.lookups, f.Matches, func(row projections.LookupRow) int64 { return row.Number }, page}
	return l.at(ctx, first, f.Offset, f.Limit)
}

func (r *Reader) lookupPage(ctx context.Context, f projections.LookupFilter, without []string, offset, limit int) (p listPage[projections.LookupRow], err error) {
	const condition = " FROM lookups WHERE account = $1 AND ($2 = '' OR subject = $2) AND ($3 = 0 OR number < $3) AND NOT stream = ANY($4)"
	b := &pgx.Batch{}
	queueBehind(b, domain.LookupFamily, []uuid.UUID{f.Account}, &p.behind)
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

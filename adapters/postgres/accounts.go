package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/projections"
)

var _ projections.AccountReader = (*Reader)(nil)

// Accounts implements projections.AccountReader. It asks the log's own list of
// streams, which has an index of those that it wants.
func (r *Reader) Accounts(ctx context.Context, offset, limit int) (page []uuid.UUID, total int, err error) {
	const standing = " FROM streams WHERE NOT erased AND stream LIKE 'account-%'"
	b := &pgx.Batch{}
	b.Queue("SELECT count(*)" + standing).QueryRow(func(row pgx.Row) error { return row.Scan(&total) })
	b.Queue("SELECT owner"+standing+" ORDER BY owner DESC OFFSET $1 LIMIT $2", offset, limit).Query(func(rows pgx.Rows) (err error) {
		page, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	})
	return page, total, away(r.pool.SendBatch(ctx, b).Close())
}

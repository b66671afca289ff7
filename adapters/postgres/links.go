package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.LinkReader = (*Reader)(nil)

// Link implements projections.LinkReader.
func (r *Reader) Link(ctx context.Context, account uuid.UUID, name string) (projections.LinkRow, error) {
	id, err := uuid.Parse(name)
	if err != nil || len(name) != 36 {
		row, err := r.LinkAt(ctx, name)
		return ofAccount(row, account, err)
	}
	row, err := newest(ctx, r, r.links, domain.NewStream(domain.LinkFamily, id))
	return ofAccount(row, account, err)
}

// LinkAt implements projections.LinkReader. The code is looked up beside the log,
// which knows it before any table does.
func (r *Reader) LinkAt(ctx context.Context, code string) (projections.LinkRow, error) {
	var stream domain.Stream
	err := r.pool.QueryRow(ctx, "SELECT stream FROM claims WHERE name = $1", domain.LinkClaim(code)).Scan(&stream)
	if errors.Is(err, pgx.ErrNoRows) {
		return projections.LinkRow{}, noLink()
	}
	if err != nil {
		return projections.LinkRow{}, away(err)
	}
	row, err := newest(ctx, r, r.links, stream)
	return ofAccount(row, row.Account, err)
}

// ofAccount is a row that was read, if it is an account's and there.
func ofAccount(row projections.LinkRow, account uuid.UUID, err error) (projections.LinkRow, error) {
	if err != nil && domain.CodeOf(err) != domain.NotFound {
		return projections.LinkRow{}, away(err)
	}
	if err != nil || row.DeletedAt != nil || row.Account != account {
		return projections.LinkRow{}, noLink()
	}
	return row, nil
}

func noLink() error { return domain.Errorf(domain.NotFound, "Link not found") }

// Links implements projections.LinkReader.
func (r *Reader) Links(ctx context.Context, f projections.LinkFilter) ([]projections.LinkRow, int, error) {
	page := func(without []string, offset, limit int) (listPage[projections.LinkRow], error) {
		return r.linkPage(ctx, f, without, offset, limit)
	}
	first, err := page([]string{}, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, away(err)
	}
	l := list[projections.LinkRow]{r.links, f.Matches, func(row projections.LinkRow) int64 { return row.Number }, page}
	return l.at(ctx, first, f.Offset, f.Limit)
}

func (r *Reader) linkPage(ctx context.Context, f projections.LinkFilter, without []string, offset, limit int) (p listPage[projections.LinkRow], err error) {
	const condition = ` FROM links WHERE account = $1 AND deleted_at IS NULL AND NOT stream = ANY($2)
		AND ($3 = '' OR (details->'tags')::jsonb ? $3) AND ($4 = '' OR position(lower($4) IN lower(code)) > 0 OR position(lower($4) IN lower(details->>'destination')) > 0)`
	b := &pgx.Batch{}
	queueBehind(b, domain.LinkFamily, []uuid.UUID{f.Account}, &p.behind)
	b.Queue("SELECT count(*)"+condition, f.Account, without, f.Tag, f.Search).QueryRow(func(row pgx.Row) error { return row.Scan(&p.total) })
	b.Queue("SELECT row_key, "+strings.Join(r.links.columns, ", ")+condition+" ORDER BY number DESC OFFSET $5 LIMIT $6",
		f.Account, without, f.Tag, f.Search, offset, limit).Query(func(rows pgx.Rows) (err error) {
		p.rows, err = pgx.CollectRows(rows, r.linked.read)
		return err
	})
	return p, r.pool.SendBatch(ctx, b).Close()
}

// LinksAfter implements projections.LinkReader.
func (r *Reader) LinksAfter(ctx context.Context, number int64, most int) ([]projections.LinkRow, error) {
	found, err := r.pool.Query(ctx, "SELECT row_key, "+strings.Join(r.links.columns, ", ")+
		" FROM links WHERE number > $1 AND deleted_at IS NULL ORDER BY number LIMIT $2", number, most)
	if err != nil {
		return nil, away(err)
	}
	rows, err := pgx.CollectRows(found, r.linked.read)
	return rows, away(err)
}

func linkVersion(row projections.LinkRow) int { return row.Version }

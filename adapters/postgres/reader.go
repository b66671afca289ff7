package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.Reader = (*Reader)(nil)

// Reader answers from the tables of the read models, and from the log where
// they are behind it.
type Reader struct {
	pool    *pgxpool.Pool
	scans   *Table[projections.ScanRow]
	reports *Table[projections.ReportRow]
}

// NewReader returns a reader over pool.
func NewReader(pool *pgxpool.Pool) *Reader {
	return &Reader{pool, NewTable(pool, projections.Scans), NewTable(pool, projections.Reports)}
}

// Scan implements projections.Reader.
func (r *Reader) Scan(ctx context.Context, account, scan uuid.UUID) (projections.ScanRow, error) {
	row, err := latest(ctx, r.pool, r.scans, scan, func(row projections.ScanRow) int { return row.Version })
	if err == nil && row.Account != account {
		err = unknown()
	}
	if err != nil {
		return projections.ScanRow{}, err
	}
	return row, nil
}

// Report implements projections.Reader.
func (r *Reader) Report(ctx context.Context, scan uuid.UUID) (projections.ReportRow, error) {
	return latest(ctx, r.pool, r.reports, scan, func(row projections.ReportRow) int { return row.Version })
}

// Contract implements projections.Reader.
func (r *Reader) Contract(ctx context.Context, scan uuid.UUID) (contract domain.Contract, err error) {
	err = r.pool.QueryRow(ctx, "SELECT payload->>'contract' FROM events WHERE stream = $1 AND version = 1 AND payload IS NOT NULL",
		domain.NewStream(domain.ScanFamily, scan)).Scan(&contract)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", unknown()
	}
	return contract, away(err)
}

// History implements projections.Reader.
func (r *Reader) History(ctx context.Context, account, scan uuid.UUID, after int) ([]domain.Envelope, error) {
	owner, err := r.Owner(ctx, scan)
	if err == nil && owner != account {
		err = unknown()
	}
	if err != nil {
		return nil, err
	}
	return readStream(ctx, r.pool, domain.NewStream(domain.ScanFamily, scan), after)
}

// Owner implements projections.Reader.
func (r *Reader) Owner(ctx context.Context, scan uuid.UUID) (owner uuid.UUID, err error) {
	err = r.pool.QueryRow(ctx, "SELECT owner FROM streams WHERE stream = $1 AND NOT erased", domain.NewStream(domain.ScanFamily, scan)).Scan(&owner)
	if errors.Is(err, pgx.ErrNoRows) {
		return owner, unknown()
	}
	return owner, away(err)
}

// Targets returns how many targets an account has.
func (r *Reader) Targets(ctx context.Context, account uuid.UUID) (n int, err error) {
	err = r.pool.QueryRow(ctx, "SELECT count(*) FROM streams WHERE owner = $1 AND stream LIKE 'target-%'", account).Scan(&n)
	return n, away(err)
}

func unknown() error { return domain.Errorf(domain.NotFound, "Scan not found") }

// latest returns a scan's row as of the newest event of its stream.
func latest[R any](ctx context.Context, pool *pgxpool.Pool, t *Table[R], scan uuid.UUID, version func(R) int) (R, error) {
	stream := domain.NewStream(domain.ScanFamily, scan)
	var row R
	var head int
	err := pool.QueryRow(ctx, "SELECT version FROM streams WHERE stream = $1 AND NOT erased", stream).Scan(&head)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, unknown()
	}
	if err != nil {
		return row, away(err)
	}
	rows, err := t.load(ctx, pool, t.fold.Name, []string{string(stream)})
	if err != nil {
		return row, away(err)
	}
	row = rows[string(stream)]
	if version(row) >= head {
		return row, nil
	}
	news, err := readStream(ctx, pool, stream, version(row))
	if err != nil {
		return row, err
	}
	row, known := t.fold.Rows(rows, news)[string(stream)]
	if !known { // it was erased meanwhile
		return row, unknown()
	}
	return row, nil
}

// Scans implements projections.Reader. Scans that the table is behind with
// are folded from the log and sorted in among the others.
func (r *Reader) Scans(ctx context.Context, f projections.ScanFilter) ([]projections.ScanRow, int, error) {
	accounts := f.Accounts()
	behind, names, err := r.behind(ctx, accounts)
	if err != nil {
		return nil, 0, away(err)
	}
	const condition = `WHERE account = ANY($1) AND ($2 = '' OR target_value = $2) AND ($3 = '' OR state = $3)
		AND ($4 = '00000000-0000-0000-0000-000000000000'::uuid OR scan = $4) AND NOT stream = ANY($5)`
	var total int
	if err := r.pool.QueryRow(ctx, "SELECT count(*) FROM scans "+condition, accounts, f.Target, f.State, f.Scan, names).Scan(&total); err != nil {
		return nil, 0, away(err)
	}
	offset, limit := f.Offset, f.Limit
	if len(behind) > 0 {
		offset, limit = 0, f.Offset+f.Limit
	}
	rows, err := r.scans.query(ctx, r.pool, "scans", condition+" ORDER BY number DESC OFFSET $6 LIMIT $7", accounts, f.Target, f.State, f.Scan, names, offset, limit)
	if err != nil {
		return nil, 0, away(err)
	}
	page := make([]projections.ScanRow, 0, len(rows)+len(behind))
	for _, row := range rows {
		page = append(page, row)
	}
	for _, row := range behind {
		if f.Matches(row) {
			page, total = append(page, row), total+1
		}
	}
	slices.SortFunc(page, func(a, b projections.ScanRow) int { return int(b.Number - a.Number) })
	page = page[min(f.Offset-offset, len(page)):]
	return page[:min(f.Limit, len(page))], total, nil
}

// behind returns the accounts' scans of which the table lacks events, as they
// stand in the log.
func (r *Reader) behind(ctx context.Context, accounts []uuid.UUID) (map[string]projections.ScanRow, []string, error) {
	rows, err := r.pool.Query(ctx, `SELECT stream FROM streams WHERE owner = ANY($1) AND listed < version AND NOT erased AND stream LIKE 'scan-%'`, accounts)
	if err != nil {
		return nil, nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		return nil, []string{}, err
	}
	standing, err := r.scans.load(ctx, r.pool, "scans", names)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		news, err := readStream(ctx, r.pool, domain.Stream(name), standing[name].Version)
		if err != nil {
			return nil, nil, err
		}
		standing = r.scans.fold.Rows(standing, news)
	}
	return standing, names, nil
}

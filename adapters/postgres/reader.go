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

var (
	_ projections.Reader  = (*Reader)(nil)
	_ projections.Numbers = (*Reader)(nil)
)

// Reader answers from the tables of the read models, and from the log where
// they are behind it.
type Reader struct {
	pool    *pgxpool.Pool
	scans   *Table[projections.ScanRow]
	reports *Table[projections.ReportRow]
	targets *Table[projections.TargetRow]
	parsed  parsed[projections.ScanRow]
	listed  parsed[projections.TargetRow]
}

// NewReader returns a reader over pool.
func NewReader(pool *pgxpool.Pool) *Reader {
	return &Reader{
		pool: pool, scans: NewTable(pool, projections.Scans), reports: NewTable(pool, projections.Reports),
		targets: NewTable(pool, projections.Targets),
	}
}

// Scan implements projections.Reader.
func (r *Reader) Scan(ctx context.Context, account, scan uuid.UUID) (projections.ScanRow, error) {
	row, err := latest(ctx, r.pool, r.scans, domain.NewStream(domain.ScanFamily, scan), scanVersion)
	if err == nil && row.Account != account {
		err = unknown()
	}
	if err != nil {
		return projections.ScanRow{}, err
	}
	return row, nil
}

// Numbered implements projections.Numbers. The number is looked up in the log,
// which knows it before any table does.
func (r *Reader) Numbered(ctx context.Context, account uuid.UUID, number int64) (projections.ScanRow, error) {
	var stream domain.Stream
	err := r.pool.QueryRow(ctx, "SELECT stream FROM events WHERE position = $1 AND version = 1 AND owner = $2 AND stream LIKE 'scan-%'",
		number, account).Scan(&stream)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return projections.ScanRow{}, unknown()
	case err != nil:
		return projections.ScanRow{}, away(err)
	default:
		return r.Scan(ctx, account, stream.ID())
	}
}

// Report implements projections.Reader.
func (r *Reader) Report(ctx context.Context, scan uuid.UUID) (projections.ReportRow, error) {
	return latest(ctx, r.pool, r.reports, domain.NewStream(domain.ScanFamily, scan), func(row projections.ReportRow) int { return row.Version })
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

func scanVersion(row projections.ScanRow) int { return row.Version }

func unknown() error { return domain.Errorf(domain.NotFound, "Scan not found") }

// latest returns a stream's row as of its newest event.
func latest[R any](ctx context.Context, pool *pgxpool.Pool, t *Table[R], stream domain.Stream, version func(R) int) (R, error) {
	rows, head, err := t.standing(ctx, pool, stream)
	row := rows[string(stream)]
	if errors.Is(err, pgx.ErrNoRows) {
		return row, unknown()
	}
	if err != nil {
		return row, away(err)
	}
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
	p, err := r.page(ctx, f, []string{}, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, away(err)
	}
	if len(p.behind) == 0 {
		return p.rows, p.total, nil
	}
	behind, err := standings(ctx, r.pool, r.scans, p.behind, scanVersion)
	if err == nil {
		p, err = r.page(ctx, f, p.behind, 0, f.Offset+f.Limit)
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
	slices.SortFunc(page, func(a, b projections.ScanRow) int { return int(b.Number - a.Number) })
	page = page[min(f.Offset, len(page)):]
	return page[:min(f.Limit, len(page))], total, nil
}

// standings are streams' rows as they stand in the log, whatever the table has of them.
func standings[R any](ctx context.Context, pool *pgxpool.Pool, t *Table[R], names []string, version func(R) int) (map[string]R, error) {
	standing, err := t.load(ctx, pool, t.Name(), names)
	for _, name := range names {
		if err != nil {
			return nil, err
		}
		var news []domain.Envelope
		news, err = readStream(ctx, pool, domain.Stream(name), version(standing[name]))
		standing = t.fold.Rows(standing, news)
	}
	return standing, err
}

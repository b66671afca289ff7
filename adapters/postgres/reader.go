package postgres

import (
	"context"
	"errors"

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
	stands  *together[domain.Stream, stand]
	scans   *model[projections.ScanRow]
	reports *model[projections.ReportRow]
	pages   *together[pageAt, listPage[projections.ScanRow]]
	targets *model[projections.TargetRow]
	links   *model[projections.LinkRow]
	parsed  parsed[projections.ScanRow]
	listed  parsed[projections.TargetRow]
	lookups *model[projections.LookupRow]
	linked  parsed[projections.LinkRow]

	sightings *Table[projections.SightingsRow]
	sighted   parsed[projections.SightingsRow]
}

// NewReader returns a reader over pool.
func NewReader(pool *pgxpool.Pool) *Reader {
	r := &Reader{
		pool:      pool,
		targets:   newModel(pool, projections.Targets, targetVersion),
		lookups:   newModel(pool, projections.Lookups, lookupVersion),
		links:     newModel(pool, projections.Links, linkVersion),
		sightings: NewTable(pool, projections.Sightings),
		scans:     newModel(pool, projections.Scans, scanVersion),
		reports:   newModel(pool, projections.Reports, func(row projections.ReportRow) int { return row.Version }),
		stands: &together[domain.Stream, stand]{ask: func(ctx context.Context, streams []domain.Stream) (map[domain.Stream]stand, error) {
			return readStands(ctx, pool, streams)
		}},
	}
	r.pages = &together[pageAt, listPage[projections.ScanRow]]{ask: r.readPages, most: pagesTogether}
	return r
}

// Row implements projections.Reader.
func (r *Reader) Row(ctx context.Context, scan uuid.UUID) (projections.ScanRow, error) {
	return newest(ctx, r, r.scans, domain.NewStream(domain.ScanFamily, scan))
}

// Scan implements projections.Reader.
func (r *Reader) Scan(ctx context.Context, account, scan uuid.UUID) (projections.ScanRow, error) {
	row, err := r.Row(ctx, scan)
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
	return newest(ctx, r, r.reports, domain.NewStream(domain.ScanFamily, scan))
}

// ReportOf implements projections.Reader.
func (r *Reader) ReportOf(ctx context.Context, row projections.ScanRow) (projections.ReportRow, error) {
	stream := domain.NewStream(domain.ScanFamily, row.Scan)
	if report, met := r.reports.asOf(stream, row.Version); met {
		return report, nil
	}
	return r.reports.latest(ctx, r.pool, stream)
}

// Ahead implements projections.Reader.
func (r *Reader) Ahead(ctx context.Context, scan uuid.UUID) context.Context {
	return context.WithValue(ctx, aheadKey{}, &ahead{stream: domain.NewStream(domain.ScanFamily, scan)})
}

// stand is how a stream stands, at a moment since the request has come; NotFound
// when it is unknown or erased.
func (r *Reader) stand(ctx context.Context, stream domain.Stream) (stand, error) {
	next := aheadOf(ctx)
	at, known, err := next.at, next.stands, error(nil)
	if !next.told || next.stream != stream {
		at, known, err = r.stands.get(ctx, stream)
	}
	if err != nil {
		return at, away(err)
	}
	if !known {
		return at, unknown()
	}
	return at, nil
}

// newest returns a stream's row as of the newest event of its stream. How that
// stands is asked each time, the row only where it was not read before.
func newest[R any](ctx context.Context, r *Reader, m *model[R], stream domain.Stream) (row R, err error) {
	at, err := r.stand(ctx, stream)
	if err != nil {
		return row, err
	}
	r.scans.turn(at.live)
	r.reports.turn(at.live)
	r.targets.turn(at.live)
	r.lookups.turn(at.live)
	r.links.turn(at.live)
	if row, met := m.asOf(stream, at.version); met {
		return row, nil
	}
	return m.latest(ctx, r.pool, stream)
}

// History implements projections.Reader.
func (r *Reader) History(ctx context.Context, account, scan uuid.UUID, after int) ([]domain.Envelope, error) {
	stream := domain.NewStream(domain.ScanFamily, scan)
	at, err := r.stand(ctx, stream)
	if err == nil && at.owner != account {
		err = unknown()
	}
	if err != nil || at.version <= after {
		return nil, err
	}
	return readStream(ctx, r.pool, stream, after)
}

func scanVersion(row projections.ScanRow) int { return row.Version }

func unknown() error { return domain.Errorf(domain.NotFound, "Scan not found") }

// Scans implements projections.Reader.
func (r *Reader) Scans(ctx context.Context, f projections.ScanFilter) ([]projections.ScanRow, int, error) {
	p, _, err := r.pages.get(ctx, placeOf(f))
	if err != nil {
		return nil, 0, away(err)
	}
	l := list[projections.ScanRow]{r.scans, f.Matches, func(row projections.ScanRow) int64 { return row.Number }, func(without []string, offset, limit int) (listPage[projections.ScanRow], error) {
		return r.page(ctx, f, without, offset, limit)
	}}
	return l.at(ctx, p, f.Offset, f.Limit)
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

package memory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var (
	_ projections.Reader  = (*Reader)(nil)
	_ projections.Numbers = (*Reader)(nil)
)

// Reader answers from the log itself.
type Reader struct{ Log *Log }

// Scan implements projections.Reader.
func (r *Reader) Scan(ctx context.Context, account, scan uuid.UUID) (projections.ScanRow, error) {
	row, err := r.Row(ctx, scan)
	if err == nil && row.Account != account {
		return projections.ScanRow{}, unknown()
	}
	return row, err
}

// Numbered implements projections.Numbers.
func (r *Reader) Numbered(ctx context.Context, account uuid.UUID, number int64) (projections.ScanRow, error) {
	for _, e := range r.Log.Stored(0) {
		if e.Position == number && e.Version == 1 && e.Stream.Family() == domain.ScanFamily {
			return r.Scan(ctx, account, e.Stream.ID())
		}
	}
	return projections.ScanRow{}, unknown()
}

// Scans implements projections.Reader.
func (r *Reader) Scans(_ context.Context, f projections.ScanFilter) ([]projections.ScanRow, int, error) {
	history, err := decode(r.Log.Stored(0))
	if err != nil {
		return nil, 0, err
	}
	var chosen []projections.ScanRow
	for _, row := range projections.Scans.Rows(map[string]projections.ScanRow{}, history) {
		if f.Matches(row) {
			chosen = append(chosen, row)
		}
	}
	slices.SortFunc(chosen, func(a, b projections.ScanRow) int { return int(b.Number - a.Number) })
	page := chosen[min(f.Offset, len(chosen)):]
	return page[:min(f.Limit, len(page))], len(chosen), nil
}

// Totals counts an account's scans and what they found.
func (r *Reader) Totals(_ context.Context, account uuid.UUID) (sum projections.Totals, err error) {
	history, err := decode(r.Log.Stored(0))
	if err != nil {
		return sum, err
	}
	for _, row := range projections.Scans.Rows(map[string]projections.ScanRow{}, history) {
		if row.Account == account {
			sum = sum.Plus(row)
		}
	}
	return sum, nil
}

// Report implements projections.Reader.
func (r *Reader) Report(_ context.Context, scan uuid.UUID) (projections.ReportRow, error) {
	row, ok, err := one(r.Log, projections.Reports, scan)
	if err == nil && !ok {
		return projections.ReportRow{}, unknown()
	}
	return row, err
}

// ReportOf implements projections.Reader.
func (r *Reader) ReportOf(ctx context.Context, row projections.ScanRow) (projections.ReportRow, error) {
	return r.Report(ctx, row.Scan)
}

// Ahead implements projections.Reader.
func (r *Reader) Ahead(ctx context.Context, _ uuid.UUID) context.Context { return ctx }

// Row implements projections.Reader.
func (r *Reader) Row(_ context.Context, scan uuid.UUID) (projections.ScanRow, error) {
	row, ok, err := one(r.Log, projections.Scans, scan)
	if err == nil && !ok {
		err = unknown()
	}
	return row, err
}

// History implements projections.Reader.
func (r *Reader) History(ctx context.Context, account, scan uuid.UUID, after int) ([]domain.Envelope, error) {
	history, err := r.Log.Read(ctx, domain.NewStream(domain.ScanFamily, scan), 0)
	if err == nil && (len(history) == 0 || history[0].Owner != account || projections.Forgets(history[len(history)-1])) {
		return nil, unknown()
	}
	return history[min(max(after, 0), len(history)):], err
}

// one folds the row of one scan.
func one[R any](log *Log, fold projections.Fold[R], scan uuid.UUID) (row R, ok bool, err error) {
	stream := domain.NewStream(domain.ScanFamily, scan)
	history, err := log.Read(context.Background(), stream, 0)
	if err != nil {
		return row, false, err
	}
	row, ok = fold.Rows(map[string]R{}, history)[string(stream)]
	return row, ok, nil
}

func unknown() error { return domain.Errorf(domain.NotFound, "Scan not found") }

package memory

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.TargetReader = (*Reader)(nil)

// Target implements projections.TargetReader.
func (r *Reader) Target(ctx context.Context, account uuid.UUID, number int64) (projections.TargetRow, error) {
	rows, err := r.targets(projections.TargetFilter{Account: account})
	if i := slices.IndexFunc(rows, func(row projections.TargetRow) bool { return row.Number == number }); i >= 0 {
		return rows[i], err
	}
	if err == nil {
		err = domain.Errorf(domain.NotFound, "Target not found")
	}
	return projections.TargetRow{}, err
}

// Targets implements projections.TargetReader.
func (r *Reader) Targets(_ context.Context, f projections.TargetFilter) ([]projections.TargetRow, int, error) {
	chosen, err := r.targets(f)
	page := chosen[min(f.Offset, len(chosen)):]
	return page[:min(f.Limit, len(page))], len(chosen), err
}

// targets are all rows that a filter chooses, newest first.
func (r *Reader) targets(f projections.TargetFilter) (chosen []projections.TargetRow, err error) {
	history, err := decode(r.Log.Stored(0))
	if err != nil {
		return nil, err
	}
	for _, row := range projections.Targets.Rows(map[string]projections.TargetRow{}, history) {
		if f.Matches(row) {
			chosen = append(chosen, row)
		}
	}
	slices.SortFunc(chosen, func(a, b projections.TargetRow) int { return int(b.Number - a.Number) })
	return chosen, nil
}

// ScansOf implements projections.TargetReader.
func (r *Reader) ScansOf(_ context.Context, account uuid.UUID, values []string) (map[string]projections.TargetScans, error) {
	history, err := decode(r.Log.Stored(0))
	if err != nil {
		return nil, err
	}
	var rows []projections.ScanRow
	for _, row := range projections.Scans.Rows(map[string]projections.ScanRow{}, history) {
		if row.Account == account && slices.Contains(values, row.TargetValue) {
			rows = append(rows, row)
		}
	}
	return projections.NewestScans(rows), nil
}

// Proven implements commands.Proofs.
func (r *Reader) Proven(ctx context.Context, account uuid.UUID, domains []string, since time.Time) (bool, error) {
	_, n, err := r.Targets(ctx, projections.TargetFilter{Account: account, Proven: domains, Since: since})
	return n > 0, err
}

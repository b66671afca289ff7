package memory

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var (
	_ projections.SightingsReader = (*Reader)(nil)
	_ commands.Findings           = (*Reader)(nil)
)

// Sightings implements projections.SightingsReader.
func (r *Reader) Sightings(_ context.Context, account uuid.UUID, target string) (rows []projections.SightingsRow, err error) {
	history, err := decode(r.Log.Stored(0))
	if err != nil {
		return nil, err
	}
	for _, row := range projections.Sightings.Rows(map[string]projections.SightingsRow{}, history) {
		if row.Account == account && (target == "" || row.TargetValue == target) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b projections.SightingsRow) int { return int(a.Number - b.Number) })
	return rows, nil
}

// Subject implements commands.Findings.
func (r *Reader) Subject(ctx context.Context, account, finding uuid.UUID) (domain.Subject, error) {
	return projections.ReadSubject(ctx, r, account, finding)
}

// Comparison implements commands.Findings.
func (r *Reader) Comparison(ctx context.Context, account uuid.UUID, target string, scan uuid.UUID, said []domain.Judgement, now time.Time) (domain.ScanCompared, error) {
	return projections.ReadComparison(ctx, r, account, target, scan, said, now)
}

package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var (
	_ projections.SightingsReader = (*Reader)(nil)
	_ commands.Findings           = (*Reader)(nil)
)

// Sightings implements projections.SightingsReader. Scans that the table is behind
// with, or has nothing of yet, are folded from the log.
func (r *Reader) Sightings(ctx context.Context, account uuid.UUID, target string) ([]projections.SightingsRow, error) {
	var rows []projections.SightingsRow
	var behind []string
	b := &pgx.Batch{}
	b.Queue(`SELECT s.stream FROM streams s LEFT JOIN projected p ON p.stream = s.stream AND p.projection = $2
		WHERE s.owner = $1 AND NOT s.erased AND s.stream LIKE 'scan-%' AND coalesce(p.version, 0) < s.version`, account, r.sightings.Name()).Query(func(found pgx.Rows) (err error) {
		behind, err = pgx.CollectRows(found, pgx.RowTo[string])
		return err
	})
	b.Queue("SELECT row_key, "+strings.Join(r.sightings.columns, ", ")+" FROM sightings WHERE account = $1 AND ($2 = '' OR target_value = $2)",
		account, target).Query(func(found pgx.Rows) (err error) {
		rows, err = pgx.CollectRows(found, r.sighted.read)
		return err
	})
	if err := r.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, away(err)
	}
	standing, err := standings(ctx, r.pool, r.sightings, behind, func(row projections.SightingsRow) int { return row.Version })
	if err != nil {
		return nil, away(err)
	}
	late := map[uuid.UUID]bool{}
	for _, name := range behind {
		late[domain.Stream(name).ID()] = true
	}
	rows = slices.DeleteFunc(rows, func(row projections.SightingsRow) bool { return late[row.Scan] })
	for _, row := range standing {
		if target == "" || row.TargetValue == target {
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

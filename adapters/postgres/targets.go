package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.TargetReader = (*Reader)(nil)

// Target implements projections.TargetReader. The number is looked up in the
// log, which knows it before any table does.
func (r *Reader) Target(ctx context.Context, account uuid.UUID, number int64) (row projections.TargetRow, err error) {
	var stream domain.Stream
	err = r.pool.QueryRow(ctx, "SELECT stream FROM events WHERE position = $1 AND version = 1 AND owner = $2 AND stream LIKE 'target-%'",
		number, account).Scan(&stream)
	if err == nil {
		row, err = newest(ctx, r, r.targets, stream)
	}
	if errors.Is(err, pgx.ErrNoRows) || domain.CodeOf(err) == domain.NotFound || err == nil && row.RemovedAt != nil {
		return projections.TargetRow{}, domain.Errorf(domain.NotFound, "Target not found")
	}
	return row, away(err)
}

// Targets implements projections.TargetReader.
func (r *Reader) Targets(ctx context.Context, f projections.TargetFilter) ([]projections.TargetRow, int, error) {
	page := func(without []string, offset, limit int) (listPage[projections.TargetRow], error) {
		return r.targetPage(ctx, f, without, offset, limit)
	}
	first, err := page([]string{}, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, away(err)
	}
	l := list[projections.TargetRow]{r.targets, f.Matches, func(row projections.TargetRow) int64 { return row.Number }, page}
	return l.at(ctx, first, f.Offset, f.Limit)
}

func (r *Reader) targetPage(ctx context.Context, f projections.TargetFilter, without []string, offset, limit int) (p listPage[projections.TargetRow], err error) {
	const condition = ` FROM targets WHERE account = $1 AND removed_at IS NULL AND (active OR NOT $2) AND NOT stream = ANY($3)
		AND (cardinality($4::text[]) = 0 OR proof->>'domain' = ANY($4) AND (proof->>'at')::timestamptz > $5)
		AND (cardinality($6::text[]) = 0 OR target_value = ANY($6)) AND (schedule IS NOT NULL OR NOT $7)`
	proven, values, b := append([]string{}, f.Proven...), append([]string{}, f.Values...), &pgx.Batch{}
	queueBehind(b, domain.TargetFamily, []uuid.UUID{f.Account}, &p.behind)
	b.Queue("SELECT count(*)"+condition, f.Account, f.Active, without, proven, f.Since, values, f.Planned).QueryRow(func(row pgx.Row) error { return row.Scan(&p.total) })
	b.Queue("SELECT row_key, "+strings.Join(r.targets.columns, ", ")+condition+" ORDER BY number DESC OFFSET $8 LIMIT $9",
		f.Account, f.Active, without, proven, f.Since, values, f.Planned, offset, limit).Query(func(rows pgx.Rows) (err error) {
		p.rows, err = pgx.CollectRows(rows, r.listed.read)
		return err
	})
	return p, r.pool.SendBatch(ctx, b).Close()
}

// ScansOf implements projections.TargetReader: one query for all targets, and
// what the table of scans is behind with is folded from the log.
func (r *Reader) ScansOf(ctx context.Context, account uuid.UUID, values []string) (map[string]projections.TargetScans, error) {
	const newest = `SELECT row_key FROM scans WHERE account = $1 AND target_value = v.value AND NOT stream = ANY($3)`
	behind, err := r.behindScans(ctx, account)
	if err != nil {
		return nil, away(err)
	}
	names := make([]string, 0, len(behind))
	rows := make([]projections.ScanRow, 0, len(behind)+2*len(values))
	for name, row := range behind {
		if names = append(names, name); slices.Contains(values, row.TargetValue) {
			rows = append(rows, row)
		}
	}
	found, err := r.pool.Query(ctx, "SELECT row_key, "+strings.Join(r.scans.columns, ", ")+` FROM scans WHERE row_key IN (SELECT s.row_key
		FROM unnest($2::text[]) AS v(value) CROSS JOIN LATERAL ((`+newest+` ORDER BY number DESC LIMIT 1)
		UNION SELECT c.row_key FROM unnest($4::text[]) AS p(profile) CROSS JOIN LATERAL (`+newest+`
		AND profile = p.profile AND state = 'completed' ORDER BY number DESC LIMIT 1) c) s)`, account, values, names, domain.AllProfiles())
	if err != nil {
		return nil, away(err)
	}
	standing, err := pgx.CollectRows(found, r.parsed.read)
	return projections.NewestScans(append(rows, standing...)), away(err)
}

// behindScans are the scans that the table is behind with, as they stand.
func (r *Reader) behindScans(ctx context.Context, account uuid.UUID) (map[string]projections.ScanRow, error) {
	rows, err := r.pool.Query(ctx, "SELECT stream FROM streams WHERE owner = $1 AND listed < version AND NOT erased AND stream LIKE 'scan-%'", account)
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		return nil, err
	}
	return standings(ctx, r.pool, r.scans.Table, names, scanVersion)
}

// Proven implements commands.Proofs.
func (r *Reader) Proven(ctx context.Context, account uuid.UUID, domains []string, since time.Time) (bool, error) {
	_, n, err := r.Targets(ctx, projections.TargetFilter{Account: account, Proven: domains, Since: since})
	return n > 0, err
}

func targetVersion(row projections.TargetRow) int { return row.Version }

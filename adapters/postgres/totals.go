package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Totals counts an account's scans and what they found, none older than the
// log. The table is summed up where it lies; only scans that it is behind with
// are read, and folded from the log.
func (r *Reader) Totals(ctx context.Context, account uuid.UUID) (projections.Totals, error) {
	sum, behind, err := r.totals(ctx, account, []string{})
	if err != nil || len(behind) == 0 {
		return sum, away(err)
	}
	standing, err := standings(ctx, r.pool, r.scans, behind, scanVersion)
	if err == nil {
		sum, _, err = r.totals(ctx, account, behind)
	}
	if err != nil {
		return sum, away(err)
	}
	for _, row := range standing {
		sum = sum.Plus(row)
	}
	return sum, nil
}

// counted is SQL for how many findings of some severities there are. To name
// them is several times as fast as to take each row's findings apart.
func counted(severities ...domain.Severity) string {
	terms := make([]string, len(severities))
	for i, s := range severities {
		terms[i] = fmt.Sprintf("coalesce(sum((findings->>'%s')::int), 0)", s)
	}
	return strings.Join(terms, " + ")
}

// totals sums up the table in one journey, leaving out the streams named, and
// says which ones it was behind with just before.
func (r *Reader) totals(ctx context.Context, account uuid.UUID, without []string) (sum projections.Totals, behind []string, err error) {
	b := &pgx.Batch{}
	b.Queue("SELECT stream FROM streams WHERE owner = $1 AND listed < version AND NOT erased AND stream LIKE 'scan-%'", account).Query(func(rows pgx.Rows) (err error) {
		behind, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	b.Queue(`SELECT count(*), count(*) FILTER (WHERE state = 'completed'), `+counted(domain.Severities...)+`, `+counted(domain.Critical)+`
		FROM scans WHERE account = $1 AND NOT stream = ANY($2)`, account, without).QueryRow(func(row pgx.Row) error {
		return row.Scan(&sum.Scans, &sum.Completed, &sum.Findings, &sum.Critical)
	})
	return sum, behind, r.pool.SendBatch(ctx, b).Close()
}

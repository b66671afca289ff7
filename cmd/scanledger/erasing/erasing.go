// Package erasing erases what is due: what deleted accounts have left, and what is older
// than the installation keeps it.
package erasing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Batch is how many streams are asked for at one time.
const Batch = 100

// Eraser erases.
type Eraser struct {
	Pool *pgxpool.Pool
	Desk commands.Desk
	Keep time.Duration // how long scans and look-ups are kept; 0 is for ever
	Log  *slog.Logger
}

// Due erases the scans, targets, links and look-ups of deleted accounts, and scans
// and look-ups that at a time are older than the installation keeps them.
func (r Eraser) Due(ctx context.Context, by commands.Caller, at time.Time) error {
	due := postgres.NewErasures(r.Pool)
	err := errors.Join(r.Orphans(ctx, by, domain.ScanFamily), r.Orphans(ctx, by, domain.TargetFamily), r.Orphans(ctx, by, domain.LinkFamily), r.Orphans(ctx, by, domain.LookupFamily))
	if err != nil || r.Keep == 0 {
		return err
	}
	before := at.Add(-r.Keep)
	erased, err := r.Each(ctx, by, domain.ScanFamily, domain.ForRetention, func() ([]uuid.UUID, error) { return due.Expired(ctx, before, Batch) })
	if erased > 0 {
		r.Log.Info("scans are erased for their age", "scans", erased, "over_before", before)
	}
	looked, failed := r.Each(ctx, by, domain.LookupFamily, domain.ForRetention, func() ([]uuid.UUID, error) { return due.Looked(ctx, before, Batch) })
	if looked > 0 {
		r.Log.Info("look-ups are erased for their age", "lookups", looked, "before", before)
	}
	return errors.Join(err, failed)
}

// Orphans erases what deleted accounts have left of a family's streams.
func (r Eraser) Orphans(ctx context.Context, by commands.Caller, family string) error {
	due := postgres.NewErasures(r.Pool)
	_, err := r.Each(ctx, by, family, domain.ForAccount, func() ([]uuid.UUID, error) { return due.Orphans(ctx, family, Batch) })
	return err
}

// Each erases scans, targets, links or look-ups, batch by batch, until there are no more. One
// that cannot be erased keeps none of its batch back, and is the error.
func (r Eraser) Each(ctx context.Context, by commands.Caller, family, reason string, next func() ([]uuid.UUID, error)) (erased int, err error) {
	for {
		ids, err := next()
		if err != nil || len(ids) == 0 {
			return erased, err
		}
		var faults []error
		for _, id := range ids {
			if err := r.one(ctx, by, family, reason, id); err != nil {
				faults = append(faults, fmt.Errorf("erase %s %s: %w", family, id, err))
				continue
			}
			erased++
		}
		if len(faults) > 0 {
			return erased, errors.Join(faults...)
		}
	}
}

// one erases what a stream of a family is of.
func (r Eraser) one(ctx context.Context, by commands.Caller, family, reason string, id uuid.UUID) error {
	switch family {
	case domain.TargetFamily:
		return r.Desk.EraseTarget(ctx, commands.EraseTarget{By: by, ID: id, Reason: reason})
	case domain.LinkFamily:
		return r.Desk.EraseLink(ctx, commands.EraseLink{By: by, ID: id, Reason: reason})
	case domain.LookupFamily:
		return r.Desk.EraseLookup(ctx, commands.EraseLookup{By: by, ID: id, Reason: reason})
	default:
		return r.Desk.EraseScan(ctx, commands.EraseScan{By: by, Scan: id, Reason: reason})
	}
}

// Forget has ClickHouse forget the deleted accounts, and returns how many rows
// those had.
func Forget(ctx context.Context, pool *pgxpool.Pool, db *clickhouse.DB) (rows uint64, err error) {
	due := postgres.NewErasures(pool)
	accounts, err := due.Forgetting(ctx)
	if err != nil {
		return 0, err
	}
	for _, account := range accounts {
		n, err := db.Erase(ctx, account)
		if err != nil {
			return rows, err
		}
		rows += n
		if err := due.Forgotten(ctx, account); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

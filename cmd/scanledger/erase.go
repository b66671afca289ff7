package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

const (
	eraseEvery = 5 * time.Second // how often a process looks for what is to be erased
	eraseBatch = 100             // scans that it asks for at one time
	// abandonTime is how long a rebuild that was cut off keeps what it has made:
	// nothing that is erased goes out of that.
	abandonTime = 24 * time.Hour
)

// erase erases what is due until ctx ends. Of several processes one does it.
func (p *platform) erase(ctx context.Context) error {
	lead := postgres.NewErasures(p.pool).Lead
	return p.every(ctx, eraseEvery, "nothing is erased", func(ctx context.Context) error {
		return lead(ctx, func(ctx context.Context) error {
			faults := []error{p.eraseDue(ctx, now())}
			for _, t := range tables(p.pool) {
				faults = append(faults, t.DropAbandoned(ctx, abandonTime))
			}
			return errors.Join(faults...)
		})
	})
}

// every does a piece of work at intervals until ctx ends, and tells of a
// failure once.
func (p *platform) every(ctx context.Context, pause time.Duration, failure string, do func(context.Context) error) error {
	for said := ""; ctx.Err() == nil; {
		err := do(ctx)
		if err != nil && ctx.Err() == nil && err.Error() != said {
			p.log.Warn(failure, "error", err)
		}
		said = fmt.Sprint(err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return nil
}

// eraseDue erases the scans, targets and links of deleted accounts, and scans that at a
// time are older than the installation keeps them.
func (p *platform) eraseDue(ctx context.Context, at time.Time) error {
	due := postgres.NewErasures(p.pool)
	by := commands.Caller{Worker: workerName(), Request: newID().String()}
	err := errors.Join(p.eraseOrphans(ctx, by, domain.ScanFamily), p.eraseOrphans(ctx, by, domain.TargetFamily), p.eraseOrphans(ctx, by, domain.LinkFamily))
	keep, never := p.config.retention()
	if err != nil || never != nil || keep == 0 {
		return errors.Join(err, never)
	}
	before := at.Add(-keep)
	erased, err := p.eraseEach(ctx, by, domain.ScanFamily, domain.ForRetention, func() ([]uuid.UUID, error) { return due.Expired(ctx, before, eraseBatch) })
	if erased > 0 {
		p.log.Info("scans are erased for their age", "scans", erased, "over_before", before)
	}
	return err
}

// eraseOrphans erases what deleted accounts have left of a family's streams.
func (p *platform) eraseOrphans(ctx context.Context, by commands.Caller, family string) error {
	due := postgres.NewErasures(p.pool)
	_, err := p.eraseEach(ctx, by, family, domain.ForAccount, func() ([]uuid.UUID, error) { return due.Orphans(ctx, family, eraseBatch) })
	return err
}

// eraseEach erases scans, targets or links, batch by batch, until there are no more. One
// that cannot be erased keeps none of its batch back, and is the error.
func (p *platform) eraseEach(ctx context.Context, by commands.Caller, family, reason string, next func() ([]uuid.UUID, error)) (erased int, err error) {
	for {
		ids, err := next()
		if err != nil || len(ids) == 0 {
			return erased, err
		}
		var faults []error
		for _, id := range ids {
			if err := p.eraseOne(ctx, by, family, reason, id); err != nil {
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

func (p *platform) eraseOne(ctx context.Context, by commands.Caller, family, reason string, id uuid.UUID) error {
	switch family {
	case domain.TargetFamily:
		return p.desk.EraseTarget(ctx, commands.EraseTarget{By: by, ID: id, Reason: reason})
	case domain.LinkFamily:
		return p.desk.EraseLink(ctx, commands.EraseLink{By: by, ID: id, Reason: reason})
	default:
		return p.desk.EraseScan(ctx, commands.EraseScan{By: by, Scan: id, Reason: reason})
	}
}

// forget has ClickHouse forget the deleted accounts, and returns how many rows
// those had.
func (p *platform) forget(ctx context.Context, db *clickhouse.DB) (rows uint64, err error) {
	due := postgres.NewErasures(p.pool)
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

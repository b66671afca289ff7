package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ commands.Schedules = (*Schedules)(nil)

// Schedules are the targets whose schedules are to be run: the rows of the read model
// of targets, and what it is behind with, folded from the log. The clock is the
// caller's.
type Schedules struct {
	pool    *pgxpool.Pool
	targets *Table[projections.TargetRow]
}

// NewSchedules returns the schedules of a log.
func NewSchedules(pool *pgxpool.Pool) *Schedules {
	return &Schedules{pool, NewTable(pool, projections.Targets)}
}

// run is a run that is planned.
type run struct {
	Target uuid.UUID
	Due    time.Time
}

// freeRuns are the planned runs in the table that nobody has taken, first those that are due first.
const freeRuns = `SELECT id, next_run FROM targets t WHERE next_run IS NOT NULL AND NOT stream = ANY($1)
	AND NOT EXISTS (SELECT FROM runs_taken r WHERE r.target = t.id AND r.due = t.next_run AND r.until > $2) ORDER BY next_run LIMIT $3`

// candidates is how many runs are looked at before it is given up for now to find one
// that no other has taken in the same moment.
const candidates = 16

// Take implements commands.Schedules.
func (s *Schedules) Take(ctx context.Context, now time.Time, ttl time.Duration) (uuid.UUID, error) {
	free, err := s.free(ctx, now, candidates)
	if err != nil {
		return uuid.Nil, away(err)
	}
	for _, r := range free {
		if r.Due.After(now) {
			break
		}
		taken, err := s.pool.Exec(ctx, `INSERT INTO runs_taken AS r (target, due, until) VALUES ($1, $2, $3)
			ON CONFLICT (target) DO UPDATE SET due = excluded.due, until = excluded.until WHERE r.due <> excluded.due OR r.until <= $4`,
			r.Target, r.Due, now.Add(ttl), now)
		if err != nil {
			return uuid.Nil, away(err)
		}
		if taken.RowsAffected() > 0 {
			failpoint.Here(failpoint.ScheduleTaken)
			return r.Target, nil
		}
	}
	return uuid.Nil, nil
}

// free are planned runs that nobody has taken, in the order in which they are due.
func (s *Schedules) free(ctx context.Context, now time.Time, most int) ([]run, error) {
	rows, err := s.pool.Query(ctx, "SELECT stream FROM streams WHERE listed < version AND NOT erased AND stream LIKE 'target-%'")
	if err != nil {
		return nil, err
	}
	behind, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	if rows, err = s.pool.Query(ctx, freeRuns, append([]string{}, behind...), now, most); err != nil {
		return nil, err
	}
	free, err := pgx.CollectRows(rows, pgx.RowToStructByPos[run])
	if err != nil || len(behind) == 0 {
		return free, err
	}
	late, err := s.late(ctx, behind, now)
	free = append(free, late...)
	slices.SortFunc(free, func(a, b run) int { return cmp.Or(a.Due.Compare(b.Due), slices.Compare(a.Target[:], b.Target[:])) })
	return free, err
}

// late are those of streams that the table is behind with.
func (s *Schedules) late(ctx context.Context, streams []string, now time.Time) (free []run, err error) {
	standing, err := standings(ctx, s.pool, s.targets, streams, targetVersion)
	if err != nil {
		return nil, err
	}
	for _, row := range standing {
		if row.NextRun == nil {
			continue
		}
		var taken bool
		err := s.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM runs_taken WHERE target = $1 AND due = $2 AND until > $3)", row.ID, row.NextRun, now).Scan(&taken)
		if err != nil {
			return nil, err
		}
		if !taken {
			free = append(free, run{row.ID, *row.NextRun})
		}
	}
	return free, nil
}

// Unplanned implements commands.Schedules.
func (s *Schedules) Unplanned(ctx context.Context) ([]uuid.UUID, error) {
	rows, err := s.pool.Query(ctx, `SELECT id FROM targets WHERE frequency <> $1 AND removed_at IS NULL AND (schedule IS NULL OR schedule::text = 'null') ORDER BY id`, domain.Manual)
	if err != nil {
		return nil, away(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return all, away(err)
}

// forgotten is how long it is kept who took a run, after it may be taken again.
const forgotten = time.Hour

// Next implements commands.Schedules.
func (s *Schedules) Next(ctx context.Context, now time.Time) (time.Time, error) {
	free, err := s.free(ctx, now, 1)
	if err != nil {
		return time.Time{}, away(err)
	}
	if _, err := s.pool.Exec(ctx, "DELETE FROM runs_taken WHERE until < $1", now.Add(-forgotten)); err != nil {
		return time.Time{}, away(err)
	}
	var again time.Time
	err = s.pool.QueryRow(ctx, "SELECT until FROM runs_taken WHERE until > $1 ORDER BY until LIMIT 1", now).Scan(&again)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, away(err)
	}
	if len(free) > 0 && (again.IsZero() || free[0].Due.Before(again)) {
		again = free[0].Due
	}
	return again.UTC(), nil
}

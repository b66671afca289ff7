package memory

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ commands.Schedules = (*Schedules)(nil)

// Schedules are the targets of a log whose schedules are to be run.
type Schedules struct {
	Log *Log

	mu    sync.Mutex
	taken map[uuid.UUID]takenRun
}

// takenRun is a run in somebody's hands.
type takenRun struct{ due, until time.Time }

// Take implements commands.Schedules.
func (s *Schedules) Take(_ context.Context, now time.Time, ttl time.Duration) (uuid.UUID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	free, err := s.free(now)
	if err != nil || len(free) == 0 || free[0].NextRun.After(now) {
		return uuid.Nil, err
	}
	if s.taken == nil {
		s.taken = map[uuid.UUID]takenRun{}
	}
	s.taken[free[0].ID] = takenRun{*free[0].NextRun, now.Add(ttl)}
	return free[0].ID, nil
}

// Next implements commands.Schedules.
func (s *Schedules) Next(_ context.Context, now time.Time) (again time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	free, err := s.free(now)
	if len(free) > 0 {
		again = *free[0].NextRun
	}
	for _, t := range s.taken {
		if t.until.After(now) && (again.IsZero() || t.until.Before(again)) {
			again = t.until
		}
	}
	return again, err
}

// Unplanned implements commands.Schedules.
func (s *Schedules) Unplanned(context.Context) (all []uuid.UUID, err error) {
	history, err := decode(s.Log.Stored(0))
	if err != nil {
		return nil, err
	}
	for _, row := range projections.Targets.Rows(map[string]projections.TargetRow{}, history) {
		if row.Frequency != domain.Manual && row.RemovedAt == nil && row.Schedule == nil {
			all = append(all, row.ID)
		}
	}
	slices.SortFunc(all, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return all, nil
}

// free are the planned runs that nobody has taken, first those that are due first.
func (s *Schedules) free(now time.Time) (free []projections.TargetRow, err error) {
	history, err := decode(s.Log.Stored(0))
	if err != nil {
		return nil, err
	}
	for _, row := range projections.Targets.Rows(map[string]projections.TargetRow{}, history) {
		if row.NextRun == nil {
			continue
		}
		if t := s.taken[row.ID]; !t.due.Equal(*row.NextRun) || !t.until.After(now) {
			free = append(free, row)
		}
	}
	slices.SortFunc(free, func(a, b projections.TargetRow) int {
		return cmp.Or(a.NextRun.Compare(*b.NextRun), slices.Compare(a.ID[:], b.ID[:]))
	})
	return free, nil
}

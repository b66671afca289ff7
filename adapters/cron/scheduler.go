package cron

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
)

// Scheduler runs what is due. Any number may run beside each other: each run
// begins once.
type Scheduler struct {
	Name      string // of the worker, in events
	Schedules commands.Schedules
	Run       func(ctx context.Context, c commands.RunSchedule) error
	Plan      func(ctx context.Context, c commands.PlanFrequency) error
	Now       func() time.Time
	After     func(time.Duration) <-chan time.Time // time.After
	Log       *slog.Logger
}

const (
	// hold is for how long others leave alone what one has taken: a request for
	// a scan looks names up, and may ask them twice.
	hold = time.Minute
	// look is how long nobody looks at the schedules: one that was set elsewhere
	// meanwhile begins at most so late.
	look = 15 * time.Second
	// pause is how long it is waited after a fault.
	pause = 5 * time.Second
	// slots is how many runs are started at one time.
	slots = 4
)

// Serve plans what has a scan_frequency of before there were schedules, and runs what
// is due until ctx ends. It waits for what is under way.
func (s *Scheduler) Serve(ctx context.Context) error {
	if err := s.plan(ctx); err != nil && ctx.Err() == nil {
		s.Log.Warn("some targets are not scanned by their scan_frequency until the next start", "error", err)
	}
	var all sync.WaitGroup
	for range slots {
		all.Go(func() { s.serve(ctx) })
	}
	all.Wait()
	return nil
}

func (s *Scheduler) plan(ctx context.Context) error {
	targets, err := s.Schedules.Unplanned(ctx)
	for _, target := range targets {
		err = errors.Join(err, s.Plan(ctx, commands.PlanFrequency{By: commands.Caller{Worker: s.Name}, Target: target}))
	}
	return err
}

func (s *Scheduler) serve(ctx context.Context) {
	for ctx.Err() == nil {
		target, err := s.Schedules.Take(ctx, s.Now(), hold)
		if err == nil && target != uuid.Nil {
			err = s.Run(ctx, commands.RunSchedule{By: commands.Caller{Worker: s.Name}, Target: target})
			if err == nil {
				continue
			}
		}
		wait := pause
		if err == nil {
			wait, err = s.wait(ctx)
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			s.Log.Warn("a schedule is due and has to wait", "target", target, "error", err)
		}
		select {
		case <-s.After(wait):
		case <-ctx.Done():
		}
	}
}

// wait is how long there is nothing to do.
func (s *Scheduler) wait(ctx context.Context) (time.Duration, error) {
	now := s.Now()
	next, err := s.Schedules.Next(ctx, now)
	switch {
	case err != nil:
		return pause, err
	case next.IsZero():
		return look, nil
	default:
		return min(max(next.Sub(now), 0), look), nil
	}
}

package main

import (
	"context"
	"time"

	"github.com/scanledger/scanledger/adapters/postgres"
)

// Kept answers and pictures whose time is over, tallies of hours and counts of windows
// that are, and turns that were taken, are removed every minute, some at a time, so that
// no transaction is long.
const (
	sweepEvery = time.Minute
	sweepMost  = 1000
	tallyTime  = 24 * time.Hour // that the tally of an hour is kept, whatever clocks say
)

// sweep removes what is kept no longer, until ctx ends.
func (p *platform) sweep(ctx context.Context) error {
	answers, pictures, turns, limits := postgres.NewAnswers(p.pool), postgres.NewPictures(p.pool), postgres.NewTurns(p.pool), postgres.NewLimits(p.pool)
	sweeps := []struct {
		what  string
		sweep func() (int, error)
	}{
		{"answers that are kept no longer", func() (int, error) { return answers.Sweep(ctx, sweepMost) }},
		{"tallies of hours that are over", func() (int, error) { return p.secrets.SweepTallies(ctx, now().Add(-tallyTime), sweepMost) }},
		{"pictures that are kept no longer", func() (int, error) { return pictures.Sweep(ctx, now(), sweepMost) }},
		{"counts of windows that are over", func() (int, error) { return limits.Sweep(ctx, sweepMost) }},
		{"turns of registries that were taken", func() (int, error) { return turns.Sweep(ctx, sweepMost) }},
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		more := false
		for _, s := range sweeps {
			n, err := s.sweep()
			if err != nil && ctx.Err() == nil {
				p.log.Warn(s.what+" stay for a while", "error", err)
			}
			more = more || err == nil && n == sweepMost
		}
		if more && ctx.Err() == nil {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

package main

import (
	"context"
	"errors"
	"time"

	"github.com/scanledger/scanledger/adapters/postgres"
)

// Kept answers and pictures whose time is over, and tallies of hours that are, are
// removed every minute, some at a time, so that no transaction is long.
const (
	sweepEvery = time.Minute
	sweepMost  = 1000
	tallyTime  = 24 * time.Hour // that the tally of an hour is kept, whatever clocks say
)

// sweep removes what is kept no longer, until ctx ends.
func (p *platform) sweep(ctx context.Context) error {
	answers, pictures := postgres.NewAnswers(p.pool), postgres.NewPictures(p.pool)
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		swept, err := answers.Sweep(ctx, sweepMost)
		if err != nil && ctx.Err() == nil {
			p.log.Warn("answers that are kept no longer stay for a while", "error", err)
		}
		tallies, failed := p.secrets.SweepTallies(ctx, now().Add(-tallyTime), sweepMost)
		if failed != nil && ctx.Err() == nil {
			p.log.Warn("tallies of hours that are over stay for a while", "error", failed)
		}
		old, stuck := pictures.Sweep(ctx, now(), sweepMost)
		if stuck != nil && ctx.Err() == nil {
			p.log.Warn("pictures that are kept no longer stay for a while", "error", stuck)
		}
		if errors.Join(err, failed, stuck) == nil && max(swept, tallies, old) == sweepMost {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

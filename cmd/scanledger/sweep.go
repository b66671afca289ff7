package main

import (
	"context"
	"errors"
	"time"

	"github.com/scanledger/scanledger/adapters/postgres"
)

// Kept answers whose time is over, and tallies of hours that are, are removed
// every minute, some at a time, so that no transaction is long.
const (
	sweepEvery = time.Minute
	sweepMost  = 1000
	tallyTime  = 24 * time.Hour // that the tally of an hour is kept, whatever clocks say
)

// sweep removes what is kept no longer, until ctx ends.
func (p *platform) sweep(ctx context.Context) error {
	answers := postgres.NewAnswers(p.pool)
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
		if errors.Join(err, failed) == nil && max(swept, tallies) == sweepMost {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

package main

import (
	"context"
	"time"

	"github.com/scanledger/scanledger/adapters/postgres"
)

// Kept answers whose time is over are removed every minute, some at a time, so
// that no transaction is long.
const (
	sweepEvery = time.Minute
	sweepMost  = 1000
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
		if err == nil && swept == sweepMost {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

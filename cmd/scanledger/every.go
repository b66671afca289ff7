package main

import (
	"context"
	"fmt"
	"time"
)

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

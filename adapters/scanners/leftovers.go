package scanners

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Remote is a scanner whose tool works elsewhere, and goes on there when the worker
// dies that has asked it to.
type Remote interface {
	// Clear stops what the tool still does of scans that are over, and removes what
	// is left of them there. Over says whether a scan is one of this installation that has
	// ended. It does nothing where the tool is not configured.
	Clear(ctx context.Context, over func(context.Context, uuid.UUID) (bool, error)) error
}

// clearEvery is how often a worker looks for what is left in tools elsewhere.
const clearEvery = time.Minute

// clear stops what dead workers have left running in tools elsewhere: as this worker starts,
// and then now and again, until ctx ends.
func (w *Worker) clear(ctx context.Context) {
	var all sync.WaitGroup
	for tool, s := range w.Scanners {
		r, elsewhere := s.(Remote)
		if !elsewhere {
			continue
		}
		all.Go(func() {
			for away := false; ctx.Err() == nil; {
				err := r.Clear(ctx, w.Desk.ScanOver)
				if err != nil && !away && ctx.Err() == nil {
					w.Log.Warn("what dead workers may have left there is not stopped yet", "tool", tool, "error", err)
				}
				away = err != nil
				if Rest(ctx, clearEvery) != nil {
					return
				}
			}
		})
	}
	all.Wait()
}

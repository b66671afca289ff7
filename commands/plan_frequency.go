package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// PlanFrequency gives a target the schedule that its scan_frequency stands for: one that got its
// word when nothing was scanned by it yet has none.
type PlanFrequency struct {
	By     Caller // a worker
	Target uuid.UUID
}

// PlanFrequency has no effect on a target that has a schedule or needs none, or that is no
// more. The schedule is as if the word had been set now.
func (d Desk) PlanFrequency(ctx context.Context, c PlanFrequency) error {
	_, err := decide(ctx, d, c.By.act("plan_frequency"), targetStream(c.Target), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		if a.State != domain.Listed || a.Schedule != nil {
			return Write{}, nil, nil
		}
		events, err := d.frequent(ctx, a, a.Target, a.Frequency)
		return Write{Owner: a.Account}, events, err
	})
	return notDue(err)
}

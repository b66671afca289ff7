package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// RemoveSchedule takes a target's schedule away.
type RemoveSchedule struct {
	By     Caller
	Target uuid.UUID
}

// RemoveSchedule leaves the target on the list, to be scanned when it is asked
// for. It answers NotFound for a target that is unknown, another's, removed or
// without a schedule.
func (d Desk) RemoveSchedule(ctx context.Context, c RemoveSchedule) error {
	_, err := decide(ctx, d, c.By.act("remove_schedule"), targetStream(c.Target), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		if err := mySchedule(a, c.By); err != nil {
			return Write{}, nil, err
		}
		events, err := a.RemoveSchedule()
		return Write{Owner: a.Account}, events, err
	})
	return err
}

package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// RemoveTarget takes a target off the caller's list.
type RemoveTarget struct {
	By Caller
	ID uuid.UUID
}

// RemoveTarget makes room for another target, and ends what was proven by this
// one. Its scans stay. It answers NotFound for a target that is unknown,
// another's or removed already.
func (d Desk) RemoveTarget(ctx context.Context, c RemoveTarget) error {
	_, err := decide(ctx, d, c.By.act("remove_target"), targetStream(c.ID), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		if err := myAsset(a, c.By); err != nil {
			return Write{}, nil, err
		}
		events, err := a.Remove()
		return Write{
			Owner: a.Account, Release: []string{domain.TargetClaim(a.Account, a.Target)},
			Tallies: []Tally{targetRemoved(a.Account)},
		}, events, err
	})
	return err
}

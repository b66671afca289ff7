package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// EraseTarget takes away what a target's stream has said.
type EraseTarget struct {
	By     Caller
	ID     uuid.UUID
	Reason string // domain.ForAccount
}

// EraseTarget takes the payloads of a target's events and its row away, in the
// transaction of its event. It answers NotFound for an unknown target. To erase
// one again changes nothing.
func (d Desk) EraseTarget(ctx context.Context, c EraseTarget) error {
	_, err := decide(ctx, d, c.By.act("erase_target"), targetStream(c.ID), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		if a.State == "" {
			return Write{}, nil, domain.Errorf(domain.NotFound, "Target not found")
		}
		w := Write{Owner: a.Account, Erase: true}
		if a.State == domain.Listed {
			w.Tallies = []Tally{targetRemoved(a.Account)}
		}
		return w, a.Erase(c.Reason), nil
	})
	return err
}

package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// EraseLookup takes away what a look-up has found out.
type EraseLookup struct {
	By     Caller
	ID     uuid.UUID
	Reason string // domain.ForRetention or domain.ForAccount
}

// EraseLookup takes the payload of a look-up's event and its row away, in the
// transaction of its event. It answers NotFound for an unknown look-up. To erase
// one again changes nothing.
func (d Desk) EraseLookup(ctx context.Context, c EraseLookup) error {
	_, err := decide(ctx, d, c.By.act("erase_lookup"), lookupStream(c.ID), newLookup, func(l *domain.Lookup) (Write, []domain.Event, error) {
		if l.State == "" {
			return Write{}, nil, domain.Errorf(domain.NotFound, "Look-up not found")
		}
		return Write{Owner: l.Account, Erase: true}, l.Erase(c.Reason), nil
	})
	return err
}

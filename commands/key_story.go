package commands

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// KeyStory is what an account's keys are folded from.
type KeyStory struct {
	History []domain.Envelope
	Used    map[uuid.UUID]time.Time             // when each key was last used
	Open    func(domain.Sealed) (string, error) // opens the account's sealed texts
}

// KeyStory reads it; NotFound when there is no account.
func (d Desk) KeyStory(ctx context.Context, account uuid.UUID) (s KeyStory, err error) {
	if s.Open, err = d.Unseal(ctx, account); err != nil {
		return s, err
	}
	if s.History, err = d.Log.Read(ctx, accountStream(account), 0); err != nil {
		return s, err
	}
	s.Used, err = d.Uses.LastUses(ctx, account)
	return s, err
}

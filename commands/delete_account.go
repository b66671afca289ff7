package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// DeleteAccount ends an account for good.
type DeleteAccount struct {
	By      Caller
	Account uuid.UUID
}

// DeleteAccount destroys, in the transaction of its event, the key that the
// account's personal data is sealed with, its password and its API keys, and
// frees its e-mail address. Its scans are to be erased after that, by EraseScan.
// It answers NotFound for an account that is unknown or deleted already.
func (d Desk) DeleteAccount(ctx context.Context, c DeleteAccount) error {
	_, err := decide(ctx, d, c.By.act("delete_account"), accountStream(c.Account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		if !a.Exists() {
			return Write{}, nil, domain.Errorf(domain.NotFound, "there is no account %s", c.Account)
		}
		return Write{Owner: c.Account, Erase: true}, a.Delete(), nil
	})
	return err
}

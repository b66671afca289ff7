package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// SetOperator lets an account administer the installation, or no more.
type SetOperator struct {
	By       Caller
	Account  uuid.UUID
	Operator bool
}

// SetOperator answers NotFound for an unknown account. What the account is
// already it stays without an event.
func (d Desk) SetOperator(ctx context.Context, c SetOperator) error {
	_, err := decide(ctx, d, c.By.act("set_operator"), accountStream(c.Account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		if !a.Exists() {
			return Write{}, nil, domain.Errorf(domain.NotFound, "there is no account %s", c.Account)
		}
		return Write{Owner: c.Account}, a.SetOperator(c.Operator), nil
	})
	return err
}

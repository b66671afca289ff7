package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// OpenMonth writes down what the month has brought an account and taken from
// it, so that its ledger stands as of now. Scans that cost credits do the same
// for themselves.
type OpenMonth struct {
	By      Caller
	Account uuid.UUID
}

// OpenMonth answers NotFound for an unknown account. A month that is open stays
// so, without an event.
func (d Desk) OpenMonth(ctx context.Context, c OpenMonth) error {
	due := func(a *domain.Account) []domain.Event { return a.Credits.Due(a.Plan(domain.SecAbly), d.Now()) }
	a, err := d.account(ctx, c.Account)
	if err != nil || len(due(a)) == 0 {
		return err
	}
	_, err = decide(ctx, d, c.By.act("open_month"), accountStream(c.Account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		return Write{Owner: c.Account}, due(a), nil
	})
	return err
}

// Ledger returns an account's ledger as of now: it opens the month first. It
// answers NotFound for an unknown account.
func (d Desk) Ledger(ctx context.Context, by Caller, account uuid.UUID) (*domain.Ledger, error) {
	if err := d.OpenMonth(ctx, OpenMonth{By: by, Account: account}); err != nil {
		return nil, err
	}
	history, err := d.Log.Read(ctx, accountStream(account), 0)
	if err != nil {
		return nil, err
	}
	return domain.Fold(new(domain.Ledger), history), nil
}

// ReasonsOf are why operators have granted credits, one for each entry of an
// account's ledger: "" where none was given. NotFound when there is no account.
func (d Desk) ReasonsOf(ctx context.Context, account uuid.UUID, l *domain.Ledger) ([]string, error) {
	open, err := d.Unseal(ctx, account)
	if err != nil {
		return nil, err
	}
	reasons := make([]string, len(l.Entries))
	for i, e := range l.Entries {
		if reasons[i], err = open(e.Reason); err != nil {
			return nil, err
		}
	}
	return reasons, nil
}

package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// GrantCredits gives an account credits that stay until they are spent.
type GrantCredits struct {
	By      Caller
	Account uuid.UUID
	Amount  int
	Reason  string // for whoever asks later; may be empty
}

// maxGrant is the most that is granted at once.
const maxGrant = 1_000_000

// GrantCredits answers Invalid for an amount that cannot be granted or a reason
// that cannot be kept, and NotFound for an unknown account.
func (d Desk) GrantCredits(ctx context.Context, c GrantCredits) error {
	if c.Amount < 1 || c.Amount > maxGrant {
		return domain.Errorf(domain.Invalid, "credits must be a whole number from 1 to %d", maxGrant)
	}
	reason, err := d.sealReason(ctx, c.Account, c.Reason)
	if err != nil {
		return err
	}
	_, err = decide(ctx, d, c.By.act("grant_credits"), accountStream(c.Account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		if !a.Exists() {
			return Write{}, nil, domain.Errorf(domain.NotFound, "there is no account %s", c.Account)
		}
		return Write{Owner: c.Account}, []domain.Event{domain.CreditsGranted{Pool: domain.PurchasedPool, Amount: c.Amount, Reason: reason}}, nil
	})
	return err
}

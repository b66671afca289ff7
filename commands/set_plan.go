package commands

import (
	"context"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// SetPlan moves an account to another plan of one contract.
type SetPlan struct {
	By       Caller
	Account  uuid.UUID
	Contract domain.Contract
	Plan     string
	Reason   string // for whoever asks later; may be empty
}

// SetPlan answers Invalid for a plan that the contract does not have or a reason
// that cannot be kept, and NotFound for an unknown account. The plan that an
// account has already is set without an event.
func (d Desk) SetPlan(ctx context.Context, c SetPlan) error {
	if _, ok := domain.PlanOf(c.Contract, c.Plan); !ok {
		return domain.Errorf(domain.Invalid, "contract %q has no plan %q", c.Contract, c.Plan)
	}
	reason, err := d.sealReason(ctx, c.Account, c.Reason)
	if err != nil {
		return err
	}
	_, err = decide(ctx, d, c.By.act("set_plan"), accountStream(c.Account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		if !a.Exists() {
			return Write{}, nil, domain.Errorf(domain.NotFound, "there is no account %s", c.Account)
		}
		if a.Plan(c.Contract).Name == c.Plan {
			return Write{}, nil, nil
		}
		return Write{Owner: c.Account}, []domain.Event{domain.PlanChanged{Contract: c.Contract, Plan: c.Plan, Reason: reason}}, nil
	})
	return err
}

// maxReason is how many characters a reason may have.
const maxReason = 500

// sealReason seals why something was done to an account with the account's key:
// it may name people, and goes with the account.
func (d Desk) sealReason(ctx context.Context, account uuid.UUID, reason string) (domain.Sealed, error) {
	if reason == "" {
		return "", nil
	}
	if len([]rune(reason)) > maxReason || strings.ContainsFunc(reason, unseen) {
		return "", domain.Errorf(domain.Invalid, "reason must have at most %d characters, and no control characters", maxReason)
	}
	v, err := d.vaultOf(ctx, account)
	if err != nil {
		return "", err
	}
	return v.seal(reason), nil
}

// unseen says whether a character moves a terminal or a reader's eye and shows
// nothing: controls, and those that turn the direction of a text.
func unseen(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

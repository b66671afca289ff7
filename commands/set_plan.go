package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// SetPlan moves an account to another plan of one contract.
type SetPlan struct {
	By       Caller
	Account  uuid.UUID
	Contract domain.Contract
	Plan     string
}

// SetPlan answers Invalid for a plan that the contract does not have, and
// NotFound for an unknown account. The plan that an account has already is set
// without an event.
func (d Desk) SetPlan(ctx context.Context, c SetPlan) error {
	if _, ok := domain.PlanOf(c.Contract, c.Plan); !ok {
		return domain.Errorf(domain.Invalid, "contract %q has no plan %q", c.Contract, c.Plan)
	}
	_, err := decide(ctx, d, c.By.act("set_plan"), accountStream(c.Account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		if !a.Exists() {
			return Write{}, nil, domain.Errorf(domain.NotFound, "there is no account %s", c.Account)
		}
		if a.Plan(c.Contract).Name == c.Plan {
			return Write{}, nil, nil
		}
		return Write{Owner: c.Account}, []domain.Event{domain.PlanChanged{Contract: c.Contract, Plan: c.Plan}}, nil
	})
	return err
}

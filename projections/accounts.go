package projections

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// AccountReader knows which accounts there are. It is never older than what was
// acknowledged before it was asked.
type AccountReader interface {
	// Accounts returns a page of the accounts that stand, by their ids, the
	// highest first, and how many there are in all. Ids rise with time.
	Accounts(ctx context.Context, offset, limit int) (page []uuid.UUID, total int, err error)
}

// PlanChange is a move to another plan.
type PlanChange struct {
	At       time.Time
	Actor    string // who did it; "operator" for the command line
	Contract domain.Contract
	Plan     string
	Reason   domain.Sealed // "" where none was given
}

// PlanChanges are those in an account's history, the newest first.
func PlanChanges(history []domain.Envelope) []PlanChange {
	changes := []PlanChange{}
	for _, e := range history {
		if c, ok := e.Event.(domain.PlanChanged); ok {
			changes = append(changes, PlanChange{e.At, e.Actor, c.Contract, c.Plan, c.Reason})
		}
	}
	slices.Reverse(changes)
	return changes
}

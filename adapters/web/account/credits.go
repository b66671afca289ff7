package account

import (
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// ledger answers GET /api/v1/credits/. The amounts of its entries sum to the
// balance.
type ledger struct {
	Balance   int     `json:"balance"`
	Monthly   int     `json:"monthly_credits"`   // what is left of the month's
	Purchased int     `json:"purchased_credits"` // what is left of those that stay
	Entries   []entry `json:"entries"`           // oldest first
}

// entry is one change to the balance.
type entry struct {
	Amount int       `json:"amount"`
	Kind   string    `json:"kind"`
	At     time.Time `json:"at"`
	Cause  string    `json:"cause"`
	Reason string    `json:"reason"` // why an operator made it; "" where none was given
}

// Credits answers GET /api/v1/credits/.
func (a *API) Credits(c *fiber.Ctx, by commands.Caller) error {
	l, err := a.Accounts.Ledger(c.UserContext(), by, by.Account)
	if err != nil {
		return err
	}
	explained, err := a.statement(c, by.Account, l)
	if err != nil {
		return err
	}
	return c.JSON(explained)
}

// statement is an account's ledger, each entry with its reason.
func (a *API) statement(c *fiber.Ctx, account uuid.UUID, l *domain.Ledger) (ledger, error) {
	reasons, err := a.Accounts.ReasonsOf(c.UserContext(), account, l)
	if err != nil {
		return ledger{}, err
	}
	out := ledger{
		Balance: l.Balance(), Monthly: l.Credits.Monthly, Purchased: l.Credits.Purchased,
		Entries: make([]entry, len(l.Entries)),
	}
	for i, e := range l.Entries {
		out.Entries[i] = entry{Amount: e.Amount, Kind: e.Kind, At: e.At.UTC(), Cause: e.Cause, Reason: reasons[i]}
	}
	return out, nil
}

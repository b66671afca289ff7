package secably

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// API answers the contract's requests.
type API struct {
	Accounts Accounts
}

// Accounts are the commands that the contract gives.
type Accounts interface {
	Ledger(ctx context.Context, by commands.Caller, account uuid.UUID) (*domain.Ledger, error)
}

// Mount puts the contract's routes on a router.
func (a *API) Mount(r fiber.Router, gate *web.Gate) {
	let := func(h web.Handler) fiber.Handler { return gate.Let(web.Always(Contract), h) }
	r.Get("/api/v1/credits", let(a.Credits))
}

// Credits answers GET /api/v1/credits/.
func (a *API) Credits(c *fiber.Ctx, by commands.Caller) error {
	l, err := a.Accounts.Ledger(c.UserContext(), by, by.Account)
	if err != nil {
		return err
	}
	return c.JSON(statement(l))
}

package secably

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// standing is where an account stands: who it is, what its plan allows and
// what of it is used.
type standing struct {
	person  commands.Person
	plan    domain.Plan
	targets int
	active  int // of them
	used    int // API requests in this month
}

func (a *API) standing(c *fiber.Ctx, account uuid.UUID) (s standing, err error) {
	if s.person, err = a.Accounts.PersonOf(c.UserContext(), account); err != nil {
		return s, err
	}
	s.plan = s.person.Plan(domain.SecAbly)
	if _, s.targets, err = a.Targets.Targets(c.UserContext(), projections.TargetFilter{Account: account}); err != nil {
		return s, err
	}
	s.used, err = web.UsedInMonth(c.UserContext(), a.Limits, domain.SecAbly, account)
	return s, err
}

// Profile answers GET /api/v1/profile/.
func (a *API) Profile(c *fiber.Ctx, by commands.Caller) error {
	s, err := a.standing(c, by.Account)
	if err != nil {
		return err
	}
	return c.JSON(profileOf(s))
}

// ChangeProfile answers PATCH /api/v1/profile/. Of all its fields only the
// names can be written; the others are left alone, whatever is sent.
func (a *API) ChangeProfile(c *fiber.Ctx, by commands.Caller) error {
	var n names
	if err := web.ReadJSON(c, &n); err != nil {
		return err
	}
	change := commands.ChangeProfile{By: by, FirstName: n.FirstName, LastName: n.LastName}
	if err := a.Accounts.ChangeProfile(c.UserContext(), change); err != nil {
		return err
	}
	return a.Profile(c, by)
}

// newest is how many scans the statistics show.
const newest = 5

// Stats answers GET /api/v1/stats/.
func (a *API) Stats(c *fiber.Ctx, by commands.Caller) error {
	s, err := a.standing(c, by.Account)
	if err != nil {
		return err
	}
	if _, s.active, err = a.Targets.Targets(c.UserContext(), projections.TargetFilter{Account: by.Account, Active: true}); err != nil {
		return err
	}
	rows, _, err := a.Reader.Scans(c.UserContext(), projections.ScanFilter{Account: by.Account, Limit: newest})
	if err != nil {
		return err
	}
	names, err := a.names(c, by, rows...)
	if err != nil {
		return err
	}
	return c.JSON(statsOf(s, rows, names))
}

// Subscription answers GET /api/v1/subscription/.
func (a *API) Subscription(c *fiber.Ctx, by commands.Caller) error {
	l, err := a.Accounts.Ledger(c.UserContext(), by, by.Account)
	if err != nil {
		return err
	}
	s, err := a.standing(c, by.Account)
	if err != nil {
		return err
	}
	return c.JSON(subscriptionOf(s, l, a.Now()))
}

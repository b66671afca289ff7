package account

import (
	"cmp"
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Operators are the commands of those who administer the installation.
type Operators interface {
	AccountByEmail(ctx context.Context, email string) (uuid.UUID, error)
	SetPlan(ctx context.Context, c commands.SetPlan) error
	GrantCredits(ctx context.Context, c commands.GrantCredits) error
}

// mountAdministration puts the routes by which operators look after all
// accounts, of all contracts.
func (a *API) mountAdministration(r fiber.Router, gate *web.Gate) {
	let := func(h web.Handler) fiber.Handler { return gate.Let(web.Always(administration), h) }
	r.Get("/api/v1/admin/accounts", let(a.ListAccounts))
	r.Get("/api/v1/admin/accounts/:id", let(a.ShowAccount))
	r.Post("/api/v1/admin/accounts/:id/plan", let(a.SetPlan))
	r.Post("/api/v1/admin/accounts/:id/credits", let(a.GrantCredits))
}

const unknownAccount = "Account not found"

// ListAccounts answers GET /api/v1/admin/accounts/: the newest first.
func (a *API) ListAccounts(c *fiber.Ctx, _ commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	ids, all, err := a.found(c, p)
	if err != nil {
		return err
	}
	accounts := make([]listedAccount, 0, len(ids))
	for _, id := range ids {
		person, err := a.Accounts.PersonOf(c.UserContext(), id)
		if domain.CodeOf(err) == domain.NotFound { // it has been deleted since
			continue
		}
		if err != nil {
			return err
		}
		accounts = append(accounts, accountOf(person, a.Now()))
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, all, accounts))
}

// found are the accounts of a page: all, or the one that is searched for. An
// address is looked for as a whole: it is kept sealed, and known by its hash.
func (a *API) found(c *fiber.Ctx, p web.Page) ([]uuid.UUID, int, error) {
	text := strings.TrimSpace(c.Query("search"))
	if text == "" {
		return a.Everybody.Accounts(c.UserContext(), p.Offset(), p.Size)
	}
	id, err := uuid.Parse(text)
	switch {
	case err == nil:
		_, err = a.Accounts.PersonOf(c.UserContext(), id)
	case strings.Contains(text, "@"):
		id, err = a.Operators.AccountByEmail(c.UserContext(), text)
	default:
		err = domain.Errorf(domain.Invalid, "search must be a whole e-mail address or an account's id")
	}
	if domain.CodeOf(err) == domain.NotFound {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	return web.Of(p, []uuid.UUID{id}), 1, nil
}

// account is the one of the path; NotFound where there is none.
func (a *API) account(c *fiber.Ctx) (person commands.Person, err error) {
	id, err := web.PathID(c, unknownAccount)
	if err == nil {
		person, err = a.Accounts.PersonOf(c.UserContext(), id)
	}
	if domain.CodeOf(err) == domain.NotFound {
		err = domain.Errorf(domain.NotFound, unknownAccount)
	}
	return person, err
}

// ShowAccount answers GET /api/v1/admin/accounts/{id}/.
func (a *API) ShowAccount(c *fiber.Ctx, by commands.Caller) error {
	person, err := a.account(c)
	if err != nil {
		return err
	}
	l, err := a.Accounts.Ledger(c.UserContext(), by, person.ID)
	if err != nil {
		return err
	}
	shown := wholeAccount{ID: person.ID, Operator: person.Operator, Offers: planNames()}
	if shown.overview, err = a.overviewOf(c, person, l); err != nil {
		return err
	}
	explained, err := a.statement(c, person.ID, l)
	if err != nil {
		return err
	}
	shown.Ledger = explained.Entries
	if shown.Keys, err = a.keysOf(c, person.ID); err != nil {
		return err
	}
	story, err := a.Keys.KeyStory(c.UserContext(), person.ID)
	if err != nil {
		return err
	}
	shown.Changes, err = changesOf(projections.PlanChanges(story.History), story.Open)
	if err != nil {
		return err
	}
	return c.JSON(shown)
}

// SetPlan answers POST /api/v1/admin/accounts/{id}/plan/.
func (a *API) SetPlan(c *fiber.Ctx, by commands.Caller) error {
	var w newPlan
	if err := web.ReadJSON(c, &w); err != nil {
		return err
	}
	if err := cmp.Or(web.Required("contract", string(w.Contract)), web.Required("plan", w.Plan), web.Required("reason", strings.TrimSpace(w.Reason))); err != nil {
		return err
	}
	person, err := a.account(c)
	if err != nil {
		return err
	}
	set := commands.SetPlan{By: by, Account: person.ID, Contract: w.Contract, Plan: w.Plan, Reason: w.Reason}
	if err := a.Operators.SetPlan(c.UserContext(), set); err != nil {
		return err
	}
	return c.JSON(planSet{person.ID, w})
}

// GrantCredits answers POST /api/v1/admin/accounts/{id}/credits/.
func (a *API) GrantCredits(c *fiber.Ctx, by commands.Caller) error {
	var w newCredits
	if err := web.ReadJSON(c, &w); err != nil {
		return err
	}
	if err := web.Required("reason", strings.TrimSpace(w.Reason)); err != nil {
		return err
	}
	person, err := a.account(c)
	if err != nil {
		return err
	}
	grant := commands.GrantCredits{By: by, Account: person.ID, Amount: int(w.Credits), Reason: w.Reason}
	if err := a.Operators.GrantCredits(c.UserContext(), grant); err != nil {
		return err
	}
	return c.JSON(creditsGranted{person.ID, w})
}

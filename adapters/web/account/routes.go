// Package account serves what an account has beyond the published contracts: its
// keys, its team, its credits, what it has asked of the API, and the findings of all
// its scans; and, to operators, all accounts.
package account

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/secably"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// API answers requests about an account.
type API struct {
	Accounts  Accounts
	Keys      Keys
	Teams     Teams
	Findings  Findings
	Operators Operators
	Everybody projections.AccountReader
	Targets   projections.TargetReader
	Sightings projections.SightingsReader
	Feeds     projections.Feeds
	Calls     projections.UsageReader
	Limits    web.Limits
	Now       func() time.Time
	PublicURL string // what its links begin with; "" for what the request was sent to
}

// Accounts tell how an account stands.
type Accounts interface {
	PersonOf(ctx context.Context, account uuid.UUID) (commands.Person, error)
	Ledger(ctx context.Context, by commands.Caller, account uuid.UUID) (*domain.Ledger, error)
	ReasonsOf(ctx context.Context, account uuid.UUID, l *domain.Ledger) ([]string, error)
}

// administration is the contract of those who administer the installation.
var administration = func() web.Contract {
	c := secably.Management
	c.Operators = true
	return c
}()

// invitations may be so many: each says whether there is such an account.
var invitations = web.Window{Of: "team", By: web.ByAccount, Span: web.Hour, Limit: 20}

// Mount puts the routes on a router. Requests come in by SecAbly's gate, and none but
// that for credits, which are SecAbly's, is one of its plan's month.
func (a *API) Mount(r fiber.Router, gate *web.Gate) {
	let := func(h web.Handler, operation ...web.Window) fiber.Handler {
		return gate.Let(web.Always(secably.Management), h, operation...)
	}
	r.Get("/api/v1/credits", gate.Let(web.Always(secably.Contract), a.Credits))
	r.Get("/api/v1/account", let(a.Overview))
	r.Get("/api/v1/usage", let(a.Usage))
	r.Get("/api/v1/keys", let(a.ListKeys))
	r.Post("/api/v1/keys", let(a.IssueKey))
	r.Delete("/api/v1/keys/:id", let(a.RevokeKey))
	r.Get("/api/v1/team", let(a.ListTeam))
	r.Post("/api/v1/team", let(a.Invite, invitations))
	r.Delete("/api/v1/team", let(a.Part))
	r.Get("/api/v1/findings", let(a.ListFindings))
	r.Get("/api/v1/findings/:id", let(a.Finding))
	r.Post("/api/v1/findings/:id/accept", let(a.rule(domain.RiskAccepted)))
	r.Post("/api/v1/findings/:id/false-positive", let(a.rule(domain.FalsePositive)))
	r.Post("/api/v1/findings/:id/reopen", let(a.rule(domain.NoRuling)))
	a.mountAdministration(r, gate)
}

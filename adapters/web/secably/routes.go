package secably

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// API answers the contract's requests.
type API struct {
	Accounts  Accounts
	Reader    Reader
	Limits    web.Limits
	Targets   projections.TargetReader
	Lists     Lists
	Schedules Schedules
	Calendar  commands.Calendar
	Scans     Scans
	Now       func() time.Time
	Formats   []web.Format // of reports; those that the contract knows can be exported
	PublicURL string       // what its links begin with; "" for what the request was sent to
}

// Accounts are the commands that the contract gives about accounts.
type Accounts interface {
	Sessions
	ChangePassword(ctx context.Context, c commands.ChangePassword) error
	ChangeProfile(ctx context.Context, c commands.ChangeProfile) error
	PersonOf(ctx context.Context, account uuid.UUID) (commands.Person, error)
	Ledger(ctx context.Context, by commands.Caller, account uuid.UUID) (*domain.Ledger, error)
}

// Sessions are the commands of those who are not logged in yet.
type Sessions interface {
	SignUp(ctx context.Context, c commands.SignUp) (uuid.UUID, error)
	LogIn(ctx context.Context, c commands.LogIn) (commands.Login, error)
	RefreshSession(ctx context.Context, c commands.RefreshSession) (commands.Login, error)
}

// Reader is what the contract reads.
type Reader interface {
	projections.Numbers
	Scans(ctx context.Context, f projections.ScanFilter) ([]projections.ScanRow, int, error)
	Report(ctx context.Context, scan uuid.UUID) (projections.ReportRow, error)
}

// The limits of operations, beside those of the contract.
var (
	registrations = web.Window{Of: "register", By: web.ByAddress, Span: web.Hour, Limit: 5}
	logins        = web.Window{Of: "login", By: web.ByAddress, Span: web.Hour, Limit: 20}
	verifications = web.Window{Of: "verify", By: web.ByAccount, Span: web.Hour, Limit: 60}          // each asks machines that are not ours
	oldPasswords  = web.Window{Of: "change-password", By: web.ByAccount, Span: web.Hour, Limit: 20} // a guess of the old password is a login attempt
)

// Mount puts the contract's routes on a router, but for the list of scans,
// whose path is not the same everywhere.
func (a *API) Mount(r fiber.Router, gate *web.Gate) {
	open := func(h web.Handler, operation ...web.Window) fiber.Handler {
		return gate.Let(web.Open(Contract), h, operation...)
	}
	let := func(h web.Handler, operation ...web.Window) fiber.Handler {
		return gate.Let(web.Always(Contract), h, operation...)
	}
	r.Post("/api/v1/auth/register", open(a.Register, registrations))
	r.Post("/api/v1/auth/login", open(a.LogIn, logins))
	r.Post("/api/v1/auth/refresh", open(a.Refresh))
	r.Post("/api/v1/auth/change-password", let(a.ChangePassword, oldPasswords))
	r.Get("/api/v1/profile", let(a.Profile))
	r.Patch("/api/v1/profile", let(a.ChangeProfile))
	r.Get("/api/v1/stats", let(a.Stats))
	r.Get("/api/v1/subscription", let(a.Subscription))
	r.Get("/api/v1/plans", gate.Let(web.Greeted(Contract), a.Plans))
	// every route that starts a scan: those that are accepted count
	scans := web.Window{Of: "scan", By: web.ByAccount, Span: web.Hour, Counted: func(ctx context.Context, by commands.Caller) (int, int, time.Time, error) {
		return a.Scans.ScansInHour(ctx, by, domain.SecAbly)
	}}
	a.mountTargets(r, let, scans)
	r.Post("/api/v1/scans/create", let(a.CreateScan, scans))
	r.Get("/api/v1/scans/:id", let(a.Scan))
	r.Post("/api/v1/scans/:id/export", let(a.ExportScan))
	r.Post("/api/v1/scans/:id/cancel", let(a.CancelScan))
	for _, s := range folders {
		r.Post("/api/v1/"+string(s)+"/scan", let(a.StartWith(s), scans))
		r.Get("/api/v1/"+string(s)+"/scan/:id", let(a.ScanWith(s)))
	}
	a.mountSchedules(r, gate)
}

// Plans answers GET /api/v1/plans/, to anybody.
func (a *API) Plans(c *fiber.Ctx, _ commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	all := offers()
	return c.JSON(web.Paged(c, a.PublicURL, p, len(all), web.Of(p, all)))
}

package scannerapi

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// API answers the contract's requests.
type API struct {
	Scans  Scans
	Reader Reader
	// ReportURL is the path of a scan's report, with the key that opens it.
	ReportURL func(scan uuid.UUID) string
}

// Scans are the commands that the contract gives.
type Scans interface {
	RequestScan(ctx context.Context, c commands.RequestScan) (domain.Envelope, error)
	RetestScan(ctx context.Context, c commands.RetestScan) (domain.Envelope, error)
	CancelScan(ctx context.Context, c commands.CancelScan) error
}

// Reader is what the contract reads.
type Reader interface {
	Scans(ctx context.Context, f projections.ScanFilter) ([]projections.ScanRow, int, error)
}

const unknown = "Scan not found"

// Mount puts the contract's routes on a router of its own, but for the one
// that answers with Show.
func (a *API) Mount(r fiber.Router, gate *web.Gate) {
	let := func(h web.Handler) fiber.Handler { return gate.Let(web.Always(Contract), h) }
	r.Post("/api/v1/scan", let(a.Submit))
	r.Get("/api/v1/scans", let(a.List))
	r.Post("/api/v1/scan/:id/retest", let(a.Retest))
	r.Post("/api/v1/scan/:id/cancel", let(a.Cancel))
}

// Submit answers POST /api/v1/scan.
func (a *API) Submit(c *fiber.Ctx, by commands.Caller) error {
	var s submission
	if err := web.ReadJSON(c, &s); err != nil {
		return err
	}
	target, err := targetOf(s)
	if err != nil {
		return err
	}
	requested, err := a.Scans.RequestScan(c.UserContext(), commands.RequestScan{
		By: by, Contract: domain.ScannerAPI, Target: target, Profile: domain.Standard,
	})
	if err != nil {
		return err
	}
	return a.accepted(c, requested)
}

// targetOf is the target with the name by which it is asked for.
func targetOf(s submission) (domain.Target, error) {
	if s.Target == "" {
		return domain.Target{}, domain.Errorf(domain.Invalid, "target is required: an IP address or a host name")
	}
	target, err := domain.ParseHost(s.Target)
	if err != nil || s.Domain == "" {
		return target, err
	}
	name, err := domain.ParseHost(s.Domain)
	if err != nil || name.Kind != domain.HostTarget && name.Host != target.Host {
		return domain.Target{}, domain.Errorf(domain.Invalid, "domain must be a host name such as example.com")
	}
	target.Domain = name.Host
	return target, nil
}

func (a *API) accepted(c *fiber.Ctx, requested domain.Envelope) error {
	id := requested.Stream.ID()
	return c.Status(fiber.StatusCreated).JSON(accepted{ID: id.String(), Status: words[domain.Requested], ReportURL: a.ReportURL(id)})
}

// Show answers GET /api/v1/scan/{id} with a scan and what its report says so
// far.
func (a *API) Show(c *fiber.Ctx, r projections.ScanRow, full projections.ReportRow) error {
	return c.JSON(detailed{status(r, a.ReportURL(r.Scan)), projections.FactsOf(full.Document)})
}

// List answers GET /api/v1/scans.
func (a *API) List(c *fiber.Ctx, by commands.Caller) error {
	limit, err := web.QueryInt(c, "limit", 50, 1, 100)
	if err != nil {
		return err
	}
	offset, err := web.QueryInt(c, "offset", 0, 0, 1_000_000_000)
	if err != nil {
		return err
	}
	filter := projections.ScanFilter{Account: by.Account, Team: by.Team, Limit: limit, Offset: offset}
	if c.Context().QueryArgs().Has("target") {
		target, err := domain.ParseTarget(c.Query("target"))
		if err != nil {
			return domain.Errorf(domain.Invalid, "Invalid target filter value: %s", err)
		}
		filter.Target = target.Value
	}
	rows, total, err := a.Reader.Scans(c.UserContext(), filter)
	if err != nil {
		return err
	}
	answer := page{Scans: make([]listed, len(rows)), Total: total, Limit: limit, Offset: offset}
	for i, r := range rows {
		answer.Scans[i] = row(r)
	}
	return c.JSON(answer)
}

// Retest answers POST /api/v1/scan/{id}/retest.
func (a *API) Retest(c *fiber.Ctx, by commands.Caller) error {
	id, err := web.PathID(c, unknown)
	if err != nil {
		return err
	}
	requested, err := a.Scans.RetestScan(c.UserContext(), commands.RetestScan{By: by, Contract: domain.ScannerAPI, Scan: id})
	if err != nil {
		return err
	}
	return a.accepted(c, requested)
}

// Cancel answers POST /api/v1/scan/{id}/cancel.
func (a *API) Cancel(c *fiber.Ctx, by commands.Caller) error {
	id, err := web.PathID(c, unknown)
	if err != nil {
		return err
	}
	if err := a.Scans.CancelScan(c.UserContext(), commands.CancelScan{By: by, Scan: id}); err != nil {
		return err
	}
	return c.JSON(cancelled{ID: id.String(), Status: words[domain.Cancelled]})
}

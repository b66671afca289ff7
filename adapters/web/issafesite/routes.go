package issafesite

import (
	"context"
	"strings"

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
	// PDF draws a completed scan's report. The same row gives the same bytes.
	PDF func(ctx context.Context, r projections.ReportRow) ([]byte, error)
}

// Scans are the commands that the contract gives.
type Scans interface {
	RequestScan(ctx context.Context, c commands.RequestScan) (domain.Envelope, error)
}

// Reader is what the contract reads.
type Reader interface {
	Scan(ctx context.Context, account, scan uuid.UUID) (projections.ScanRow, error)
	Scans(ctx context.Context, f projections.ScanFilter) ([]projections.ScanRow, int, error)
	Report(ctx context.Context, scan uuid.UUID) (projections.ReportRow, error)
	History(ctx context.Context, account, scan uuid.UUID, after int) ([]domain.Envelope, error)
}

// Mount puts the contract's routes on a router of its own, but for the one
// that answers with Show.
func (a *API) Mount(r fiber.Router, gate *web.Gate) {
	let := func(h web.Handler) fiber.Handler { return gate.Let(web.Always(Contract), h) }
	r.Post("/api/v1/scan", let(a.Submit))
	r.Get("/api/v1/scan", let(a.List))
	a.MountReports(r, gate)
}

// MountReports puts those routes on a router that no other contract has.
func (a *API) MountReports(r fiber.Router, gate *web.Gate) {
	let := func(h web.Handler) fiber.Handler { return gate.Let(web.Always(Contract), h) }
	r.Get("/api/v1/report", let(a.Reports))
	r.Get("/api/report/:id/pdf", let(a.Download))
}

// Submit answers POST /api/v1/scan.
func (a *API) Submit(c *fiber.Ctx, by commands.Caller) error {
	s := submission{Depth: "STANDARD"}
	if err := web.ReadJSON(c, &s); err != nil {
		return err
	}
	profile, ok := depths[s.Depth]
	if !ok {
		return domain.Errorf(domain.Invalid, "depth must be QUICK, STANDARD or DEEP")
	}
	if s.URL == "" {
		return domain.Errorf(domain.Invalid, "url is required, such as https://example.com")
	}
	target, err := domain.ParseURL(s.URL)
	if err != nil {
		return err
	}
	requested, err := a.Scans.RequestScan(c.UserContext(), commands.RequestScan{
		By: by, Contract: domain.IsSafeSite, Target: target, Profile: profile,
	})
	if err != nil {
		return err
	}
	id := requested.Stream.ID().String()
	return c.Status(fiber.StatusAccepted).JSON(accepted{
		ID: id, URL: web.TargetURL(target), Domain: target.Domain, Depth: s.Depth, Status: words[domain.Requested],
		StatusURL: "/api/v1/scan/" + id, CreatedAt: stamp(requested.At),
	})
}

// List answers GET /api/v1/scan.
func (a *API) List(c *fiber.Ctx, by commands.Caller) error {
	rows, paging, err := a.page(c, projections.ScanFilter{Account: by.Account})
	if err != nil {
		return err
	}
	answer := scanPage{Data: make([]scanAnswer, len(rows)), Pagination: paging}
	for i, r := range rows {
		answer.Data[i] = status(r)
	}
	return c.JSON(answer)
}

// page reads the page that the query asks for.
func (a *API) page(c *fiber.Ctx, f projections.ScanFilter) ([]projections.ScanRow, pagination, error) {
	page, err := web.QueryInt(c, "page", 1, 1, 10_000_000)
	if err != nil {
		return nil, pagination{}, err
	}
	limit, err := web.QueryInt(c, "limit", 20, 1, 50)
	if err != nil {
		return nil, pagination{}, err
	}
	f.Offset, f.Limit = (page-1)*limit, limit
	rows, total, err := a.Reader.Scans(c.UserContext(), f)
	return rows, pagination{Page: page, Limit: limit, Total: total, Pages: (total + limit - 1) / limit}, err
}

// Show answers GET /api/v1/scan/{id} with a scan and what its report says so
// far.
func (a *API) Show(c *fiber.Ctx, r projections.ScanRow, full projections.ReportRow) error {
	return c.JSON(detailed{status(r), projections.FactsOf(full.Document), full.Document})
}

// Reports answers GET /api/v1/report.
func (a *API) Reports(c *fiber.Ctx, by commands.Caller) error {
	filter := projections.ScanFilter{Account: by.Account, State: domain.Completed}
	if raw := c.Query("scanId"); raw != "" {
		id, err := uuid.Parse(raw)
		if err != nil || id == uuid.Nil {
			id = uuid.Max // no scan has it: an unknown scan has no reports
		}
		filter.Scan = id
	}
	rows, paging, err := a.page(c, filter)
	if err != nil {
		return err
	}
	answer := reportPage{Data: make([]reportAnswer, len(rows)), Pagination: paging}
	for i, r := range rows {
		full, pdf, err := a.draw(c.UserContext(), r.Scan)
		if err != nil {
			return err
		}
		answer.Data[i] = report(r, full.Document, len(pdf))
	}
	return c.JSON(answer)
}

func (a *API) draw(ctx context.Context, scan uuid.UUID) (r projections.ReportRow, pdf []byte, err error) {
	if r, err = a.Reader.Report(ctx, scan); err == nil {
		pdf, err = a.PDF(ctx, r)
	}
	return r, pdf, err
}

// Download answers GET /api/report/{id}/pdf; with as_of in the query as the
// report stood at that version, if it was complete by then.
func (a *API) Download(c *fiber.Ctx, by commands.Caller) error {
	unknown := domain.Errorf(domain.NotFound, "Report not found")
	id, err := uuid.Parse(strings.TrimPrefix(c.Params("id"), reportPrefix))
	if err != nil || !strings.HasPrefix(c.Params("id"), reportPrefix) {
		return unknown
	}
	r, err := a.Reader.Scan(c.UserContext(), by.Account, id)
	if domain.CodeOf(err) == domain.NotFound || err == nil && r.State != domain.Completed {
		return unknown
	}
	if err != nil {
		return err
	}
	pdf, err := a.drawAsOf(c, by.Account, id)
	if err != nil {
		return err
	}
	if pdf == nil {
		return unknown
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="scanledger-`+id.String()+`.pdf"`)
	return c.Send(pdf)
}

// drawAsOf draws a scan's report as the query asks for; nil when it was not
// complete then.
func (a *API) drawAsOf(c *fiber.Ctx, account, scan uuid.UUID) ([]byte, error) {
	version, err := web.AsOf(c)
	if err != nil {
		return nil, err
	}
	if version == 0 {
		_, pdf, err := a.draw(c.UserContext(), scan)
		return pdf, err
	}
	history, err := a.Reader.History(c.UserContext(), account, scan, 0)
	if err != nil {
		return nil, err
	}
	_, r, err := projections.AsOf(history, version)
	if err != nil || r.CompletedAt == nil {
		return nil, err
	}
	return a.PDF(c.UserContext(), r)
}

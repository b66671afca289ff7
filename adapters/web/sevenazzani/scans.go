package sevenazzani

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

const unknown = "Scan not found"

// QuickScan answers POST /api/scans/quick_scan/. The answer says "scanning"
// also where no worker has taken the scan up yet, as the document has it.
func (a *API) QuickScan(c *fiber.Ctx, by commands.Caller) error {
	s := quickScan{ScanType: "quick"}
	if err := web.ReadJSON(c, &s); err != nil {
		return err
	}
	profile, ok := scanTypes[s.ScanType]
	if !ok {
		return domain.Errorf(domain.Invalid, "scan_type must be quick, standard or deep")
	}
	if s.URL == "" {
		return domain.Errorf(domain.Invalid, "URL is required")
	}
	target, err := domain.ParseURL(s.URL)
	if err != nil {
		return err
	}
	requested, err := a.Scans.RequestScan(c.UserContext(), commands.RequestScan{
		By: by, Contract: domain.SevenAzzani, Target: target, Profile: profile,
	})
	if err != nil {
		return err
	}
	id := requested.Stream.ID().String()
	return c.Status(fiber.StatusCreated).JSON(started{
		ScanID: id, URL: web.TargetURL(target), Status: words[domain.Started], ScanType: s.ScanType,
		StatusURL: statusURL(id), ReportURL: reportURL(id), CreatedAt: stamp(requested.At),
	})
}

// List answers GET /api/scans/, the newest first. The document leaves its shape
// open: it is that of the lists of the framework whose paths the contract has,
// with page and page_size in the query, and the scans as status shows them.
func (a *API) List(c *fiber.Ctx, by commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	rows, total, err := a.Reader.Scans(c.UserContext(), projections.ScanFilter{Account: by.Account, Offset: p.Offset(), Limit: p.Size})
	if err != nil {
		return err
	}
	scans := make([]scanAnswer, len(rows))
	for i, r := range rows {
		scans[i] = status(r)
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, total, scans))
}

// Statistics answers GET /api/scans/statistics/, of all the account's scans,
// whatever contract asked for them.
func (a *API) Statistics(c *fiber.Ctx, by commands.Caller) error {
	t, err := a.Reader.Totals(c.UserContext(), by.Account)
	if err != nil {
		return err
	}
	return c.JSON(statistics{Total: t.Scans, Completed: t.Completed, Found: t.Findings, Critical: t.Critical})
}

// Status answers GET /api/scans/{id}/status/.
func (a *API) Status(c *fiber.Ctx, by commands.Caller) error {
	id, err := web.PathID(c, unknown)
	if err != nil {
		return err
	}
	r, err := a.Reader.Scan(c.UserContext(), by.Account, id)
	if err != nil {
		return err
	}
	return c.JSON(status(r))
}

// Report answers GET /api/scans/{id}/report/; with as_of in the query as it
// stood at that version.
func (a *API) Report(c *fiber.Ctx, by commands.Caller) error {
	id, err := web.PathID(c, unknown)
	if err != nil {
		return err
	}
	scan, full, err := a.stands(c, by.Account, id)
	if err != nil {
		return err
	}
	export, err := a.Export(c.UserContext(), full)
	if err != nil {
		return err
	}
	return c.JSON(reportOf(scan, full.Document, export))
}

// stands reads a scan and its report as the query asks for them.
func (a *API) stands(c *fiber.Ctx, account, id uuid.UUID) (scan projections.ScanRow, full projections.ReportRow, err error) {
	version, err := web.AsOf(c)
	if err != nil {
		return scan, full, err
	}
	if version == 0 {
		if scan, err = a.Reader.Scan(c.UserContext(), account, id); err == nil {
			full, err = a.Reader.Report(c.UserContext(), id)
		}
		return scan, full, err
	}
	history, err := a.Reader.History(c.UserContext(), account, id, 0)
	if err != nil {
		return scan, full, err
	}
	return projections.AsOf(history, version)
}

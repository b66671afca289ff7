package secably

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Scans are the commands that the contract gives about scans.
type Scans interface {
	MayScan(ctx context.Context, account uuid.UUID, t domain.Target, p domain.Profile) error
	RequestScan(ctx context.Context, c commands.RequestScan) (domain.Envelope, error)
	CancelScan(ctx context.Context, c commands.CancelScan) error
	ScansInHour(ctx context.Context, by commands.Caller, c domain.Contract) (used, limit int, ends time.Time, err error)
	BillOf(ctx context.Context, requested domain.Envelope) (commands.Bill, error)
}

// CreateScan answers POST /api/v1/scans/create/.
func (a *API) CreateScan(c *fiber.Ctx, by commands.Caller) error {
	var w creation
	if err := web.ReadJSON(c, &w); err != nil {
		return err
	}
	if w.Scanner == "" {
		return domain.Errorf(domain.Invalid, "scanner_type is required: one of %s", web.Listing(scannerTypes))
	}
	s := domain.Scanner(w.Scanner)
	answer, err := a.create(c, by, s, w)
	if err != nil {
		return err
	}
	answer.Status = creating(s)
	return c.Status(fiber.StatusCreated).JSON(answer)
}

// create starts the scan that a body asks a scanner for.
func (a *API) create(c *fiber.Ctx, by commands.Caller, s domain.Scanner, w creation) (started, error) {
	if before := by.Before("request_scan"); len(before) > 0 { // whatever has become of its target
		return a.startedBy(c, before[0])
	}
	number, err := w.target()
	if err != nil {
		return started{}, err
	}
	profile, options, err := choose(s, w.Config)
	if err != nil {
		return started{}, err
	}
	target, err := a.Targets.Target(c.UserContext(), by.Account, number)
	if err != nil {
		return started{}, err
	}
	return a.start(c, by, target, profile, options)
}

// start has a target scanned, and says what that takes.
func (a *API) start(c *fiber.Ctx, by commands.Caller, t projections.TargetRow, p domain.Profile, o domain.Options) (started, error) {
	if err := scannable(t); err != nil {
		return started{}, err
	}
	requested, err := a.Scans.RequestScan(c.UserContext(), commands.RequestScan{
		By: by, Contract: domain.SecAbly, Target: t.Target, Profile: p, Options: o,
	})
	if err != nil {
		return started{}, err
	}
	return a.startedBy(c, requested)
}

// startedBy is what is said of a scan that an event has opened.
func (a *API) startedBy(c *fiber.Ctx, requested domain.Envelope) (started, error) {
	bill, err := a.Scans.BillOf(c.UserContext(), requested)
	if err != nil {
		return started{}, err
	}
	out := startedOf(requested, bill)
	if past, err := a.past(c, requested); err != nil {
		return started{}, err
	} else if past != "" {
		out.Estimated = past
	}
	return out, nil
}

// mostPast is how many past scans an estimate is made of.
const mostPast = 20

// past is how long a scan that an event has opened will take, by the newest of the
// account's that were of its profile and over by then; "" where there is none.
func (a *API) past(c *fiber.Ctx, requested domain.Envelope) (string, error) {
	r, _ := requested.Event.(domain.ScanRequested)
	rows, _, err := a.Reader.Scans(c.UserContext(), projections.ScanFilter{
		Account: r.Account, State: domain.Completed, Profiles: []domain.Profile{r.Profile}, Limit: mostPast,
	})
	if err != nil {
		return "", err
	}
	var took []time.Duration
	for _, row := range rows {
		if row.StartedAt != nil && row.FinishedAt != nil && !row.FinishedAt.After(requested.At) {
			took = append(took, row.FinishedAt.Sub(*row.StartedAt))
		}
	}
	return estimateOf(took), nil
}

// Scan answers GET /api/v1/scans/{id}/.
func (a *API) Scan(c *fiber.Ctx, by commands.Caller) error {
	row, err := a.scan(c, by)
	if err != nil {
		return err
	}
	report, err := a.Reader.Report(c.UserContext(), row.Scan)
	if err != nil {
		return err
	}
	names, err := a.names(c, by, row)
	if err != nil {
		return err
	}
	return c.JSON(detailsOf(row, report, names))
}

// scan is the scan of the path; NotFound for what is no number, unknown or
// another's.
func (a *API) scan(c *fiber.Ctx, by commands.Caller) (projections.ScanRow, error) {
	number, ok := numbered(c.Params("id"))
	if !ok {
		return projections.ScanRow{}, domain.Errorf(domain.NotFound, "Scan not found")
	}
	return a.Reader.Numbered(c.UserContext(), by.Account, number)
}

// numbered reads an integer id as it is written in answers; 0 and false for
// what is none.
func numbered(raw string) (int64, bool) {
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != raw {
		return 0, false
	}
	return n, true
}

// CancelScan answers POST /api/v1/scans/{id}/cancel/.
func (a *API) CancelScan(c *fiber.Ctx, by commands.Caller) error {
	row, err := a.scan(c, by)
	if err != nil {
		return err
	}
	if err := a.Scans.CancelScan(c.UserContext(), commands.CancelScan{By: by, Scan: row.Scan}); err != nil {
		return err
	}
	return c.JSON(cancelledScan{ID: row.Number, ScanID: row.Number, Status: words[domain.Cancelled], Message: "Scan cancelled successfully"})
}

// exports are the formats that a scan can be exported in.
var exports = []string{"pdf", "json", "csv", "sarif", "junit"}

// ExportScan answers POST /api/v1/scans/{id}/export/ with a file.
func (a *API) ExportScan(c *fiber.Ctx, by commands.Caller) error {
	var w exporting
	if err := web.ReadJSON(c, &w); err != nil {
		return err
	}
	i := slices.IndexFunc(a.Formats, func(f web.Format) bool { return f.Name == w.Format })
	if i < 0 || !slices.Contains(exports, w.Format) {
		return domain.Errorf(domain.Invalid, "format must be one of %s", web.Listing(exports))
	}
	row, err := a.scan(c, by)
	if err != nil {
		return err
	}
	if row.State != domain.Completed {
		return domain.Errorf(domain.Conflict, "The scan is %s: a report can be exported when it is completed", words[row.State])
	}
	report, err := a.Reader.Report(c.UserContext(), row.Scan)
	if err != nil {
		return err
	}
	return a.Formats[i].Send(c, report, "attachment")
}

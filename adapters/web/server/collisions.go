package server

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/issafesite"
	"github.com/scanledger/scanledger/adapters/web/scannerapi"
	"github.com/scanledger/scanledger/adapters/web/secably"
	"github.com/scanledger/scanledger/adapters/web/sevenazzani"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// contracts are those that share paths on the root. What Scanner shows there
// to a team, the others do too: it is the same path.
var contracts = map[domain.Contract]web.Contract{
	domain.ScannerAPI: scannerapi.Contract,
	domain.IsSafeSite: ofTeam(issafesite.Contract),
}

func ofTeam(c web.Contract) web.Contract {
	c.Team = true
	return c
}

// places are where the contracts' paths begin, the first that fits; within them
// somebody asks for something of the contract's, be it there or not.
var places = []struct {
	path     string
	whole    bool // whether it is this path alone
	contract web.Contract
}{
	{"/issafesite", false, issafesite.Contract}, {"/api/report", false, issafesite.Contract}, {"/api/v1/report", false, issafesite.Contract},
	{"/scanner", false, scannerapi.Contract}, {"/api/v1/scan", false, scannerapi.Contract}, {"/api/v1/scans", true, scannerapi.Contract},
	{"/secably", false, secably.Management}, {"/api", false, secably.Management},
}

// contractAt is the contract that a path is asked of; false for what is none's.
func contractAt(path string) (web.Contract, bool) {
	if sevenazzani.Owns(path) {
		return sevenazzani.Contract, true
	}
	for _, p := range places {
		if path == p.path || !p.whole && strings.HasPrefix(path, p.path+"/") {
			return p.contract, true
		}
	}
	return web.Contract{}, false
}

// collisions mounts the paths that more than one contract has, with the rules
// that tell them apart.
func (s *site) collisions(app *fiber.App) {
	always, byID := web.Always, s.contractOfScan
	let := s.Gate.Let
	app.Post("/api/v1/scan", let(contractOfBody, s.submit))
	app.Get("/api/v1/scan", let(always(issafesite.Contract), s.IsSafeSite.List))
	app.Get("/api/v1/scan/:id", let(byID, s.scan("")))
	app.Get("/api/v1/scan/:id/events", let(byID, s.events))
	app.Get("/api/v1/scan/:id/bundle", let(byID, s.bundle))
	app.Get("/api/v1/scan/:id/diff", let(byID, s.diff))
	app.Post("/api/v1/scan/:id/retest", let(always(scannerapi.Contract), s.Scanner.Retest))
	app.Post("/api/v1/scan/:id/cancel", let(always(scannerapi.Contract), s.Scanner.Cancel))
	app.Get("/api/v1/scans", let(always(scannerapi.Contract), s.Scanner.List))
	app.Get("/api/v1/scans/", let(always(secably.Contract), s.SecAbly.ListScans))
}

// fieldsOf says which of the two fields that name a contract a body has.
func fieldsOf(c *fiber.Ctx) (url, target bool) {
	var body struct {
		URL    *json.RawMessage `json:"url"`
		Target *json.RawMessage `json:"target"`
	}
	if err := json.Unmarshal(web.Body(c), &body); err != nil {
		return false, false
	}
	return body.URL != nil, body.Target != nil
}

// contractOfBody is IsSafeSite's for a body with url, else Scanner's.
func contractOfBody(c *fiber.Ctx) web.Contract {
	if url, target := fieldsOf(c); url && !target {
		return issafesite.Contract
	}
	return scannerapi.Contract
}

// submit answers POST /api/v1/scan.
func (s *site) submit(c *fiber.Ctx, by commands.Caller) error {
	if !json.Valid(web.Body(c)) {
		return domain.Errorf(domain.Invalid, "The body is not valid JSON")
	}
	switch url, target := fieldsOf(c); {
	case url && !target:
		return s.IsSafeSite.Submit(c, by)
	case target && !url:
		return s.Scanner.Submit(c, by)
	default:
		return domain.Errorf(domain.Invalid, "The body needs exactly one of the fields url (IsSafeSite) and target (Scanner)")
	}
}

// contractOfScan is the contract through which the scan of the path was
// created; Scanner's for what is unknown, for those that have no shape here and for
// those that are another's: its limits would tell that there is such a scan.
func (s *site) contractOfScan(c *fiber.Ctx) web.Contract {
	id, err := web.PathID(c, "")
	if err != nil {
		return scannerapi.Contract
	}
	c.SetUserContext(s.Reader.Ahead(c.UserContext(), id))
	s.Gate.Ask(c)
	row, err := s.row(c, id)
	if contract, ok := contracts[row.Contract]; err == nil && ok && !s.Gate.Foreign(c, row.Account) {
		return contract
	}
	return scannerapi.Contract
}

// rowKey is the local under which the scan of a request is kept.
const rowKey = "scan"

// row reads a scan, once for a request.
func (s *site) row(c *fiber.Ctx, id uuid.UUID) (projections.ScanRow, error) {
	if row, ok := c.Locals(rowKey).(*projections.ScanRow); ok && row.Scan == id {
		return *row, nil
	}
	row, err := s.Reader.Row(c.UserContext(), id)
	if err == nil {
		c.Locals(rowKey, &row)
	}
	return row, err
}

// scan answers GET /api/v1/scan/{id} in the shape of one contract; of that
// which the scan was created through, where it is "".
func (s *site) scan(as domain.Contract) web.Handler {
	return func(c *fiber.Ctx, by commands.Caller) error {
		id, err := web.PathID(c, "Scan not found")
		if err != nil {
			return err
		}
		row, report, err := s.stands(c, by, id)
		if err != nil {
			return err
		}
		if report.Version == 0 {
			if report, err = s.Reader.ReportOf(c.UserContext(), row); err != nil {
				return err
			}
		}
		if cmp.Or(as, row.Contract) != domain.IsSafeSite {
			return s.Scanner.Show(c, row, report)
		}
		return s.IsSafeSite.Show(c, row, report)
	}
}

// stands reads a scan as it stands; with as_of in the query as it stood at
// that version, and with its report of then.
func (s *site) stands(c *fiber.Ctx, by commands.Caller, id uuid.UUID) (row projections.ScanRow, report projections.ReportRow, err error) {
	version, err := web.AsOf(c)
	if err != nil {
		return row, report, err
	}
	row, err = s.seen(c, by, id)
	if err != nil || version == 0 {
		return row, report, err
	}
	history, err := s.Reader.History(c.UserContext(), row.Account, id, 0)
	if err != nil {
		return row, report, err
	}
	return projections.AsOf(history, version)
}

// seen reads a scan that a caller sees: one of its own account's, or of its
// team's.
func (s *site) seen(c *fiber.Ctx, by commands.Caller, id uuid.UUID) (projections.ScanRow, error) {
	row, err := s.row(c, id)
	if err == nil && !by.Sees(row.Account) {
		return projections.ScanRow{}, domain.Errorf(domain.NotFound, "Scan not found")
	}
	return row, err
}

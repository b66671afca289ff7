package sevenazzani

import (
	"context"
	"slices"
	"strings"
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
	Scans   Scans
	Lookups Lookups
	Codes   Codes
	Reader  Reader

	LookupReader projections.LookupReader
	// Export is all of a scan's report as a JSON object, also while the scan
	// goes on. The same row gives the same bytes.
	Export     func(ctx context.Context, r projections.ReportRow) ([]byte, error)
	Clicks     Clicks
	Links      Links
	Shortened  projections.LinkReader
	SpeedTests SpeedTests
	Measured   projections.SpeedTestReader
	Now        func() time.Time
	PublicURL  string // what its links begin with; "" for what the request was sent to
}

// Scans are the commands that the contract gives about scans.
type Scans interface {
	RequestScan(ctx context.Context, c commands.RequestScan) (domain.Envelope, error)
}

// Lookups are the commands that the contract gives about look-ups.
type Lookups interface {
	LookUp(ctx context.Context, c commands.LookUp) (domain.Envelope, error)
}

// Reader is what the contract reads of scans.
type Reader interface {
	Scan(ctx context.Context, account, scan uuid.UUID) (projections.ScanRow, error)
	Scans(ctx context.Context, f projections.ScanFilter) ([]projections.ScanRow, int, error)
	Report(ctx context.Context, scan uuid.UUID) (projections.ReportRow, error)
	History(ctx context.Context, account, scan uuid.UUID, after int) ([]domain.Envelope, error)
	Totals(ctx context.Context, account uuid.UUID) (projections.Totals, error)
}

// prefixes begin the contract's paths: no other contract has any below them.
var prefixes = []string{"/7azzani", "/api/scans", "/speedtest", "/shrinkit", "/lookup", "/qr/api", "/media/qr"}

// Owns says whether what is asked for at a path is asked of this contract, be
// it there or not.
func Owns(path string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// Mount puts the contract's routes on a router.
func (a *API) Mount(r fiber.Router, gate *web.Gate) {
	let := func(h web.Handler) fiber.Handler { return gate.Let(web.Always(Contract), h) }
	r.Get("/api/scans", let(a.List))
	r.Post("/api/scans/quick_scan", let(a.QuickScan))
	r.Get("/api/scans/statistics", let(a.Statistics))
	r.Get("/api/scans/:id/status", let(a.Status))
	r.Get("/api/scans/:id/report", let(a.Report))
	r.Post("/lookup/api/lookup", let(a.LookUp))
	r.Get("/lookup/history", let(a.LookupHistory))
	r.Get("/lookup/:id", let(a.Lookup))
	r.Get("/lookup/:id/diff", let(a.LookupDiff))
	a.mountCodes(r, gate)
	a.mountClicks(r, let)
	a.mountLinks(r, let)
	a.mountSpeedTests(r, gate)
}

package secably

import (
	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// folders are the scanners that have endpoints of their own.
var folders = []domain.Scanner{domain.Nmap, domain.SSLyze, domain.Nuclei, domain.ZAP, domain.OpenVAS}

// StartWith answers POST /api/v1/{scanner}/scan/.
func (a *API) StartWith(s domain.Scanner) web.Handler {
	return func(c *fiber.Ctx, by commands.Caller) error {
		var w creation
		if err := web.ReadJSON(c, &w); err != nil {
			return err
		}
		answer, err := a.create(c, by, s, w)
		if err != nil {
			return err
		}
		answer.Status = queued
		return c.Status(fiber.StatusCreated).JSON(answer)
	}
}

// ScanWith answers GET /api/v1/{scanner}/scan/{id}/. A scan of another scanner
// is as one unknown.
func (a *API) ScanWith(s domain.Scanner) web.Handler {
	return func(c *fiber.Ctx, by commands.Caller) error {
		row, err := a.scan(c, by)
		if err != nil {
			return err
		}
		if row.Profile.Scanner() != s {
			return domain.Errorf(domain.NotFound, "Scan not found")
		}
		report, err := a.Reader.Report(c.UserContext(), row.Scan)
		if err != nil {
			return err
		}
		return c.JSON(scannerScanOf(row, report))
	}
}

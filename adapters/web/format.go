package web

import (
	"context"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Format is a form that a completed scan's report can be had in.
type Format struct {
	Name      string // as contracts call it: "pdf"
	MediaType string
	Ending    string // of a file's name, with its dot
	Export    func(ctx context.Context, r projections.ReportRow) ([]byte, error)
}

// Send answers with a report in this form. Disposition is "inline" for what a
// browser shall show, else "attachment". A scan that is not complete has no
// report yet: NotFound.
func (f Format) Send(c *fiber.Ctx, r projections.ReportRow, disposition string) error {
	if r.CompletedAt == nil {
		return domain.Errorf(domain.NotFound, "The report is drawn when the scan is complete.")
	}
	file, err := f.Export(c.UserContext(), r)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, f.MediaType)
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`%s; filename="scanledger-%s%s"`, disposition, r.Scan, f.Ending))
	return c.Send(file)
}

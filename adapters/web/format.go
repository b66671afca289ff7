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
	// Beside is the report that says of each finding what it is beside an earlier
	// scan; nil for a form that has no words for that.
	Beside func(ctx context.Context, r projections.ReportRow, d projections.Difference) ([]byte, error)
}

// Compared is the form with the difference from an earlier scan, which of tells
// once it is needed. A form that has no words for it is refused with Invalid.
func (f Format) Compared(of func(ctx context.Context, r projections.ReportRow) (projections.Difference, error)) (Format, error) {
	if f.Beside == nil {
		return f, domain.Errorf(domain.Invalid, "against is for reports in SARIF alone")
	}
	f.Export = func(ctx context.Context, r projections.ReportRow) ([]byte, error) {
		d, err := of(ctx, r)
		if err != nil {
			return nil, err
		}
		return f.Beside(ctx, r, d)
	}
	return f, nil
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

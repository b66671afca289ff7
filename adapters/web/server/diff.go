package server

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// diff answers GET /api/v1/scan/{id}/diff: what the scan says beside what was
// known as of an earlier one of the same target.
func (s *site) diff(c *fiber.Ctx, by commands.Caller) error {
	id, err := web.PathID(c, "Scan not found")
	if err != nil {
		return err
	}
	against, err := projections.AgainstOf(c.Query("against"))
	if err != nil {
		return err
	}
	row, err := s.seen(c, by, id)
	if err != nil {
		return err
	}
	d, err := s.difference(c.UserContext(), row.Account, row.TargetValue, id, against)
	if err != nil {
		return err
	}
	return c.JSON(d.Told(s.Gate.Now()))
}

// difference compares a scan of an account's target with an earlier one.
func (s *site) difference(ctx context.Context, account uuid.UUID, target string, scan, against uuid.UUID) (projections.Difference, error) {
	rows, err := s.Sightings.Sightings(ctx, account, target)
	if err != nil {
		return projections.Difference{}, err
	}
	d, err := projections.Compare(rows, scan, against)
	if err != nil {
		return d, err
	}
	said, _, err := s.Judgements.Judgements(ctx, account)
	if domain.CodeOf(err) == domain.NotFound { // the account has gone, and what it said too
		err = nil
	}
	d.Judge(said)
	return d, err
}

// beside is a form of a report as the request wants it: with against in the query
// it says what is new and what is gone beside that scan.
func (s *site) beside(c *fiber.Ctx, f web.Format) (web.Format, error) {
	if c.Query("against") == "" {
		return f, nil
	}
	against, err := projections.AgainstOf(c.Query("against"))
	if err != nil {
		return f, err
	}
	return f.Compared(func(ctx context.Context, r projections.ReportRow) (projections.Difference, error) {
		return s.difference(ctx, r.Account, r.Document.Target.Value, r.Scan, against)
	})
}

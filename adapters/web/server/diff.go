package server

import (
	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
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
	rows, err := s.Sightings.Sightings(c.UserContext(), row.Account, row.TargetValue)
	if err != nil {
		return err
	}
	d, err := projections.Compare(rows, id, against)
	if err != nil {
		return err
	}
	return c.JSON(d.Told())
}

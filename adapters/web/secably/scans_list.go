package secably

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// ListScans answers GET /api/v1/scans/: all scans of the account, whatever
// contract they came through.
func (a *API) ListScans(c *fiber.Ctx, by commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	filter := projections.ScanFilter{Account: by.Account, Offset: p.Offset(), Limit: p.Size}
	if filter.State, err = stateNamed(c.Query("status")); err != nil {
		return err
	}
	if s := domain.Scanner(c.Query("scanner_type")); s != "" {
		if !slices.Contains(scannerTypes, s) {
			return domain.Errorf(domain.Invalid, "scanner_type must be one of %s", web.Listing(scannerTypes))
		}
		filter.Profiles = domain.ProfilesOf(s)
	}
	if err := a.ofTarget(c, by, &filter); err != nil {
		return err
	}
	rows, all, err := a.Reader.Scans(c.UserContext(), filter)
	if err != nil {
		return err
	}
	names, err := a.names(c, by, rows...)
	if err != nil {
		return err
	}
	shown := make([]listedScan, len(rows))
	for i, r := range rows {
		shown[i] = scanOf(r, names)
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, all, shown))
}

// ofTarget makes a filter choose the scans of the target that the query names.
func (a *API) ofTarget(c *fiber.Ctx, by commands.Caller, f *projections.ScanFilter) error {
	raw := c.Query("target_id", c.Query("website_id"))
	if raw == "" {
		return nil
	}
	number, _ := numbered(raw)
	target, err := a.Targets.Target(c.UserContext(), by.Account, number)
	f.Target = target.TargetValue
	return err
}

// names are what the account calls the targets of scans, by their values.
// Targets that are not on its list have none.
func (a *API) names(c *fiber.Ctx, by commands.Caller, rows ...projections.ScanRow) (map[string]string, error) {
	values := []string{}
	for _, r := range rows {
		if !slices.Contains(values, r.TargetValue) {
			values = append(values, r.TargetValue)
		}
	}
	names := map[string]string{}
	if len(values) == 0 {
		return names, nil
	}
	targets, _, err := a.Targets.Targets(c.UserContext(), projections.TargetFilter{Account: by.Account, Values: values, Limit: len(values)})
	if err != nil || len(targets) == 0 {
		return names, err
	}
	unseal, err := a.Lists.Unseal(c.UserContext(), by.Account)
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		if names[t.TargetValue], err = unseal(t.Name); err != nil {
			return nil, err
		}
	}
	return names, nil
}

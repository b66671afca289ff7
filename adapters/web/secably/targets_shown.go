package secably

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

const (
	checkTime   = 2 * time.Second // that the targets of a page may take to be resolved
	checkAtOnce = 16
)

// shown are targets in the contract's shape, with what their scans have come to.
func (a *API) shown(c *fiber.Ctx, by commands.Caller, rows []projections.TargetRow) ([]listed, error) {
	open, err := a.Lists.Unseal(c.UserContext(), by.Account)
	if err != nil {
		return nil, err
	}
	values := make([]string, len(rows))
	for i, r := range rows {
		values[i] = r.TargetValue
	}
	scans, err := a.Targets.ScansOf(c.UserContext(), by.Account, values)
	if err != nil {
		return nil, err
	}
	out := make([]listed, len(rows))
	for i, r := range rows {
		out[i] = listedOf(r, a.Lists.ProofOf(by.Account, r.Target), a.Now())
		if out[i].Name, err = open(r.Name); err == nil {
			out[i].Description, err = open(r.Description)
		}
		if err != nil {
			return nil, err
		}
		s, ever := scans[r.TargetValue]
		out[i].scanned(s, ever)
	}
	return out, a.check(c.UserContext(), by, rows, out)
}

// check says of each target whether a scan would be accepted. One whose name is
// not resolved in time would not be.
func (a *API) check(ctx context.Context, by commands.Caller, rows []projections.TargetRow, out []listed) error {
	bounded, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	group := new(errgroup.Group)
	group.SetLimit(checkAtOnce)
	for i, r := range rows {
		group.Go(func() error {
			err := scannable(r)
			if err == nil {
				err = a.Scans.MayScan(bounded, by.Account, r.Target, domain.Standard)
			}
			if domain.CodeOf(err) == domain.Internal && bounded.Err() != nil && ctx.Err() == nil {
				err = domain.Errorf(domain.Unresolvable, "the host name could not be resolved in time")
			}
			if domain.CodeOf(err) == domain.Internal {
				return err
			}
			if err != nil {
				reason := err.Error()
				out[i].Reason = &reason
			}
			out[i].CanScan = err == nil
			return nil
		})
	}
	return group.Wait()
}

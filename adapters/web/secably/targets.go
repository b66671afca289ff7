package secably

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Lists are the commands about the targets on an account's list.
type Lists interface {
	AddTarget(ctx context.Context, c commands.AddTarget) ([]domain.Envelope, error)
	ChangeTarget(ctx context.Context, c commands.ChangeTarget) error
	RemoveTarget(ctx context.Context, c commands.RemoveTarget) error
	VerifyTarget(ctx context.Context, c commands.VerifyTarget) (commands.Verification, error)
	ProofOf(account uuid.UUID, t domain.Target) string
	Unseal(ctx context.Context, account uuid.UUID) (func(domain.Sealed) (string, error), error)
}

// mountTargets puts the routes of targets on a router, which are those of
// websites too.
func (a *API) mountTargets(r fiber.Router, let func(web.Handler, ...web.Window) fiber.Handler, scans web.Window) {
	for _, path := range []string{"/api/v1/targets", "/api/v1/websites"} {
		website := path == "/api/v1/websites"
		change := func(whole bool) fiber.Handler {
			return let(func(c *fiber.Ctx, by commands.Caller) error { return a.changeTarget(c, by, website, whole) })
		}
		r.Get(path, let(a.ListTargets))
		r.Post(path, let(func(c *fiber.Ctx, by commands.Caller) error { return a.addTarget(c, by, website) }))
		r.Get(path+"/:id", let(a.ShowTarget))
		r.Put(path+"/:id", change(true))
		r.Patch(path+"/:id", change(false))
		r.Delete(path+"/:id", let(a.RemoveTarget))
		r.Post(path+"/:id/verify", let(a.VerifyTarget, verifications))
		r.Post(path+"/:id/scan", let(a.ScanTarget, scans))
	}
}

// ListTargets answers GET /api/v1/targets/.
func (a *API) ListTargets(c *fiber.Ctx, by commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	rows, all, err := a.Targets.Targets(c.UserContext(), projections.TargetFilter{Account: by.Account, Offset: p.Offset(), Limit: p.Size})
	if err != nil {
		return err
	}
	shown, err := a.shown(c, by, rows)
	if err != nil {
		return err
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, all, shown))
}

// addTarget answers POST /api/v1/targets/ and POST /api/v1/websites/.
func (a *API) addTarget(c *fiber.Ctx, by commands.Caller, website bool) error {
	var d details
	if err := web.ReadJSON(c, &d); err != nil {
		return err
	}
	target, err := d.parse(website, nil)
	if err == nil && target == nil {
		err = d.nameless(website)
	}
	if err != nil {
		return err
	}
	add := commands.AddTarget{By: by, Target: *target, Name: deref(d.Name), Description: deref(d.Description), Frequency: deref(d.frequency())}
	added, err := a.Lists.AddTarget(c.UserContext(), add)
	if err != nil {
		return err
	}
	row, _ := projections.TargetOf(added)
	shown, err := a.shown(c, by, []projections.TargetRow{row})
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(shown[0])
}

// nameless is the refusal of a body that names no target.
func (d details) nameless(website bool) error {
	if website {
		return domain.Errorf(domain.Invalid, "url is required")
	}
	return domain.Errorf(domain.Invalid, "target_value is required: an address, a URL, a host name or a range")
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// ShowTarget answers GET /api/v1/targets/{id}/.
func (a *API) ShowTarget(c *fiber.Ctx, by commands.Caller) error {
	row, err := a.target(c, by)
	if err != nil {
		return err
	}
	shown, err := a.shown(c, by, []projections.TargetRow{row})
	if err != nil {
		return err
	}
	return c.JSON(shown[0])
}

// target is the one of the path.
func (a *API) target(c *fiber.Ctx, by commands.Caller) (projections.TargetRow, error) {
	raw := c.Params("id")
	number, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || strconv.FormatInt(number, 10) != raw {
		return projections.TargetRow{}, domain.Errorf(domain.NotFound, "Target not found")
	}
	return a.Targets.Target(c.UserContext(), by.Account, number)
}

// changeTarget answers PUT and PATCH of a target: what a body leaves out stays
// as it is, but for the target itself, which PUT wants.
func (a *API) changeTarget(c *fiber.Ctx, by commands.Caller, website, whole bool) error {
	row, err := a.target(c, by)
	if err != nil {
		return err
	}
	var d details
	if err := web.ReadJSON(c, &d); err != nil {
		return err
	}
	if whole && (website && d.URL == nil || !website && d.Value == nil) {
		return d.nameless(website)
	}
	target, err := d.parse(website, &row.Target)
	if err != nil {
		return err
	}
	if frequencyOf(row) == custom && deref(d.Frequency) == custom {
		d.Frequency = nil // what its answer shows is no other one
	}
	err = a.Lists.ChangeTarget(c.UserContext(), commands.ChangeTarget{
		By: by, ID: row.ID, Target: target, Name: d.Name, Description: d.Description, Frequency: d.frequency(), Active: d.Active,
	})
	if err != nil {
		return err
	}
	return a.ShowTarget(c, by)
}

// RemoveTarget answers DELETE /api/v1/targets/{id}/.
func (a *API) RemoveTarget(c *fiber.Ctx, by commands.Caller) error {
	row, err := a.target(c, by)
	if err != nil {
		return err
	}
	if err := a.Lists.RemoveTarget(c.UserContext(), commands.RemoveTarget{By: by, ID: row.ID}); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// VerifyTarget answers POST /api/v1/targets/{id}/verify/.
func (a *API) VerifyTarget(c *fiber.Ctx, by commands.Caller) error {
	row, err := a.target(c, by)
	if err != nil {
		return err
	}
	found, err := a.Lists.VerifyTarget(c.UserContext(), commands.VerifyTarget{By: by, ID: row.ID})
	if err != nil {
		return err
	}
	return c.JSON(verifiedOf(row, found, a.Lists.ProofOf(by.Account, row.Target), a.Now()))
}

// ScanTarget answers POST /api/v1/targets/{id}/scan/.
func (a *API) ScanTarget(c *fiber.Ctx, by commands.Caller) error {
	row, err := a.target(c, by)
	if err != nil {
		return err
	}
	answer, err := a.start(c, by, row, domain.Standard, domain.Options{})
	if err != nil {
		return err
	}
	answer.Status = words[domain.Requested]
	return c.JSON(answer)
}

// scannable refuses a target that its owner has put to rest.
func scannable(r projections.TargetRow) error {
	if !r.Active {
		return domain.Errorf(domain.Forbidden, "The target is not active: set active to true to have it scanned")
	}
	return nil
}

package sevenazzani

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Links are the commands that the contract gives about short links.
type Links interface {
	ShortenLink(ctx context.Context, c commands.ShortenLink) (domain.Envelope, error)
	ChangeLink(ctx context.Context, c commands.ChangeLink) ([]domain.Envelope, error)
	ToggleLink(ctx context.Context, c commands.ToggleLink) ([]domain.Envelope, error)
	DeleteLink(ctx context.Context, c commands.DeleteLink) error
}

func (a *API) mountLinks(r fiber.Router, let func(web.Handler) fiber.Handler) {
	r.Post("/shrinkit/api/shorten", let(a.Shorten))
	r.Post("/shrinkit/api/toggle/:id", let(a.ToggleLink))
	r.Delete("/shrinkit/api/delete/:id", let(a.DeleteLink))
	r.Get("/shrinkit/api/links", let(a.ListLinks))
	r.Get("/shrinkit/api/links/:id", let(a.GetLink))
	r.Patch("/shrinkit/api/links/:id", let(a.ChangeLink))
}

// Shorten answers POST /shrinkit/api/shorten/.
func (a *API) Shorten(c *fiber.Ctx, by commands.Caller) error {
	var s shorten
	if err := web.ReadJSON(c, &s); err != nil {
		return err
	}
	if s.URL == "" {
		return domain.Errorf(domain.Invalid, "URL is required")
	}
	details, err := s.linkFields.on(domain.LinkDetails{Destination: s.URL})
	if err != nil {
		return err
	}
	made, err := a.Links.ShortenLink(c.UserContext(), commands.ShortenLink{
		By: by, Code: s.CustomCode, Details: details, Password: textOf(s.Password), Here: hereOf(c),
	})
	if err != nil {
		return err
	}
	c.Status(fiber.StatusCreated)
	return a.showLink(c, []domain.Envelope{made}, nil)
}

// ToggleLink answers POST /shrinkit/api/toggle/{id}/.
func (a *API) ToggleLink(c *fiber.Ctx, by commands.Caller) error {
	history, err := a.Links.ToggleLink(c.UserContext(), commands.ToggleLink{By: by, Link: c.Params("id")})
	return a.showLink(c, history, err)
}

// ChangeLink answers PATCH /shrinkit/api/links/{id}/.
func (a *API) ChangeLink(c *fiber.Ctx, by commands.Caller) error {
	var s changeLink
	if err := web.ReadJSON(c, &s); err != nil {
		return err
	}
	if _, err := s.on(domain.LinkDetails{}); err != nil {
		return err
	}
	history, err := a.Links.ChangeLink(c.UserContext(), commands.ChangeLink{
		By: by, Link: c.Params("id"), Password: s.Password, Enabled: s.IsActive, Here: hereOf(c),
		To: func(now domain.LinkDetails) domain.LinkDetails {
			to, _ := s.on(now) // what it cannot read was told above
			return to
		},
	})
	return a.showLink(c, history, err)
}

// showLink answers with a link as it stands after a history.
func (a *API) showLink(c *fiber.Ctx, history []domain.Envelope, err error) error {
	if err != nil {
		return err
	}
	row, there := projections.LinkOf(history)
	if !there {
		return domain.Errorf(domain.NotFound, "Link not found")
	}
	return c.JSON(a.linkOf(c, row))
}

// DeleteLink answers DELETE /shrinkit/api/delete/{id}/.
func (a *API) DeleteLink(c *fiber.Ctx, by commands.Caller) error {
	if err := a.Links.DeleteLink(c.UserContext(), commands.DeleteLink{By: by, Link: c.Params("id")}); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// GetLink answers GET /shrinkit/api/links/{id}/.
func (a *API) GetLink(c *fiber.Ctx, by commands.Caller) error {
	row, err := a.Shortened.Link(c.UserContext(), by.Account, c.Params("id"))
	if err != nil {
		return err
	}
	return c.JSON(a.linkOf(c, row))
}

// ListLinks answers GET /shrinkit/api/links/, the newest first, as the list of
// scans is paged; with tag and search in the query.
func (a *API) ListLinks(c *fiber.Ctx, by commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	f := projections.LinkFilter{Account: by.Account, Offset: p.Offset(), Limit: p.Size}
	if f.Tag, err = web.QueryText(c, "tag"); err != nil {
		return err
	}
	if f.Search, err = web.QueryText(c, "search"); err != nil {
		return err
	}
	rows, total, err := a.Shortened.Links(c.UserContext(), f)
	if err != nil {
		return err
	}
	links := make([]link, len(rows))
	for i, r := range rows {
		links[i] = a.linkOf(c, r)
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, total, links))
}

// hereOf is the host that a request was sent to, with its port.
func hereOf(c *fiber.Ctx) string { return string(c.Request().Host()) }

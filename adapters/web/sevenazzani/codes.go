package sevenazzani

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Codes are the commands that the contract gives about QR codes.
type Codes interface {
	PreviewCode(ctx context.Context, g commands.GenerateCode) (commands.Preview, error)
	Picture(ctx context.Context, name string) ([]byte, error)
	GenerateCode(ctx context.Context, g commands.GenerateCode) (commands.Generated, error)
	GenerateCodes(ctx context.Context, g commands.GenerateCodes) ([]commands.Generated, commands.RowFaults, error)
}

func (a *API) mountCodes(r fiber.Router, gate *web.Gate) {
	let := func(h web.Handler, limits ...web.Window) fiber.Handler {
		return gate.Let(web.Always(Contract), h, limits...)
	}
	r.Post("/qr/api/preview", let(a.PreviewCode))
	r.Get("/qr/api/content-form/:qr_type", let(a.ContentForm))
	r.Post("/qr/api/generate", let(a.GenerateCode))
	r.Post("/qr/api/batch", let(a.GenerateCodes, batches))
	r.Get("/media/qr/:file", gate.Let(web.Open(Contract), a.Picture))
}

// What a preview's picture is called, before and after what nobody can guess.
const previewBegin, previewEnd = "preview_", ".png"

// PreviewCode answers POST /qr/api/preview/.
func (a *API) PreviewCode(c *fiber.Ctx, by commands.Caller) error {
	var w codeWanted
	if err := web.ReadJSON(c, &w); err != nil {
		return err
	}
	g, err := w.wanted(by)
	if err != nil {
		return err
	}
	p, err := a.Codes.PreviewCode(c.UserContext(), g)
	if err != nil {
		return err
	}
	return c.JSON(preview{
		URL: "/media/qr/" + previewBegin + p.Name + previewEnd, ExpiresIn: int(commands.PreviewTime.Seconds()),
		Base64: "data:image/png;base64," + base64.StdEncoding.EncodeToString(p.File),
		Type:   g.Type, Payload: g.Payload, Style: p.Style, Modules: p.Modules,
	})
}

// pictureCSP lets a picture be nothing but a picture, whoever opens it.
const pictureCSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

// Picture answers GET /media/qr/{file}: whoever knows the name sees it.
func (a *API) Picture(c *fiber.Ctx, _ commands.Caller) error {
	gone := domain.Errorf(domain.NotFound, "There is no such picture, or its time is over")
	name, begins := strings.CutPrefix(c.Params("file"), previewBegin)
	name, ends := strings.CutSuffix(name, previewEnd)
	if !begins || !ends {
		return gone
	}
	file, err := a.Codes.Picture(c.UserContext(), name)
	if domain.CodeOf(err) == domain.NotFound {
		return gone
	}
	if err != nil {
		return err
	}
	return sendPicture(c, domain.PNGCode, "inline", "preview", file)
}

// sendPicture answers with a file. Its name is of letters, digits and signs that need no escape.
func sendPicture(c *fiber.Ctx, f domain.CodeFormat, disposition, name string, file []byte) error {
	c.Set(fiber.HeaderContentSecurityPolicy, pictureCSP)
	c.Set(fiber.HeaderContentType, domain.CodeFormats[f])
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`%s; filename="%s.%s"`, disposition, name, f))
	return c.Send(file)
}

// GenerateCode answers POST /qr/api/generate/ with the file. Of a dynamic code
// the headers tell the link.
func (a *API) GenerateCode(c *fiber.Ctx, by commands.Caller) error {
	var w fileWanted
	if err := web.ReadJSON(c, &w); err != nil {
		return err
	}
	g, err := w.wanted(by)
	if err != nil {
		return err
	}
	if g.Format, err = domain.ParseCodeFormat(w.Format); err != nil {
		return err
	}
	g.Dynamic, g.Here, g.Base = w.Dynamic, hereOf(c), a.base(c)
	made, err := a.Codes.GenerateCode(c.UserContext(), g)
	if err != nil {
		return err
	}
	if made.Link.Short != "" {
		c.Set("X-Link-ID", made.Link.Stream.ID().String())
		c.Set("X-Short-URL", made.Link.Short)
	}
	c.Set("X-Error-Correction", string(made.Style.Correction))
	c.Status(fiber.StatusCreated)
	return sendPicture(c, g.Format, "attachment", asciiName(w.Name, "qr-"+string(g.Type)), made.File)
}

// ContentForm answers GET /qr/api/content-form/{qr_type}/.
func (a *API) ContentForm(c *fiber.Ctx, _ commands.Caller) error {
	form, err := domain.CodeFormOf(domain.CodeType(c.Params("qr_type")))
	if err != nil {
		return err
	}
	return c.JSON(formOf(form))
}

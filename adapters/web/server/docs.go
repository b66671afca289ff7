package server

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/swaggest/swgui/v5/static"
)

// ours are the page and what we have put beside the library's assets.
//
//go:embed docs/page.html docs/page.css docs/page.js
var ours embed.FS

// assets are the files of the page, by where they are; those of the library
// are packed.
var assets = map[string]fs.FS{
	"page.css": ours, "page.js": ours,
	"swagger-ui.css": static.FS, "swagger-ui-bundle.js": static.FS, "favicon-32x32.png": static.FS,
}

// docsCSP lets the page load and ask nothing but this server. The library's
// style sheet has its images in itself.
const docsCSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// documents mounts the OpenAPI documents and the page that shows them.
func (s *site) documents(app *fiber.App) {
	for _, d := range s.Documents.All {
		app.Get(d.Prefix+"/openapi.yaml", send("application/yaml", d.YAML))
		app.Get(d.Prefix+"/openapi.json", send(fiber.MIMEApplicationJSON, d.JSON))
	}
	app.Get("/docs", s.docs)
	app.Get("/docs/:file", s.asset)
}

func send(kind string, content []byte) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, kind)
		return c.Send(content)
	}
}

// docs answers GET /docs.
func (s *site) docs(c *fiber.Ctx) error {
	page, err := ours.ReadFile("docs/page.html")
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentSecurityPolicy, docsCSP)
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	return send(fiber.MIMETextHTMLCharsetUTF8, page)(c)
}

// asset answers GET /docs/{file}.
func (s *site) asset(c *fiber.Ctx) error {
	name := c.Params("file")
	from, ok := assets[name]
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	kind := mime.TypeByExtension(path.Ext(name))
	if from == ours {
		name = "docs/" + name
	}
	content, err := fs.ReadFile(from, name)
	if err == nil {
		return send(kind, content)(c)
	}
	if content, err = fs.ReadFile(from, name+".gz"); err != nil {
		return err
	}
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	if strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return send(kind, content)(c)
	}
	packed, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return err
	}
	if content, err = io.ReadAll(packed); err != nil {
		return err
	}
	return send(kind, content)(c)
}

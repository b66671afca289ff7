// Package dashboard serves the pages for people without a shell on the server:
// one on which they make and revoke API keys, and see their plans, credits and
// usage, one on which they make QR codes, and one on which operators look after
// all accounts. The pages are clients of the API like any other: they have no way
// of their own to anything.
package dashboard

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/domain"
)

//go:embed *.html *.js *.css
var files embed.FS

// csp lets a page load its own scripts and style and talk to its own server:
// nothing inline, nothing from elsewhere.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page is what people open: a file of its own, around which shared.html is.
type page struct {
	Path, Title, file string
	Forms             []domain.CodeForm // of the page for QR codes
}

var pages = []page{
	{"/dashboard", "Dashboard", "page.html", nil},
	{"/qr", "QR codes", "qr.html", domain.CodeForms},
	{"/admin", "Administration", "admin.html", nil},
}

// parts are what the pages load, each with its file and its media type.
var parts = []struct{ path, file, mediaType string }{
	{"/dashboard/app.js", "app.js", "text/javascript; charset=utf-8"},
	{"/dashboard/client.js", "client.js", "text/javascript; charset=utf-8"},
	{"/dashboard/style.css", "style.css", "text/css; charset=utf-8"},
	{"/qr/app.js", "qr.js", "text/javascript; charset=utf-8"},
	{"/admin/app.js", "admin.js", "text/javascript; charset=utf-8"},
}

// Mount puts the pages on a router, at /dashboard, /qr and /admin.
func Mount(r fiber.Router) {
	written := template.Must(template.ParseFS(files, "*.html"))
	for _, p := range pages {
		var text bytes.Buffer
		if err := written.ExecuteTemplate(&text, p.file, p); err != nil {
			panic(err) // the file is in the binary
		}
		serve(r, p.Path, "text/html; charset=utf-8", text.Bytes())
	}
	for _, p := range parts {
		text, err := files.ReadFile(p.file)
		if err != nil {
			panic(err)
		}
		serve(r, p.path, p.mediaType, text)
	}
}

func serve(r fiber.Router, path, mediaType string, text []byte) {
	r.Get(path, func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentSecurityPolicy, csp)
		c.Set("Cross-Origin-Opener-Policy", "same-origin")
		c.Set(fiber.HeaderContentType, mediaType)
		return c.Status(http.StatusOK).Send(text)
	})
}

// Package dashboard serves the pages for people without a shell on the server:
// one on which they make and revoke API keys, and see their plans, credits and
// usage, one on which they make QR codes, and one on which operators look after
// all accounts. The pages are clients of the API like any other: they have no way
// of their own to anything.
package dashboard

import (
	"embed"
	"net/http"

	"github.com/gofiber/fiber/v2"
)

//go:embed page.html app.js client.js style.css admin.html admin.js qr.html qr.js
var files embed.FS

// csp lets a page load its own scripts and style and talk to its own server:
// nothing inline, nothing from elsewhere.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// parts are what is served, each with its file and its media type.
var parts = []struct{ path, file, mediaType string }{
	{"/dashboard", "page.html", "text/html; charset=utf-8"},
	{"/dashboard/app.js", "app.js", "text/javascript; charset=utf-8"},
	{"/dashboard/client.js", "client.js", "text/javascript; charset=utf-8"},
	{"/dashboard/style.css", "style.css", "text/css; charset=utf-8"},
	{"/qr", "qr.html", "text/html; charset=utf-8"},
	{"/qr/app.js", "qr.js", "text/javascript; charset=utf-8"},
	{"/admin", "admin.html", "text/html; charset=utf-8"},
	{"/admin/app.js", "admin.js", "text/javascript; charset=utf-8"},
}

// Mount puts the pages on a router, at /dashboard, /qr and /admin.
func Mount(r fiber.Router) {
	for _, p := range parts {
		text, err := files.ReadFile(p.file)
		if err != nil {
			panic(err) // the file is in the binary
		}
		r.Get(p.path, func(c *fiber.Ctx) error {
			c.Set(fiber.HeaderContentSecurityPolicy, csp)
			c.Set("Cross-Origin-Opener-Policy", "same-origin")
			c.Set(fiber.HeaderContentType, p.mediaType)
			return c.Status(http.StatusOK).Send(text)
		})
	}
}

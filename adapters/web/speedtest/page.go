package speedtest

import (
	"embed"
	"net/http"

	"github.com/gofiber/fiber/v2"
)

//go:embed page.html page.css page.js measure.js
var files embed.FS

// csp lets the page load its own scripts and style and talk to its own server:
// nothing inline, nothing from elsewhere.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// parts are what the page is made of, each with its file and its media type.
var parts = []struct{ path, file, mediaType string }{
	{"/speedtest", "page.html", "text/html; charset=utf-8"},
	{"/speedtest/page.js", "page.js", "text/javascript; charset=utf-8"},
	{"/speedtest/measure.js", "measure.js", "text/javascript; charset=utf-8"},
	{"/speedtest/page.css", "page.css", "text/css; charset=utf-8"},
}

func mountPage(app *fiber.App) {
	for _, p := range parts {
		text, err := files.ReadFile(p.file)
		if err != nil {
			panic(err) // the file is in the binary
		}
		app.Get(p.path, func(c *fiber.Ctx) error {
			c.Set(fiber.HeaderContentSecurityPolicy, csp)
			c.Set("Cross-Origin-Opener-Policy", "same-origin")
			c.Set(fiber.HeaderContentType, p.mediaType)
			return c.Status(http.StatusOK).Send(text)
		})
	}
}

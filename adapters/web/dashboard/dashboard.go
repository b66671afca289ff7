// Package dashboard serves the pages for people without a shell on the server:
// one on which they make and revoke API keys, and see their plans, credits and
// usage, one on which they make QR codes, and one on which operators look after
// all accounts. The pages are clients of the API like any other: they have no way
// of their own to anything.
package dashboard

import (
	"embed"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
)

//go:embed page.html app.js client.js style.css admin.html admin.js qr.html qr.js
var files embed.FS

// Mount puts the pages on a router, at /dashboard, /qr and /admin.
func Mount(r fiber.Router) {
	web.MountFiles(r, files, []web.File{
		{Path: "/dashboard", Name: "page.html", MediaType: "text/html; charset=utf-8"},
		{Path: "/dashboard/app.js", Name: "app.js", MediaType: "text/javascript; charset=utf-8"},
		{Path: "/dashboard/client.js", Name: "client.js", MediaType: "text/javascript; charset=utf-8"},
		{Path: "/dashboard/style.css", Name: "style.css", MediaType: "text/css; charset=utf-8"},
		{Path: "/qr", Name: "qr.html", MediaType: "text/html; charset=utf-8"},
		{Path: "/qr/app.js", Name: "qr.js", MediaType: "text/javascript; charset=utf-8"},
		{Path: "/admin", Name: "admin.html", MediaType: "text/html; charset=utf-8"},
		{Path: "/admin/app.js", Name: "admin.js", MediaType: "text/javascript; charset=utf-8"},
	})
}

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

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
)

//go:embed *.html *.js *.css
var files embed.FS

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

// Mount puts the pages on a router, at /dashboard, /qr and /admin.
func Mount(r fiber.Router) {
	written := template.Must(template.ParseFS(files, "*.html"))
	for _, p := range pages {
		var text bytes.Buffer
		if err := written.ExecuteTemplate(&text, p.file, p); err != nil {
			panic(err) // the file is in the binary
		}
		web.MountFile(r, web.File{Path: p.Path, Name: p.file, MediaType: "text/html; charset=utf-8"}, text.Bytes())
	}
	web.MountFiles(r, files, []web.File{
		{Path: "/dashboard/app.js", Name: "app.js", MediaType: "text/javascript; charset=utf-8"},
		{Path: "/dashboard/client.js", Name: "client.js", MediaType: "text/javascript; charset=utf-8"},
		{Path: "/dashboard/style.css", Name: "style.css", MediaType: "text/css; charset=utf-8"},
		{Path: "/qr/app.js", Name: "qr.js", MediaType: "text/javascript; charset=utf-8"},
		{Path: "/admin/app.js", Name: "admin.js", MediaType: "text/javascript; charset=utf-8"},
	})
}

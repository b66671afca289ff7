package speedtest

import (
	"embed"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
)

//go:embed page.html page.css page.js measure.js
var files embed.FS

func mountPage(app *fiber.App) {
	web.MountFiles(app, files, []web.File{
		{Path: "/speedtest", Name: "page.html", MediaType: "text/html; charset=utf-8"},
		{Path: "/speedtest/page.js", Name: "page.js", MediaType: "text/javascript; charset=utf-8"},
		{Path: "/speedtest/measure.js", Name: "measure.js", MediaType: "text/javascript; charset=utf-8"},
		{Path: "/speedtest/page.css", Name: "page.css", MediaType: "text/css; charset=utf-8"},
	})
}

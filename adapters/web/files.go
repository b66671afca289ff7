package web

import (
	"io/fs"
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// File is a part of a page for people: where it is served, its file in the binary,
// and its media type.
type File struct{ Path, Name, MediaType string }

// filesCSP lets a page load its own scripts and style and talk to its own server:
// nothing inline, nothing from elsewhere.
const filesCSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// MountFiles serves files that are in the binary, which have to be there.
func MountFiles(r fiber.Router, in fs.FS, list []File) {
	for _, f := range list {
		text, err := fs.ReadFile(in, f.Name)
		if err != nil {
			panic(err) // the file is in the binary
		}
		MountFile(r, f, text)
	}
}

// MountFile serves a text under a file's path, as a page or for one.
func MountFile(r fiber.Router, f File, text []byte) {
	r.Get(f.Path, func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentSecurityPolicy, filesCSP)
		c.Set("Cross-Origin-Opener-Policy", "same-origin")
		c.Set(fiber.HeaderContentType, f.MediaType)
		return c.Status(http.StatusOK).Send(text)
	})
}

package server

import (
	"bytes"
	"crypto/subtle"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// reports mounts the pages that a report's key opens.
func (s *site) reports(r fiber.Router) {
	r.Get("/report/:id", s.reportPage)
	r.Get("/report/:id/events", s.reportEvents)
	r.Get("/report/:id/verify", s.reportVerify)
	for _, f := range s.Report.Formats {
		r.Get("/report/:id/"+f.Name, s.reportExport(f))
	}
}

// keyed returns the report that the path names, if the key opens it; with
// as_of in the query as it stood at that version. An unknown id and a wrong key
// are answered alike.
func (s *site) keyed(c *fiber.Ctx) (projections.ReportRow, error) {
	unknown := domain.Errorf(domain.NotFound, "There is no report at this address, or its key is wrong.")
	id, err := web.PathID(c, unknown.Message)
	if err != nil {
		return projections.ReportRow{}, err
	}
	if subtle.ConstantTimeCompare([]byte(s.Report.Key(id)), []byte(c.Query("key"))) != 1 {
		return projections.ReportRow{}, unknown
	}
	r, err := s.Reader.Report(c.UserContext(), id)
	if domain.CodeOf(err) == domain.NotFound {
		err = unknown
	}
	if err != nil {
		return r, err
	}
	version, err := web.AsOf(c)
	if err != nil || version == 0 {
		return r, err
	}
	history, err := s.Reader.History(c.UserContext(), r.Account, id, 0)
	if err != nil {
		return r, err
	}
	_, r, err = projections.AsOf(history, version)
	return r, err
}

// reportPage answers GET /report/{id}?key=….
func (s *site) reportPage(c *fiber.Ctx) error {
	r, err := s.keyed(c)
	if err != nil {
		return s.errorPage(c, err)
	}
	var page bytes.Buffer
	if err := s.Report.Page(c.UserContext(), &page, r, s.links(c, r)); err != nil {
		return s.errorPage(c, err)
	}
	return s.html(c, page.Bytes())
}

// links lead to the report's exports and check once it is complete, and to its
// live events while it runs. From a report as it stood they lead to the exports
// of then, and nothing is live.
func (s *site) links(c *fiber.Ctx, r projections.ReportRow) (links Links) {
	base, query, past := "/report/"+r.Scan.String()+"/", "?key="+s.Report.Key(r.Scan), ""
	if c.Context().QueryArgs().Has("as_of") {
		past = "&as_of=" + strconv.Itoa(r.Version)
	}
	switch {
	case r.CompletedAt != nil:
		links.Verify = base + "verify" + query
		for _, f := range s.Report.Formats {
			links.Exports = append(links.Exports, Export{f.Name, base + f.Name + query + past})
		}
	case !r.Document.State.Over() && past == "":
		links.Events = base + "events" + query
	}
	return links
}

// reportExport answers GET /report/{id}/{format}?key=…, in SARIF also with
// against=ID or previous.
func (s *site) reportExport(f web.Format) fiber.Handler {
	disposition := "attachment"
	if f.Name == "pdf" {
		disposition = "inline"
	}
	return func(c *fiber.Ctx) error {
		r, err := s.keyed(c)
		form := f
		if err == nil {
			form, err = s.beside(c, f)
		}
		if err == nil {
			err = form.Send(c, r, disposition)
		}
		if err != nil {
			return s.errorPage(c, err)
		}
		if strings.HasPrefix(f.MediaType, fiber.MIMETextHTML) {
			c.Set(fiber.HeaderContentSecurityPolicy, s.Report.CSP)
		}
		return nil
	}
}

// reportVerify answers GET /report/{id}/verify?key=….
func (s *site) reportVerify(c *fiber.Ctx) error {
	r, err := s.keyed(c)
	if err != nil {
		return s.errorPage(c, err)
	}
	var page bytes.Buffer
	if err := s.Report.Verify(c.UserContext(), &page, r); err != nil {
		return s.errorPage(c, err)
	}
	return s.html(c, page.Bytes())
}

// reportEvents answers GET /report/{id}/events?key=…, as a stream.
func (s *site) reportEvents(c *fiber.Ctx) error {
	r, err := s.keyed(c)
	if err != nil {
		return s.errorPage(c, err)
	}
	after, err := web.QueryInt(c, "after", 0, 0, 1<<30)
	if err != nil {
		return s.errorPage(c, err)
	}
	if err := s.live(c, r.Account, r.Scan, after, func() bool { return true }); err != nil {
		return s.errorPage(c, err)
	}
	return nil
}

// errorPage tells a person what is wrong.
func (s *site) errorPage(c *fiber.Ctx, err error) error {
	status, title, text := fiber.StatusInternalServerError, "Something went wrong here", "It has been noted. Try again in a moment."
	switch domain.CodeOf(err) {
	case domain.NotFound:
		status, title, text = fiber.StatusNotFound, "Not found", err.Error()
	case domain.Invalid:
		status, title, text = fiber.StatusBadRequest, "Bad request", err.Error()
	case domain.Unavailable:
		status, title, text = fiber.StatusServiceUnavailable, "Not now", "The database is away. Try again in a moment."
	default:
		s.Log.Error("report failed", "request", web.RequestID(c), "error", err)
	}
	var page bytes.Buffer
	if err := s.Report.Error(&page, status, title, text); err != nil {
		return err
	}
	c.Status(status)
	return s.html(c, page.Bytes())
}

func (s *site) html(c *fiber.Ctx, page []byte) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderContentSecurityPolicy, s.Report.CSP)
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	return c.Send(page)
}

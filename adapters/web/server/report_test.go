package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/render"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// noToken takes the token away: the key alone opens a report.
const noToken = "Authorization:"

// page expects a page with texts, under the pages' policy.
func page(t *testing.T, a webtest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("%d, want %d: %.200s", a.Status, status, a.Body)
	}
	a.Has("Content-Type: text/html; charset=utf-8", "Content-Security-Policy: "+render.PageCSP, "X-Frame-Options: DENY",
		"X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "Cache-Control: no-store")
	for _, text := range texts {
		if !strings.Contains(a.Body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

func reportOf(scan uuid.UUID, more string) string {
	return "/report/" + scan.String() + more + "?key=" + webtest.ReportKey(scan)
}

// TestReportPage shows a scan in every state to whoever has its key.
func TestReportPage(t *testing.T) {
	s := unlimited(t, rendered)
	states := map[string]uuid.UUID{}
	for i, name := range []string{"queued", "running", "complete", "failed", "cancelled"} {
		states[name] = s.Scan(domain.ScannerAPI, "192.0.2."+string(rune('1'+i)))
	}
	s.See(states["running"], domain.Headers, webtest.Weak(`<script>alert("x")</script>`, domain.High))
	s.See(states["complete"], domain.Headers, webtest.Weak("weakness-of-this-site", domain.High))
	s.Finish(states["complete"], domain.Tested, "")
	s.Finish(states["failed"], domain.Refused, "it-hung-up")
	s.Cancel(states["cancelled"])
	for name, scan := range states {
		a := s.Get(reportOf(scan, ""), noToken)
		page(t, a, 200, "192.0.2.")
		if strings.Contains(a.Body, "<script>alert") {
			t.Errorf("%s: a target's text is a script", name)
		}
		if live := strings.Contains(a.Body, reportOf(scan, "/events")); live != (name == "queued" || name == "running") {
			t.Errorf("%s: leads to its events: %v", name, live)
		}
		if drawn := strings.Contains(a.Body, reportOf(scan, "/pdf")); drawn != (name == "complete") {
			t.Errorf("%s: leads to its PDF: %v", name, drawn)
		}
		pdf := s.Get(reportOf(scan, "/pdf"), noToken)
		if name == "complete" {
			if pdf.Status != 200 || !strings.HasPrefix(pdf.Body, "%PDF-") {
				t.Errorf("PDF: %d %.20s", pdf.Status, pdf.Body)
			}
			pdf.Has("Content-Type: application/pdf", `Content-Disposition: inline; filename="scanledger-`+scan.String()+`.pdf"`)
		} else {
			page(t, pdf, 404, "when the scan is complete")
		}
		page(t, s.Get("/scanner"+reportOf(scan, ""), noToken), 200)
	}
	page(t, s.Get(reportOf(states["complete"], ""), noToken), 200, "weakness-of-this-site")
	page(t, s.Get(reportOf(states["failed"], ""), noToken), 200, "it-hung-up")
}

// TestReportAsOf shows a report as it stood, as a page and as a PDF.
func TestReportAsOf(t *testing.T) {
	s := unlimited(t, rendered)
	scan := s.Scan(domain.IsSafeSite, "https://a.example")
	s.Begin(scan)
	s.See(scan, domain.Headers, webtest.Weak("weakness-of-this-site", domain.Critical))
	s.Finish(scan, domain.Tested, "")
	for _, prefix := range []string{"", "/scanner"} {
		for version, want := range map[string]struct{ found, drawn bool }{"2": {}, "3": {true, false}, "12": {true, false}, "13": {true, true}} {
			a := s.Get(prefix+reportOf(scan, "")+"&as_of="+version, noToken)
			page(t, a, 200, "a.example")
			if found := strings.Contains(a.Body, "weakness-of-this-site"); found != want.found {
				t.Errorf("as of version %s the finding is there: %v", version, found)
			}
			if drawn := strings.Contains(a.Body, reportOf(scan, "/pdf")) && strings.Contains(a.Body, "as_of=13"); drawn != want.drawn {
				t.Errorf("as of version %s it leads to the PDF of then: %v", version, drawn)
			}
			if strings.Contains(a.Body, reportOf(scan, "/events")) {
				t.Errorf("as of version %s it is live", version)
			}
			pdf := s.Get(prefix+reportOf(scan, "/pdf")+"&as_of="+version, noToken)
			if (pdf.Status == 200) != want.drawn {
				t.Errorf("as of version %s the PDF is %d", version, pdf.Status)
			}
			if want.drawn && pdf.Body != s.Get(prefix+reportOf(scan, "/pdf"), noToken).Body {
				t.Errorf("as of version %s the PDF is another", version)
			}
		}
		for _, bad := range []string{"0", "x", "-1"} {
			page(t, s.Get(prefix+reportOf(scan, "")+"&as_of="+bad, noToken), 400)
			page(t, s.Get(prefix+reportOf(scan, "/pdf")+"&as_of="+bad, noToken), 400)
		}
		page(t, s.Get(prefix+"/report/"+scan.String()+"?key=wrong&as_of=2", noToken), 404)
		page(t, s.Get(prefix+reportOf(scan, "")+"&as_of=14", noToken), 404, "its newest is 13")
		page(t, s.Get(prefix+reportOf(scan, "/pdf")+"&as_of=99", noToken), 404)
	}
	for _, prefix := range []string{"", "/issafesite"} {
		download := prefix + "/api/report/rpt_" + scan.String() + "/pdf?as_of="
		s.Get(download + "13").Is(200)
		s.Get(download + "12").Is(404)
		s.Get(download + "14").Is(404).Like(`{"error": "The scan has no such version: its newest is 13"}`)
		s.Get(download + "0").Is(400)
	}
}

// TestReportExports has a complete scan's report in every format, and leads to
// each from the page.
func TestReportExports(t *testing.T) {
	s := unlimited(t, rendered)
	scan, queued := s.Scan(domain.ScannerAPI, "192.0.2.1"), s.Scan(domain.ScannerAPI, "192.0.2.2")
	s.See(scan, domain.Headers, webtest.Weak("=weakness", domain.High))
	s.Finish(scan, domain.Tested, "")
	shown := s.Get(reportOf(scan, ""), noToken)
	for _, f := range render.Formats {
		at := reportOf(scan, "/"+f.Name)
		if !strings.Contains(shown.Body, `href="`+at+`"`) {
			t.Errorf("the page does not lead to %s", at)
		}
		disposition := "attachment"
		if f.Name == "pdf" {
			disposition = "inline"
		}
		a := s.Get(at, noToken)
		if a.Status != 200 || f.Name != "pdf" && !strings.Contains(a.Body, "weakness") {
			t.Errorf("%s: %d %.300s", f.Name, a.Status, a.Body)
		}
		a.Has("Content-Type: "+f.MediaType, `Content-Disposition: `+disposition+`; filename="scanledger-`+scan.String()+f.Ending+`"`, "Cache-Control: no-store")
		if f.Name == "html" {
			a.Has("Content-Security-Policy: " + render.PageCSP)
		}
		page(t, s.Get(reportOf(queued, "/"+f.Name), noToken), 404, "when the scan is complete")
		if strings.Contains(s.Get(reportOf(queued, ""), noToken).Body, reportOf(queued, "/"+f.Name)) {
			t.Errorf("a queued scan leads to %s", f.Name)
		}
	}
	page(t, s.Get(reportOf(scan, "/verify"), noToken), 200, "The report holds", scan.String())
	if !strings.Contains(shown.Body, reportOf(scan, "/verify")) {
		t.Error("the page does not lead to its check")
	}
	if a := s.Get(reportOf(scan, "/docx"), noToken); a.Status != 404 {
		t.Errorf("an unknown format: %d", a.Status)
	}
}

// TestReportURL leads from Scanner's answers to the page.
func TestReportURL(t *testing.T) {
	s := unlimited(t, rendered)
	submitted := s.Post("/api/v1/scan", `{"target": "192.0.2.1"}`).Is(201)
	page(t, s.Get(submitted.Field("reportUrl"), noToken), 200)
	s.Finish(uuid.MustParse(submitted.Field("id")), domain.Tested, "")
	done := s.Get("/api/v1/scan/" + submitted.Field("id")).Is(200)
	if done.Field("reportUrl") != submitted.Field("reportUrl") {
		t.Errorf("reportUrl was %s and is %s", submitted.Field("reportUrl"), done.Field("reportUrl"))
	}
	page(t, s.Get("/scanner"+done.Field("reportUrl"), noToken), 200)
}

// TestReportKeys answer alike for a wrong key and for no report.
func TestReportKeys(t *testing.T) {
	s := unlimited(t, rendered)
	mine, other := s.Scan(domain.ScannerAPI, "192.0.2.1"), s.Scan(domain.ScannerAPI, "192.0.2.2")
	s.Finish(mine, domain.Tested, "")
	key := webtest.ReportKey(mine)
	for _, more := range []string{"", "/pdf", "/events", "/verify", "/json", "/csv", "/sarif", "/junit", "/html"} {
		unknown := s.Get("/report/"+nobody+more+"?key="+webtest.ReportKey(uuid.MustParse(nobody)), noToken)
		page(t, unknown, 404)
		for _, query := range []string{"", "?key=", "?key=x", "?key=" + key + "x", "?key=" + key[:len(key)-1], "?key=" + strings.ToUpper(key), "?key=%00", "?key=x&key=" + key, "?Key=" + key} {
			for _, auth := range []string{noToken, "X-None: 1"} {
				a := s.Get("/report/"+mine.String()+more+query, auth)
				if a.Status != 404 || a.Body != unknown.Body {
					t.Errorf("%s%s: %d\n%.300s", more, query, a.Status, a.Body)
				}
			}
		}
		for _, id := range []string{"x", mine.String() + "0", "%00", "..", strings.ReplaceAll(mine.String(), "-", ""), "{" + mine.String() + "}"} {
			if a := s.Get("/report/"+id+more+"?key="+key, noToken); a.Status != 404 {
				t.Errorf("id %s: %d", id, a.Status)
			}
		}
		if a := s.Get("/report/"+other.String()+more+"?key="+key, noToken); a.Status != 404 || a.Body != unknown.Body {
			t.Errorf("another scan's key: %d", a.Status)
		}
	}
	page(t, s.Get("/report/"+mine.String()+"/events?after=x&key="+key, noToken), 400)
}

// away is a reader whose database does not answer, or breaks.
type away struct {
	projections.Reader
	err error
}

func (a away) Report(context.Context, uuid.UUID) (projections.ReportRow, error) {
	return projections.ReportRow{}, a.err
}

func (a away) Row(context.Context, uuid.UUID) (projections.ScanRow, error) {
	return projections.ScanRow{}, a.err
}

// TestReaderAway says that it is not now, and of a fault nothing.
func TestReaderAway(t *testing.T) {
	for status, err := range map[int]error{
		503: domain.Errorf(domain.Unavailable, "The database is away"), 500: errors.New("secret of the database"),
	} {
		s := unlimited(t, rendered, func(o *server.Options) { o.Reader = away{o.Reader, err} })
		scan := s.Scan(domain.ScannerAPI, "192.0.2.1")
		for _, more := range []string{"", "/pdf", "/events", "/verify", "/csv"} {
			a := s.Get(reportOf(scan, more), noToken)
			page(t, a, status)
			if strings.Contains(a.Body, "secret") {
				t.Errorf("the page tells %s", a.Body)
			}
		}
		a := s.Get("/api/v1/scan/" + scan.String()).Is(status)
		if retry := a.Header.Get("Retry-After"); strings.Contains(a.Body, "secret") || (retry != "") != (status == 503) {
			t.Errorf("%d, come back after %q: %s", status, retry, a.Body)
		}
		if status == 500 && !strings.Contains(s.Logged(), "secret of the database") {
			t.Error("the fault was not logged")
		}
	}
}

// TestReportHead has the headers alone.
func TestReportHead(t *testing.T) {
	s := unlimited(t, rendered)
	scan := s.Scan(domain.ScannerAPI, "192.0.2.1")
	s.Finish(scan, domain.Tested, "")
	for _, path := range []string{reportOf(scan, ""), reportOf(scan, "/pdf"), reportOf(scan, "/csv"), reportOf(scan, "/verify"), "/api/v1/scan/" + scan.String(), "/api/v1/scans", "/api/v1/scan", "/healthz"} {
		got, head := s.Get(path), s.Do(http.MethodHead, path, "")
		if head.Status != got.Status || head.Body != "" || head.Header.Get("Content-Type") != got.Header.Get("Content-Type") || head.Header.Get("Content-Length") != got.Header.Get("Content-Length") {
			t.Errorf("HEAD %s: %d %v, GET %d %v", path, head.Status, head.Header, got.Status, got.Header)
		}
	}
}

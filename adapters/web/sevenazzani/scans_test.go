package sevenazzani_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/sevenazzani"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

const nobody = "99999999-9999-4999-8999-999999999999"

// unlimited is a server whose account may ask as often as it likes.
func unlimited(t *testing.T) *webtest.Server {
	t.Helper()
	s := webtest.New(t, stores)
	s.Plan(domain.SevenAzzani, domain.InternalPlan)
	s.Plan(domain.IsSafeSite, domain.InternalPlan)
	return s
}

func statusOf(scan uuid.UUID) string { return "/api/scans/" + scan.String() + "/status/" }
func reportOf(scan uuid.UUID) string { return "/api/scans/" + scan.String() + "/report/" }

// TestStates spells each state of a scan as the contract does.
func TestStates(t *testing.T) {
	s := unlimited(t)
	failed, cancelled, host := s.Scan(domain.IsSafeSite, "https://a.example"), s.Scan(domain.SevenAzzani, "https://b.example/c"), s.Scan(domain.ScannerAPI, "192.0.2.1")
	s.Get(statusOf(failed)).Is(200).Like(`{"status": "queued", "progress": 0, "failure_reason": null}`)
	s.Begin(failed)
	s.Get(statusOf(failed)).Is(200).Like(`{"status": "scanning", "started_at": "2026-04-03T12:00:00Z", "completed_at": null}`)
	s.Finish(failed, domain.TimedOut, "no answer in time")
	s.Get(statusOf(failed)).Is(200).Like(`{"status": "failed", "progress": 100, "security_score": null, "grade": null,
		"completed_at": "2026-04-03T12:00:00Z", "failure_reason": "nothing could be tested: no answer in time"}`)
	s.Cancel(cancelled)
	s.Get(statusOf(cancelled)).Is(200).Like(`{"status": "cancelled", "url": "https://b.example/c", "failure_reason": null}`)
	s.Get(statusOf(host)).Is(200).Like(`{"status": "queued", "url": "https://192.0.2.1", "scan_type": "standard"}`)
}

// TestShapeElsewhere shows a quick scan in Scanner's shape where the contracts
// share a path, and lists it with all others.
func TestShapeElsewhere(t *testing.T) {
	s := unlimited(t)
	id := s.Post("/api/scans/quick_scan/", `{"url": "https://example.com"}`).Is(201).Field("scan_id")
	s.Get("/api/v1/scan/" + id).Is(200).Like(`{"id": "` + id + `", "target": "https://example.com/", "domain": "example.com", "status": "queued", "profile": "quick", "reportUrl": null}`)
	s.Get("/api/v1/scans").Is(200).Like(`{"total": 1, "scans": [{"id": "` + id + `"}]}`)
	s.Get("/api/v1/scan").Is(200).Like(`{"data": [{"id": "` + id + `", "depth": "QUICK"}]}`)
	s.Post("/api/scans/quick_scan", `{"url": "https://example.com"}`).Is(201) // one running scan per target is Scanner's rule
}

// TestReport tells what was seen so far, what stood at a version, and all that
// the export has.
func TestReport(t *testing.T) {
	s := unlimited(t)
	scan := s.Scan(domain.SevenAzzani, "https://example.com")
	s.Get(reportOf(scan)).Is(200).Like(`{"status": "queued", "state": "requested", "vulnerabilities": [], "vulnerabilities_found": 0, "security_score": null, "scores": null, "findings": []}`)
	find(s, scan, domain.Low, domain.High)
	s.Get(reportOf(scan)).Is(200).Like(`{"status": "scanning", "vulnerabilities": [{"severity": "high"}, {"severity": "low"}], "vulnerabilities_by_severity": {"high": 1, "low": 1, "critical": 0}}`)
	s.Finish(scan, domain.Tested, "")
	whole := s.Get(reportOf(scan)).Is(200).Like(`{"status": "completed", "state": "completed", "security_score": 88, "grade": "A-", "scores": {"security": 88}}`)
	s.Get(reportOf(scan) + "?as_of=1").Is(200).Like(`{"status": "queued", "version": 1, "vulnerabilities": []}`)
	if again := s.Get(reportOf(scan) + "?as_of=" + whole.Field("version")); again.Body != whole.Body {
		t.Errorf("as of its last version\n got %s\nwant %s", again.Body, whole.Body)
	}
	s.Get(reportOf(scan) + "?as_of=9999").Is(404)
	s.Get(reportOf(scan) + "?as_of=x").Is(400).Like(`{"message": "as_of must be a whole number from 1"}`)
	export, err := json.Marshal(read(t, s, scan))
	if err != nil {
		t.Fatal(err)
	}
	whole.Like(string(export))
}

// read is what the export says of a scan, in full: what is for machines stands
// beside another contract's own fields too.
func read(t *testing.T, s *webtest.Server, scan uuid.UUID) any {
	t.Helper()
	var shown map[string]any
	s.Get("/issafesite/api/v1/scan/" + scan.String()).Is(200).Into(&shown)
	report, _ := shown["report"].(map[string]any)
	if len(report) < 10 {
		t.Fatalf("the report has %d fields", len(report))
	}
	for _, fact := range []string{"observatory", "seo", "ports", "tls", "coverage", "grading"} {
		report[fact] = shown[fact]
	}
	return report
}

// TestForeign answers for a stranger's scan as for one that nobody has, and for
// what is no id.
func TestForeign(t *testing.T) {
	s := unlimited(t)
	scan := s.Scan(domain.SevenAzzani, "https://example.com")
	s.Finish(scan, domain.Tested, "")
	bob, _ := s.Issue(s.Register("bob@example.com"))
	as := "Authorization: Bearer " + bob
	for _, path := range []string{"/api/scans/%s/status/", "/api/scans/%s/report/", "/7azzani/api/scans/%s/report", "/api/scans/%s/report/?as_of=1"} {
		s.Later(time.Minute)
		want := s.Get(fmt.Sprintf(path, nobody), as).Is(404)
		for _, id := range []string{scan.String(), "abc123-def456", strings.ReplaceAll(scan.String(), "-", ""), "{" + scan.String() + "}"} {
			if got := s.Get(fmt.Sprintf(path, id), as).Is(404); got.Body != want.Body {
				t.Errorf("%s is told as %s, an unknown scan as %s", got.Body, id, want.Body)
			}
		}
	}
	s.Get("/api/scans/", as).Is(200).Like(`{"count": 0, "results": [], "next": null, "previous": null}`)
	s.Get("/api/scans/statistics/", as).Is(200).Like(`{"total_scans": 0, "completed_scans": 0, "vulnerabilities_found": 0, "critical_issues": 0}`)
}

// TestPages leads from page to page.
func TestPages(t *testing.T) {
	s := unlimited(t)
	for i := range 45 {
		s.Scan(domain.SevenAzzani, fmt.Sprintf("https://%d.example", i))
	}
	seen := map[string]bool{}
	for path := "/7azzani/api/scans/?page_size=20"; path != ""; {
		var page struct {
			Count   int
			Next    *string
			Results []struct {
				ID string `json:"scan_id"`
			}
		}
		s.Get(path).Is(200).Into(&page)
		for _, r := range page.Results {
			seen[r.ID] = true
		}
		if path = ""; page.Next != nil {
			path = strings.TrimPrefix(*page.Next, s.URL)
		}
		if page.Count != 45 || len(page.Results) > 20 {
			t.Fatalf("page %+v", page)
		}
	}
	if len(seen) != 45 {
		t.Errorf("%d scans on all pages", len(seen))
	}
}

// TestBodies refuses each body that is none, and says what is wrong with it.
func TestBodies(t *testing.T) {
	s := unlimited(t)
	s.Refuse("https://inside.example/", domain.Forbidden)
	s.Refuse("https://nowhere.example/", domain.Unresolvable)
	for body, says := range map[string]string{
		``: "The body must be a JSON object", `[]`: "The body must be a JSON object", `{`: "The body is not valid JSON",
		`{}`: "URL is required", `{"url": null}`: "URL is required", `{"url": ""}`: "URL is required", `{"url": 1}`: "url must be a string, not a number",
		`{"url": "https://a.example", "scan_type": ""}`:     "scan_type must be quick, standard or deep",
		`{"url": "https://a.example", "scan_type": "nmap"}`: "scan_type must be quick, standard or deep",
		`{"url": "https://a.example", "scan_type": 1}`:      "scan_type must be a string, not a number",
		`{"url": "https://inside.example"}`:                 "https://inside.example/ is refused",
		`{"url": "https://nowhere.example"}`:                "https://nowhere.example/ is refused",
	} {
		s.Post("/api/scans/quick_scan/", body).Is(400).Like(fmt.Sprintf(`{"error": "Invalid request", "message": %q}`, says))
	}
	s.Post("/api/scans/quick_scan/", `{"url": "https://a.example", "scan_type": null, "status": "completed", "scan_id": "`+nobody+`"}`).Is(201).Like(`{"scan_type": "quick", "status": "scanning"}`)
	s.Get("/api/scans/").Is(200).Like(`{"count": 1, "results": [{"status": "queued"}]}`)
	s.Get("/api/scans/" + nobody + "/status/").Is(404)
}

// TestRefusals have a title and a sentence, also where no handler is.
func TestRefusals(t *testing.T) {
	for code, status := range web.Statuses {
		told := sevenazzani.Contract.Body(domain.Errorf(code, "why"), 0)
		if title, _ := told["error"].(string); title == "" || told["message"] == "" || told["retry_after"] != nil {
			t.Errorf("%s (%d) is told as %v", code, status, told)
		}
	}
	s := unlimited(t)
	s.Get("/api/scans/", "Authorization: Bearer 7AZ_wrong").Is(401).Like(`{"detail": "The API key is unknown, revoked or expired"}`)
	elsewhere, _ := s.Issue(s.Account, "203.0.113.0/24")
	s.Get("/api/scans/", "Authorization: Bearer "+elsewhere).Is(401).Like(`{"error": "Authentication required", "message": "Please provide a valid API key", "detail": "The API key may not be used from this address"}`)
	for _, path := range []string{"/api/scans/x", "/api/scans/" + nobody, "/7azzani/api/v1/scans", "/7azzani"} {
		s.Get(path).Is(404).Like(`{"error": "Not Found", "message": "There is nothing at this path"}`)
	}
	s.Do(http.MethodDelete, "/api/scans/", "").Is(405).Has("Allow: GET, HEAD").Like(`{"error": "Method Not Allowed", "message": "This path does not take this method; the Allow header names those it takes"}`)
	s.Get("/api/scansx").Is(404).Like(`{"error": "There is nothing at this path"}`)
}

package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// scanned is a scan of a site that sees weaknesses by their rules, and looks at
// everything.
func scanned(s *webtest.Server, target string, rules ...string) uuid.UUID {
	scan := s.Scan(domain.ScannerAPI, target)
	for _, rule := range rules {
		s.See(scan, domain.Headers, domain.Weakness{Advisory: domain.Advisory{ID: rule, Title: "Title of " + rule, Severity: domain.Medium, CVE: []string{"CVE-2026-0001"},
			CVSS: []domain.Rating{{Version: "3.1", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", Score: 5.3}}}})
	}
	s.Later(time.Minute)
	s.End(scan, domain.Tested, "", domain.Coverage{What: "all", Outcome: domain.Tested})
	return scan
}

// TestFindings follows findings over three scans of a site, and what is said of one.
func TestFindings(t *testing.T) {
	s := webtest.New(t, stores)
	s.Get("/api/v1/findings").Is(200).Like(`{"count": 0, "next": null, "previous": null, "results": []}`)
	scanned(s, "https://a.example", "headers/csp/missing", "headers/hsts/missing")
	scanned(s, "https://a.example", "headers/hsts/missing")
	last := scanned(s, "https://a.example", "headers/csp/missing", "headers/hsts/missing")
	scanned(s, "https://b.example", "headers/csp/missing")

	s.Get("/api/v1/findings/?sort=-first_seen").Is(200).Like(`{"count": 3, "results": [
		{"target": "https://b.example/", "rule": "headers/csp/missing", "state": "open", "first_seen": "2026-04-03T12:03:00Z"},
		{"target": "https://a.example/", "rule": "headers/csp/missing", "state": "open", "severity": "medium", "reopened": 1, "reopened_at": "2026-04-03T12:02:00Z", "fixed_at": null, "ruling": null,
		"witnesses": [{"scanner": "headers", "scan": "` + last.String() + `", "sees": true, "presence": [{"from": "2026-04-03T12:00:00Z", "to": "2026-04-03T12:02:00Z"}, {"from": "2026-04-03T12:02:00Z", "to": null}]}]},
		{"target": "https://a.example/", "rule": "headers/hsts/missing", "reopened": 0, "score": 5.3, "cvss": [{"version": "3.1", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", "score": 5.3}], "last_seen": "2026-04-03T12:02:00Z", "cve": ["CVE-2026-0001"], "epss": {"score": 0.5, "percentile": 0.75, "date": "2026-04-02T00:00:00Z"}, "kev": {"cve": "CVE-2026-0001", "date_added": "2026-04-01"}}]}`)
	var page struct{ Results []struct{ ID string } }
	s.Get("/api/v1/findings?target=a.example/&search=CSP").Is(200).Like(`{"count": 1, "results": [{}]}`).Into(&page)
	id := page.Results[0].ID
	for query, count := range map[string]int{
		"state=open": 3, "state=fixed": 0, "severity=medium": 3, "severity=high": 0, "scanner=headers": 3, "scanner=tls": 0, "cve=cve-2026-0001": 3,
		"cve=CVE-1999-0001": 0, "search=title+of": 3, "min_score=5.3": 3, "min_score=5.4": 0, "sort=-score": 3, "target=https://nowhere.example": 0, "page_size=1": 3,
	} {
		s.Get("/api/v1/findings?" + query).Is(200).Like(fmt.Sprintf(`{"count": %d}`, count))
	}
	for _, query := range []string{"state=gone", "severity=bad", "sort=colour", "sort=--title", "target=%20", "page=0", "min_score=11", "min_score=-1", "min_score=high", "min_score=NaN"} {
		s.Get("/api/v1/findings?" + query).Is(400)
	}

	s.Post("/api/v1/findings/"+id+"/accept/", `{"reason": " We live with it. ", "until": "2026-04-03T13:00:00+01:00"}`).Is(400).Like(`{"error": "until must be a time to come"}`)
	s.Post("/api/v1/findings/"+id+"/accept/", `{"reason": " We live with it. ", "until": "2026-04-03T14:00:00+01:00"}`).Is(200).Like(
		`{"state": "accepted", "ruling": {"ruling": "accepted", "reason": "We live with it.", "until": "2026-04-03T13:00:00Z"}, "history": [
		{"event": "opened"}, {"event": "fixed", "scanner": "headers"}, {"event": "reopened", "scan": "` + last.String() + `"}, {"event": "accepted", "reason": "We live with it."}]}`)
	s.Get("/api/v1/findings?state=accepted").Is(200).Like(`{"count": 1, "results": [{"id": "` + id + `"}]}`)
	s.Later(time.Hour)
	s.Get("/api/v1/findings/" + id).Is(200).Like(`{"state": "open", "ruling": null, "history": [{}, {}, {}, {"event": "accepted"}, {"event": "ruling_ended", "at": "2026-04-03T13:00:00Z"}]}`)
	s.Post("/api/v1/findings/"+id+"/reopen/", `{"reason": "late"}`).Is(409)
	s.Post("/api/v1/findings/"+id+"/false-positive/", `{"reason": "a test page"}`).Is(200).Like(`{"state": "false_positive", "ruling": {"until": null}}`)
	s.Post("/api/v1/findings/"+id+"/reopen/", `{"reason": "it is none", "until": "never"}`).Is(200).Like(`{"state": "open", "ruling": null}`)
	for _, body := range []string{`{}`, `{"reason": ""}`, `{"reason": "  "}`, `{"reason": 1}`, `{"reason": "r", "until": "soon"}`, `{"reason": "` + strings.Repeat("x", 2001) + `"}`} {
		s.Post("/api/v1/findings/"+id+"/accept/", body).Is(400)
	}
}

// TestFindingsOfOthers: what belongs to another account is as one unknown.
func TestFindingsOfOthers(t *testing.T) {
	s := webtest.New(t, stores)
	id := s.Finding("https://a.example").String()
	key, _ := s.Issue(s.Register("bob@example.com"))
	bob := "Authorization: Bearer " + key
	s.Get("/api/v1/findings", bob).Is(200).Like(`{"count": 0}`)
	for _, path := range []string{id, uuid.NewString(), "x"} {
		s.Get("/api/v1/findings/"+path, bob).Is(404).Like(`{"error": "Finding not found"}`)
		for _, said := range []string{"accept", "false-positive", "reopen"} {
			s.Post("/api/v1/findings/"+path+"/"+said+"/", `{"reason": "r"}`, bob).Is(404).Like(`{"error": "Finding not found"}`)
		}
	}
	s.Get("/api/v1/findings/" + id).Is(200).Like(`{"state": "open", "history": [{"event": "opened"}]}`)
}

// TestFindingsErased: what a scan has seen goes with it.
func TestFindingsErased(t *testing.T) {
	s := webtest.New(t, stores)
	scan := scanned(s, "https://a.example", "headers/csp/missing")
	s.Get("/api/v1/findings").Is(200).Like(`{"count": 1}`)
	if err := s.Desk.EraseScan(t.Context(), commands.EraseScan{Scan: scan, Reason: domain.ForRetention}); err != nil {
		t.Fatal(err)
	}
	s.Get("/api/v1/findings").Is(200).Like(`{"count": 0}`)
}

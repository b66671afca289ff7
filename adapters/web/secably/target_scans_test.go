package secably_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestTargetScans shows what has come of a target's scans, whatever contract
// they came through.
func TestTargetScans(t *testing.T) {
	s := roomy(t)
	path := added(s, "https://a.example")
	s.Get(path).Is(200).Like(`{"latest_scan": null, "risk_level": null}`)
	first := s.Scan(domain.IsSafeSite, "https://a.example")
	s.Get(path).Is(200).Like(`{"latest_scan": {"status": "pending", "website_name": "a.example", "website_url": "https://a.example", "risk_level": null}, "risk_level": null}`)
	s.See(first, domain.Headers, webtest.Weak("one", domain.Critical))
	s.Finish(first, domain.Tested, "")
	s.Get(path).Is(200).Like(`{"latest_scan": {"status": "completed", "risk_level": "high", "security_score": 80, "vulnerabilities_found": 1}, "risk_level": "high"}`)
	s.Get("/api/v1/stats/").Is(200).Like(`{"recent_activity": {"latest_scans": [{"website_name": "a.example", "website_url": "https://a.example"}]}}`)
	second := s.Post(path+"scan/", "").Is(200).Like(`{"status": "pending", "scanner_type": "builtin", "credits_used": 0}`).Field("scan_id")
	s.Get("/api/v1/websites/").Is(200).Like(`{"count": 1, "results": [{"latest_scan": {"id": ` + second + `, "status": "pending"}, "risk_level": "high"}]}`)
	s.Scan(domain.ScannerAPI, "b.example") // another target
	s.Get(path).Is(200).Like(`{"latest_scan": {"id": ` + second + `}}`)
	s.Get("/api/v1/stats/").Is(200).Like(`{"usage": {"targets_count": 1}, "recent_activity": {"active_targets": 1}}`)
	s.Do(http.MethodPatch, path, `{"active": false}`).Is(200)
	s.Get("/api/v1/stats/").Is(200).Like(`{"usage": {"targets_count": 1}, "recent_activity": {"active_targets": 0}}`)
	s.Get("/api/v1/profile/").Is(200).Like(`{"sites_count": 1}`)
	s.Get("/api/v1/subscription/").Is(200).Like(`{"sites_count": 1}`)
}

// TestRiskOfATarget is the worst of what each scanner has last come to: what one
// does not look at it takes nothing back of.
func TestRiskOfATarget(t *testing.T) {
	s := roomy(t)
	target := s.Target("https://a.example", "a")
	path := fmt.Sprintf("/api/v1/targets/%d/", target)
	weak := s.Scan(domain.IsSafeSite, "https://a.example")
	s.See(weak, domain.Headers, webtest.Weak("one", domain.Critical))
	s.Finish(weak, domain.Tested, "")
	id, ports := start(t, s, "/api/v1/nmap/scan/", target, `, "scan_config": {"scan_type": "quick"}`)
	s.End(id, domain.Tested, "", domain.Coverage{What: "1-1000/tcp", Outcome: domain.Tested})
	s.Get(path).Is(200).Like(`{"latest_scan": {"id": ` + ports + `, "status": "completed", "risk_level": "none"}, "risk_level": "high"}`)
	s.Finish(s.Scan(domain.IsSafeSite, "https://a.example"), domain.Tested, "")
	s.Get(path).Is(200).Like(`{"risk_level": "none"}`)
}

// TestUngraded shows a scan that came to no grade with no risk, under the name
// that the account gave its target, wherever it is shown.
func TestUngraded(t *testing.T) {
	s := roomy(t)
	s.Target("a.example", "The shop")
	scan := s.Scan(domain.ScannerAPI, "a.example")
	for _, tool := range domain.Standard.Tools() {
		outcome, reason := domain.Skipped, "no web server answers"
		if tool == domain.Ports {
			outcome, reason = domain.Tested, ""
		}
		run, err := s.Desk.TakeProbe(t.Context(), commands.Lease{Scan: scan, Account: s.Account, Tool: tool, Token: 1, Attempt: 1}, "w")
		if err == nil {
			err = run.Finish(t.Context(), outcome, reason, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := `{"website_name": "The shop", "website_url": "a.example", "status": "completed", "risk_level": null, "security_score": null}`
	s.Get("/api/v1/stats/").Is(200).Like(`{"recent_activity": {"latest_scans": [` + seen + `]}}`)
	s.Get("/api/v1/scans/").Is(200).Like(`{"results": [` + seen + `]}`)
	s.Get("/api/v1/targets/").Is(200).Like(`{"results": [{"latest_scan": ` + seen + `, "risk_level": null}]}`)
}

// TestTargetMayNot says why a target is not scanned, and refuses it in the same
// words.
func TestTargetMayNot(t *testing.T) {
	s := roomy(t)
	s.Refuse("10.0.0.1", domain.Forbidden)
	s.Refuse("nowhere.example", domain.Unresolvable)
	resting := added(s, "resting.example")
	s.Do(http.MethodPatch, resting, `{"active": false}`).Is(200)
	for path, why := range map[string]string{
		added(s, "10.0.0.1"): "10.0.0.1 is refused", added(s, "nowhere.example"): "nowhere.example is refused",
		added(s, "192.0.2.0/24"): "a range of addresses is for OpenVAS", added(s, "agency.gov"): "agency.gov belongs to a government", resting: "The target is not active",
	} {
		var told struct {
			Can bool   `json:"can_scan"`
			Why string `json:"scan_blocked"`
		}
		s.Get(path).Is(200).Into(&told)
		refusal := s.Post(path+"scan/", "").Is(400)
		if told.Can || !strings.Contains(told.Why, why) || refusal.Field("error") != told.Why {
			t.Errorf("%+v, and %s, want %q", told, refusal.Body, why)
		}
	}
	s.Refuse("later.example", domain.Unavailable)
	s.Post("/api/v1/targets/", `{"target_value": "later.example"}`).Is(201).Like(`{"can_scan": false, "scan_blocked": "later.example is refused"}`)
}

// TestTargetProof takes a government's host from the list to its scan.
func TestTargetProof(t *testing.T) {
	s := roomy(t)
	path := added(s, "agency.gov")
	var told struct {
		Verification struct {
			Places []struct{ Method, Where, Value, How string }
		}
	}
	s.Get(path).Is(200).Into(&told)
	places := told.Verification.Places
	if len(places) != 3 || places[0].Where != "_scanledger.agency.gov" || places[2].Where != "http://agency.gov/.well-known/scanledger-verification.txt" || places[0].How == "" {
		t.Fatalf("places %+v", places)
	}
	s.Publish(places[0].Where, "scanledger-verification=another's", strings.ToUpper(places[0].Value))
	s.Post(path+"verify/", "").Is(200).Like(`{"verified": false, "checked": [{"method": "dns", "found": ["scanledger-verification=another's"], "problem": null}, {"method": "file"}, {"method": "file"}]}`)
	s.Post("/api/v1/scan", `{"url": "https://www.agency.gov"}`).Is(400)
	s.Publish(places[2].Where, places[2].Value)
	s.Post(path+"verify/", "").Is(200).Like(`{"verified": true, "verification": {"method": "file", "verified_at": "2026-04-03T12:00:00Z", "expires_at": "2027-04-03T12:00:00Z"}}`)
	s.Get(path).Is(200).Like(`{"can_scan": true, "scan_blocked": null, "verification": {"verified": true, "method": "file"}}`)
	s.Post(path+"scan/", "").Is(200)
	s.Post("/api/v1/scan", `{"url": "https://www.agency.gov"}`).Is(202)
	s.Post("/api/v1/scan", `{"target": "192.0.2.1", "domain": "agency.gov"}`).Is(201)
	s.Post("/api/v1/scan", `{"url": "https://other.gov"}`).Is(400)
	below := added(s, "a.agency.gov")
	s.Get(below).Is(200).Like(`{"can_scan": true, "verification": {"verified": false}}`)
	s.Publish(places[2].Where)
	s.Later(time.Hour)
	s.Post(path+"verify/", "").Is(200).Like(`{"verified": true, "message": "The proof was not found now; the one that was found before holds until it expires"}`)
	s.Do(http.MethodPatch, path, `{"target_value": "moved.gov"}`).Is(200).Like(`{"can_scan": false, "verification": {"verified": false, "domain": "moved.gov", "method": null}}`)
	s.Get(below).Is(200).Like(`{"can_scan": false}`)
	s.Post(added(s, "192.0.2.0/24")+"verify/", "").Is(400)
}

// TestTargetScanWindow admits ten scans in an hour, of targets and websites together,
// and any number on a plan without limits.
func TestTargetScanWindow(t *testing.T) {
	s := webtest.New(t, stores)
	path := added(s, "a.example")
	for n := range 10 {
		s.Post([]string{path, strings.Replace(path, "targets", "websites", 1)}[n%2]+"scan/", "").Is(200).
			Has("X-RateLimit-Limit: 10", fmt.Sprintf("X-RateLimit-Remaining: %d", 9-n))
	}
	s.Post(path+"scan/", "").Is(429).Has("X-RateLimit-Remaining: 0", "Retry-After: 3600")
	s.Get(path).Is(200)
	key, _ := s.Issue(s.Register("bob@example.com"))
	bob := "Authorization: Bearer " + key
	s.Post(added(s, "a.example", bob)+"scan/", "", bob).Is(200)
	s.Later(time.Hour)
	s.Post(path+"scan/", "").Is(200)
	s.Plan(domain.SecAbly, domain.InternalPlan)
	for range 12 {
		s.Post(path+"scan/", "").Is(200).Has("X-RateLimit-Limit: 999999999")
	}
}

package secably_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// start asks for a scan, and returns its stream's id and its integer id.
func start(t *testing.T, s *webtest.Server, path string, target int64, more string) (uuid.UUID, string) {
	t.Helper()
	scan := s.Next(uuid.NewString())
	a := s.Post(path, fmt.Sprintf(`{"target_id": %d%s}`, target, more)).Is(201)
	return scan, a.Field("scan_id")
}

// balance is what the account may spend.
func balance(s *webtest.Server) string { return s.Get("/api/v1/credits/").Is(200).Field("balance") }

// TestEngines names what runs a scan: the built-in scanners where the tool is
// not there, and where nothing can, 503 before any question of credits.
func TestEngines(t *testing.T) {
	s := webtest.New(t, stores)
	s.Plan(domain.SecAbly, "indie")
	s.Uninstall(domain.Nmap, domain.SSLyze, domain.Nuclei, domain.ZAP, domain.OpenVAS)
	target, block := s.Target("a.example", "a"), s.Target("192.0.2.0/24", "range")
	for path, engine := range map[string]string{"/api/v1/nmap/scan/": "ports", "/api/v1/sslyze/scan/": "tls"} {
		scan, id := start(t, s, path, target, "")
		s.Get(path + id).Is(200).Like(`{"engines": ["` + engine + `"], "status": "queued"}`)
		s.See(scan, domain.Tool(engine), webtest.Weak("x", domain.Low))
		s.Get("/api/v1/scans/" + id).Is(200).Like(`{"engines": ["` + engine + `"], "vulnerabilities_found": 1, "vulnerabilities_list": [{"engine": "` + engine + `"}]}`)
	}
	before := balance(s)
	body := fmt.Sprintf(`{"target_id": %d}`, target)
	for _, path := range []string{"nuclei", "zap", "openvas"} {
		s.Post("/api/v1/"+path+"/scan/", body).Is(503).Has("Retry-After: 60").Like(`{"error": "` + path + ` is not installed: install ` + path + `"}`)
	}
	s.Plan(domain.SecAbly, domain.FreePlan)
	s.Post("/api/v1/scans/create/", fmt.Sprintf(`{"target_id": %d, "scanner_type": "openvas", "scan_config": {"scan_profile": "deep"}}`, target)).Is(503)
	s.Post("/api/v1/nmap/scan/", fmt.Sprintf(`{"target_id": %d}`, block)).Is(400).
		Like(`{"error": "The scanner nmap looks at one host: a range of addresses is for OpenVAS"}`)
	if after := balance(s); after != before {
		t.Errorf("%s credits are left of %s", after, before)
	}
	s.Get("/api/v1/scans/").Is(200).Like(`{"count": 2}`)
}

// TestScanCredits are held with the scan, given back when it is cancelled
// before it has begun, and paid once it has.
func TestScanCredits(t *testing.T) {
	s := webtest.New(t, stores)
	s.Plan(domain.SecAbly, "indie")
	target := s.Target("a.example", "a")
	const full = `, "scan_config": {"scan_type": "full"}`
	_, waiting := start(t, s, "/api/v1/nuclei/scan/", target, full)
	begun, running := start(t, s, "/api/v1/nmap/scan/", target, full)
	if got := balance(s); got != "6" {
		t.Errorf("%s credits after the two", got)
	}
	s.Post("/api/v1/scans/"+waiting+"/cancel/", "").Is(200).Like(`{"status": "cancelled"}`)
	s.See(begun, "nmap", domain.Advance{Percent: 20})
	s.Post("/secably/api/v1/scans/"+running+"/cancel", "").Is(200)
	if got := balance(s); got != "9" {
		t.Errorf("%s credits after both are cancelled", got)
	}
	s.Get("/api/v1/nmap/scan/" + running).Is(200).Like(`{"status": "cancelled", "progress": 100, "security_score": null, "started_at": "2026-04-03T12:00:00Z", "duration": 0}`)
	s.Get("/api/v1/nuclei/scan/" + waiting).Is(200).Like(`{"status": "cancelled", "started_at": null, "duration": null, "scan_result": {"findings": []}}`)
	broken, failed := start(t, s, "/api/v1/nmap/scan/", target, full)
	s.End(broken, domain.Failed, "nmap died")
	s.Get("/api/v1/scans/" + failed).Is(200).Like(`{"status": "failed", "error": "nothing could be tested: nmap died", "risk_level": null, "security_score": null}`)
	s.Post("/api/v1/scans/"+failed+"/export/", `{"format": "csv"}`).Is(409)
	if got := balance(s); got != "9" {
		t.Errorf("%s credits after one that failed", got)
	}
	s.Plan(domain.SecAbly, domain.InternalPlan)
	s.Post("/api/v1/openvas/scan/", fmt.Sprintf(`{"target_id": %d}`, target)).Is(201).Like(`{"credits_used": 0, "credits_remaining": 9}`)
}

// TestScansOfAllContracts are one list, in which no other account's are.
func TestScansOfAllContracts(t *testing.T) {
	s := webtest.New(t, stores)
	site, host := s.Scan(domain.IsSafeSite, "https://a.example/"), s.Scan(domain.ScannerAPI, "192.0.2.1")
	target := s.Target("https://a.example/", "Mine")
	newest, third := start(t, s, "/api/v1/sslyze/scan/", target, "")
	s.Finish(site, domain.Tested, "")
	first, second := fmt.Sprint(s.Number(site)), fmt.Sprint(s.Number(host))
	for query, want := range map[string]string{
		"":                                     `{"count": 3, "results": [{"id": ` + third + `}, {"id": ` + second + `}, {"id": ` + first + `}]}`,
		"?page=2&page_size=2":                  `{"count": 3, "next": null, "results": [{"id": ` + first + `}]}`,
		"?status=pending":                      `{"count": 2}`,
		"?status=queued":                       `{"count": 2}`,
		"?status=completed":                    `{"count": 1, "results": [{"id": ` + first + `, "website_name": "Mine", "website_url": "https://a.example", "scanner_type": "builtin"}]}`,
		"?status=running":                      `{"count": 0, "results": []}`,
		"?scanner_type=sslyze":                 `{"count": 1, "results": [{"id": ` + third + `}]}`,
		"?scanner_type=builtin&status=pending": `{"count": 1, "results": [{"website_name": "192.0.2.1"}]}`,
		"?scanner_type=zap":                    `{"count": 0}`,
		fmt.Sprintf("?target_id=%d", target):   `{"count": 2, "results": [{"id": ` + third + `}, {"id": ` + first + `}]}`,
		fmt.Sprintf("?website_id=%d", target):  `{"count": 2}`,
	} {
		s.Get("/api/v1/scans/" + query).Is(200).Like(want)
	}
	for query, status := range map[string]int{
		"?status=done": 400, "?scanner_type=nikto": 400, "?target_id=999": 404, "?target_id=x": 404, "?page=0": 400, "?page_size=x": 400,
	} {
		s.Get("/api/v1/scans/" + query).Is(status)
	}
	s.Get("/api/v1/scans/" + first).Is(200).Like(`{"status": "completed", "scan_config": {"scan_type": "standard"}, "engines": ["ports", "tls", "headers", "cookies", "content", "dns", "seo", "traffic"]}`)
	s.Get("/api/v1/scan/" + newest.String()).Is(200).Like(`{"status": "queued", "profile": "sslyze", "target": "https://a.example/"}`)
	bob, _ := s.Issue(s.Register("bob@example.com"))
	s.Get("/api/v1/scans/", "Authorization: Bearer "+bob).Is(200).Like(`{"count": 0, "results": []}`)
	s.Get(fmt.Sprintf("/api/v1/scans/?target_id=%d", target), "Authorization: Bearer "+bob).Is(404)
}

// TestForeignScans are answered exactly as unknown ones, by every operation,
// and so is what is no id.
func TestForeignScans(t *testing.T) {
	s := webtest.New(t, stores)
	s.Plan(domain.SecAbly, domain.InternalPlan)
	target := s.Target("a.example", "a")
	done, id := start(t, s, "/api/v1/nmap/scan/", target, "")
	s.End(done, domain.Tested, "", domain.Coverage{What: "1/tcp", Outcome: domain.Tested})
	bob, _ := s.Issue(s.Register("bob@example.com"))
	as := "Authorization: Bearer " + bob
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/api/v1/scans/%s/", ""}, {"GET", "/api/v1/nmap/scan/%s/", ""}, {"GET", "/secably/api/v1/nmap/scan/%s", ""},
		{"POST", "/api/v1/scans/%s/export/", `{"format": "pdf"}`}, {"POST", "/api/v1/scans/%s/cancel/", ""},
	} {
		unknown := s.Do(c.method, fmt.Sprintf(c.path, "987654"), c.body, as).Is(404).Like(`{"error": "Scan not found"}`)
		for _, other := range []string{id, "0", "-1", "x", "1.5", "0" + id, "+" + id, "1e3", "99999999999999999999", "9223372036854775807", fmt.Sprint(target), "%20" + id, done.String()} {
			if a := s.Do(c.method, fmt.Sprintf(c.path, other), c.body, as); a.Status != 404 || a.Body != unknown.Body {
				t.Errorf("%s %s: %d %s", c.method, fmt.Sprintf(c.path, other), a.Status, a.Body)
			}
		}
		if c.method == http.MethodGet {
			s.Get(fmt.Sprintf(c.path, id)).Is(200)
		}
	}
	for _, other := range []string{fmt.Sprint(target), `"` + fmt.Sprint(target) + `"`, "0", "-5", "1.5", "1e400", `"x"`, "99999999999999999999", id} {
		s.Post("/api/v1/nmap/scan/", `{"target_id": `+other+`}`, as).Is(404).Like(`{"error": "Target not found"}`)
	}
}

// TestCreationBodies says of each wrong one what is wrong with it.
func TestCreationBodies(t *testing.T) {
	s := webtest.New(t, stores)
	s.Plan(domain.SecAbly, domain.InternalPlan)
	target, other := s.Target("a.example", "a"), s.Target("b.example", "b")
	for body, says := range map[string]string{
		``:   "The body must be a JSON object",
		`{}`: "target_id is required",
		`{"target_id": null, "website_id": null}`: "target_id is required",
		`{"target_id": true}`:                     "target_id must be a whole number",
		`{"target_id": [1]}`:                      "target_id must be a whole number",
		`{"website_id": {}}`:                      "website_id must be a whole number",
		fmt.Sprintf(`{"target_id": %d, "website_id": %d}`, target, other):   "target_id and website_id mean the same: give one of them",
		fmt.Sprintf(`{"target_id": %d, "scan_config": []}`, target):         "scan_config must be an object",
		fmt.Sprintf(`{"target_id": %d, "scan_config": {"a": "b"}}`, target): "scan_config.a is unknown: of nmap it may have aggressive, port_range, scan_type",
		fmt.Sprintf(`{"target_id": %d, "scanner_type": ["nmap"]}`, target):  "scanner_type must be a string, not a list",
	} {
		s.Post("/api/v1/nmap/scan/", body).Is(400).Like(fmt.Sprintf(`{"error": %q}`, says))
	}
	s.Post("/api/v1/scans/create/", fmt.Sprintf(`{"target_id": %d}`, target)).Is(400).Like(`{"error": "scanner_type is required: one of nmap, sslyze, nuclei, zap, openvas, builtin"}`)
	s.Post("/api/v1/nmap/scan/", fmt.Sprintf(`{"target_id": "%d", "website_id": %d}`, target, target)).Is(201)
	s.Post("/api/v1/nmap/scan/", fmt.Sprintf(`{"target_id": %d.0}`, target)).Is(201)
	s.Post("/api/v1/nmap/scan/", fmt.Sprintf(`{"target_id": %d.5}`, target)).Is(404)
	s.Do(http.MethodPatch, fmt.Sprintf("/api/v1/targets/%d/", target), `{"active": false}`).Is(200)
	s.Post("/api/v1/nmap/scan/", fmt.Sprintf(`{"target_id": %d}`, target)).Is(400).Like(`{"error": "The target is not active: set active to true to have it scanned"}`)
	s.Refuse("b.example", domain.Forbidden)
	s.Post("/api/v1/nmap/scan/", fmt.Sprintf(`{"target_id": %d}`, other)).Is(400)
	for _, wrong := range []string{"{}", `{"format": ""}`, `{"format": "html"}`, `{"format": "PDF"}`, `{"format": 1}`, "[]", ""} {
		s.Post("/api/v1/scans/1/export/", wrong).Is(400)
	}
}

// TestOneWindow admits ten scan operations an hour, whatever they are, but for a
// plan without limits.
func TestOneWindow(t *testing.T) {
	s := webtest.New(t, stores)
	s.Set("2026-04-03T12:00:30Z")
	s.Plan(domain.SecAbly, "enterprise")
	target := s.Target("a.example", "a")
	body := fmt.Sprintf(`{"target_id": %d, "scanner_type": "nmap"}`, target)
	paths := []string{
		"/api/v1/nmap/scan/", "/api/v1/sslyze/scan/", "/api/v1/nuclei/scan/", "/api/v1/zap/scan/", "/api/v1/openvas/scan/",
		"/api/v1/scans/create/", fmt.Sprintf("/api/v1/targets/%d/scan/", target), "/secably/api/v1/nmap/scan",
	}
	for n := range 10 {
		a := s.Post(paths[n%len(paths)], body).Has("X-RateLimit-Limit: 10", fmt.Sprintf("X-RateLimit-Remaining: %d", 9-n))
		if a.Status >= 400 {
			t.Fatalf("operation %d: %s", n+1, a.Body)
		}
	}
	for _, path := range paths {
		s.Post(path, body).Is(429).Has("X-RateLimit-Limit: 10", "X-RateLimit-Remaining: 0", "Retry-After: 3570")
	}
	s.Get("/api/v1/scans/").Is(200).Has("X-RateLimit-Limit: 1000").Like(`{"count": 10}`)
	s.Post("/api/v1/scans/1/cancel/", "").Is(404)
	s.Plan(domain.SecAbly, domain.InternalPlan)
	for range 3 {
		s.Post(paths[0], body).Is(201).Has("X-RateLimit-Limit: 999999999")
	}
	s.Plan(domain.SecAbly, "enterprise")
	s.Later(time.Hour)
	s.Post(paths[0], body).Is(201)
}

// TestAcceptedAlone counts scans that were accepted: none that was refused, for
// whatever reason, and none that was answered again.
func TestAcceptedAlone(t *testing.T) {
	s := webtest.New(t, (&losing{keeps: true}).stores)
	s.Uninstall(domain.OpenVAS)
	target, poor := s.Target("a.example", "a"), s.Target("b.example", "b")
	s.Refuse("b.example", domain.Forbidden)
	for path, c := range map[string]struct {
		body   string
		status int
	}{
		"/api/v1/nmap/scan/":             {`{`, 400},
		"/api/v1/sslyze/scan/":           {`{"target_id": 999}`, 404},
		"/api/v1/targets/999/scan/":      {"", 404},
		"/api/v1/openvas/scan/":          {fmt.Sprintf(`{"target_id": %d}`, target), 503},
		"/api/v1/zap/scan/":              {fmt.Sprintf(`{"target_id": %d}`, target), 402},
		"/api/v1/scans/create/":          {fmt.Sprintf(`{"target_id": %d, "scanner_type": "builtin"}`, poor), 400},
		"/secably/api/v1/scans/create/":  {fmt.Sprintf(`{"target_id": %d, "scanner_type": "other"}`, target), 400},
		"/secably/api/v1/targets/1/scan": {"", 404},
	} {
		s.Post(path, c.body).Is(c.status).Has("X-RateLimit-Limit: 10", "X-RateLimit-Remaining: 10",
			`RateLimit-Policy: "hour";q=1000;w=3600, "month";q=100;w=2592000, "scan-hour";q=10;w=3600`)
	}
	again := fmt.Sprintf("/api/v1/targets/%d/scan/", target)
	for range 12 {
		s.Post(again, "", "Idempotency-Key: one").Is(200).Has("X-RateLimit-Remaining: 9")
	}
	s.Post(again, `{"a": 1}`, "Idempotency-Key: one").Is(422).Has("X-RateLimit-Remaining: 9")
	for n := range 9 {
		s.Post(again, "").Is(200).Has(fmt.Sprintf("X-RateLimit-Remaining: %d", 8-n))
	}
	s.Post(again, "").Is(429).Has("X-RateLimit-Remaining: 0", "Retry-After: 3600", "X-RateLimit-Reset: 1775221200").
		Like(`{"error": "Scan limit reached: 10 scans per hour. Try again in 3600 s."}`)
	s.Post(again, "", "Idempotency-Key: one").Is(200).Has("X-RateLimit-Remaining: 0", "Idempotent-Replayed: true")
	s.Post("/api/v1/scan", `{"url": "https://a.example"}`).Is(202) // other contracts have other limits
	s.Get("/api/v1/scans/").Is(200).Like(`{"count": 11}`)
}

// TestCreatedOnce gives an attempt that comes after a crash the answer of the
// first, whatever has become of target, credits and tools meanwhile.
func TestCreatedOnce(t *testing.T) {
	lost := &losing{}
	s := webtest.New(t, lost.stores, func(o *server.Options) { lost.Answers, o.Gate.Answers = o.Gate.Answers, lost })
	s.Plan(domain.SecAbly, "indie")
	target := s.Target("a.example", "a")
	body := fmt.Sprintf(`{"target_id": %d, "scanner_type": "nmap", "scan_config": {"scan_type": "full"}}`, target)
	const path, key = "/api/v1/scans/create/", "Idempotency-Key: order-4711"
	lost.keeps = false
	first := s.Post(path, body, key).Is(201).Like(`{"credits_used": 1, "credits_remaining": 9}`)
	lost.keeps = true
	s.Later(time.Minute)
	s.Do(http.MethodDelete, fmt.Sprintf("/api/v1/targets/%d/", target), "").Is(204)
	s.Uninstall(domain.Nmap)
	if err := s.Desk.GrantCredits(t.Context(), commands.GrantCredits{Account: s.Account, Amount: 7}); err != nil {
		t.Fatal(err)
	}
	if again := s.Post(path, body, key).Is(201).Has("Idempotent-Replayed: true"); again.Body != first.Body {
		t.Errorf("first %s\nagain %s", first.Body, again.Body)
	}
	s.Get("/api/v1/scans/").Is(200).Like(`{"count": 1}`)
}

// losing are answers that may get lost before they are kept.
type losing struct {
	commands.Answers
	keeps bool
}

func (l *losing) stores(now func() time.Time) webtest.Stores {
	log := memory.NewLog()
	return webtest.Stores{
		Log: log, Inbox: &memory.Inbox{Now: now}, Reader: &memory.Reader{Log: log}, Limits: &memory.Limits{Now: now},
		Answers: &memory.Answers{Log: log, Now: now},
	}
}

// Keep implements commands.Answers.
func (l *losing) Keep(ctx context.Context, a commands.Attempt, sealed []byte) error {
	if !l.keeps {
		return errors.New("the process is gone")
	}
	return l.Answers.Keep(ctx, a, sealed)
}

package server_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// endings say how each probe of a scan ended, and what stood open by then.
type endings struct {
	open  []int
	named string // the service on the ports that are open
	rest  domain.Outcome
	probe map[domain.Tool]domain.Outcome
	state domain.State // of the scan in the end
}

// dark are scans that could not look at what a grade is about.
var dark = map[string]endings{
	"the host is down":                   {rest: domain.TimedOut, state: domain.ScanFail},
	"the name does not resolve":          {rest: domain.Skipped, state: domain.ScanFail},
	"all ports are filtered":             {rest: domain.TimedOut, probe: map[domain.Tool]domain.Outcome{domain.DNS: domain.Tested}, state: domain.Completed},
	"connections are reset":              {open: []int{443}, rest: domain.Skipped, probe: map[domain.Tool]domain.Outcome{domain.Ports: domain.Tested}, state: domain.Completed},
	"TLS fails":                          {open: []int{443}, rest: domain.Skipped, probe: map[domain.Tool]domain.Outcome{domain.Ports: domain.Tested, domain.TLS: domain.Refused}, state: domain.Completed},
	"the server has errors alone":        {open: []int{80, 443}, rest: domain.Tested, probe: map[domain.Tool]domain.Outcome{domain.Headers: domain.Skipped, domain.Cookies: domain.Skipped}, state: domain.Completed},
	"the guard refuses the redirect":     {open: []int{443}, rest: domain.Tested, probe: map[domain.Tool]domain.Outcome{domain.Headers: domain.Refused}, state: domain.Completed},
	"time ran out half-way":              {open: []int{22, 80}, rest: domain.Tested, probe: map[domain.Tool]domain.Outcome{domain.Headers: domain.TimedOut, domain.Ports: domain.TimedOut}, state: domain.Completed},
	"the scanner broke":                  {open: []int{443}, rest: domain.Failed, probe: map[domain.Tool]domain.Outcome{domain.Ports: domain.Tested}, state: domain.Completed},
	"a web server that was not found":    {open: []int{9123}, named: "http", rest: domain.Skipped, probe: map[domain.Tool]domain.Outcome{domain.Ports: domain.Tested}, state: domain.Completed},
	"nothing stands open":                {rest: domain.Skipped, probe: map[domain.Tool]domain.Outcome{domain.Ports: domain.Tested}, state: domain.Completed},
	"every port and no header was tried": {open: []int{22}, rest: domain.Failed, probe: map[domain.Tool]domain.Outcome{domain.Ports: domain.Tested}, state: domain.Completed},
}

// play ends a scan's probes.
func (e endings) play(t *testing.T, s *webtest.Server, scan uuid.UUID) {
	t.Helper()
	for _, port := range e.open {
		s.See(scan, domain.Ports, domain.Port{Port: port, Protocol: "tcp"})
		if e.named != "" {
			s.See(scan, domain.Ports, domain.Service{Port: port, Protocol: "tcp", Name: e.named, Method: "probed"})
		}
	}
	for _, tool := range domain.Standard.Tools() {
		run, err := s.Desk.TakeProbe(t.Context(), commands.Lease{Scan: scan, Account: s.Account, Tool: tool, Token: 1, Attempt: 1}, "w")
		if err != nil {
			t.Fatal(err)
		}
		outcome, reason := e.rest, "why not"
		if o, other := e.probe[tool]; other {
			outcome = o
		}
		if outcome == domain.Tested {
			reason = ""
		}
		if err := run.Finish(t.Context(), outcome, reason, []domain.Coverage{{What: "all", Outcome: outcome, Reason: reason}}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDarkScansHaveNoGrade asks every contract for scans that could not look.
func TestDarkScansHaveNoGrade(t *testing.T) {
	s := unlimited(t)
	for name, e := range dark {
		for i, target := range []string{"https://a.example/", "b.example", "192.0.2.9"} {
			t.Run(fmt.Sprint(name, ", ", target), func(t *testing.T) {
				s := s.In(t)
				s.Plan(domain.SevenAzzani, domain.InternalPlan)
				s.Plan(domain.SecAbly, domain.InternalPlan)
				scan := s.Scan([]domain.Contract{domain.IsSafeSite, domain.ScannerAPI, domain.SecAbly}[i], target)
				e.play(t, s, scan)
				wantDark(t, s, scan, e, i == 0)
			})
		}
	}
}

// wantDark finds no grade and no score of security in any contract, and in each
// what was not tested. Of a site whose pages were not seen the whole scan failed.
func wantDark(t *testing.T, s *webtest.Server, scan uuid.UUID, e endings, site bool) {
	t.Helper()
	var now struct{ Version int }
	s.Get("/scanner/api/v1/scan/" + scan.String()).Is(200).Into(&now)
	for path, fields := range map[string][]string{
		"/issafesite/api/v1/scan/" + scan.String():                 {"grade", "overallScore", "securityScore"},
		"/scanner/api/v1/scan/" + scan.String():                    {"grade", "gradeScore"},
		"/7azzani/api/scans/" + scan.String() + "/report/":         {"grade", "security_score", "risk_level"},
		fmt.Sprintf("/secably/api/v1/scans/%d/", s.Number(scan)):   {"security_score", "risk_level"},
		"/7azzani/api/scans/" + scan.String() + "/status/":         {"grade", "security_score", "risk_level"},
		fmt.Sprintf("/api/v1/scan/%s?as_of=%d", scan, now.Version): {"grade"},
	} {
		var answer map[string]json.RawMessage
		s.Get(path).Is(200).Into(&answer)
		for _, field := range fields {
			if string(answer[field]) != "null" {
				t.Errorf("%s: %s is %s", path, field, answer[field])
			}
		}
		if g, has := answer["grading"]; has && string(g) != "null" {
			var grading struct{ Security, Overall json.RawMessage }
			if err := json.Unmarshal(g, &grading); err != nil || string(grading.Security) != "null" || string(grading.Overall) != "null" {
				t.Errorf("%s: graded as %s", path, g)
			}
		}
		wantLedger(t, path, answer["coverage"])
	}
	status := map[domain.State]string{domain.Completed: "completed", domain.ScanFail: "failed"}[e.state]
	if site && e.rest != domain.Tested {
		status = "failed"
	}
	s.Get("/7azzani/api/scans/" + scan.String() + "/status/").Like(`{"status": "` + status + `"}`)
}

// wantLedger has a line for each probe, the crawl among them that only a deep scan
// runs, none without an outcome, and each that was not tested with its reason.
func wantLedger(t *testing.T, path string, raw json.RawMessage) {
	t.Helper()
	if raw == nil {
		return // a status, which has no report
	}
	var lines []struct{ Probe, What, Outcome, Reason string }
	if err := json.Unmarshal(raw, &lines); err != nil {
		t.Fatal(err)
	}
	probes, untested := map[string]bool{}, 0
	for _, l := range lines {
		probes[l.Probe] = true
		if l.Outcome != string(domain.Tested) {
			untested++
		}
		if l.What == "" || l.Outcome == "" || (l.Outcome == string(domain.Tested)) != (l.Reason == "") {
			t.Errorf("%s: %+v", path, l)
		}
	}
	if len(probes) != len(domain.Deep.Tools()) || untested == 0 && len(lines) > 8 {
		t.Errorf("%s: %+v", path, lines)
	}
}

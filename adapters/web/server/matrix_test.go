package server_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// row is how an operation is asked, and what its owner is answered. Who is let
// in and owns nothing is answered the same, but where id names something.
type row struct {
	want int
	id   string // what the path names: a key of things
	body string
}

// rows are those of all operations, by what the documents call them: a new one
// needs a row.
var rows = map[string]row{
	"GET /openapi.yaml": {want: 200}, "GET /openapi.json": {want: 200}, "GET /docs": {want: 200}, "GET /docs/{file}": {want: 200, id: "file"},
	"GET /dashboard": {want: 200}, "GET /dashboard/app.js": {want: 200}, "GET /dashboard/style.css": {want: 200},
	"GET /dashboard/client.js": {want: 200}, "GET /admin": {want: 200}, "GET /admin/app.js": {want: 200},
	"GET /qr": {want: 200}, "GET /qr/app.js": {want: 200},
	"GET /healthz": {want: 200}, "GET /readyz": {want: 200}, "GET /metrics": {want: 200}, "GET /.well-known/scanledger-keys.json": {want: 200},

	"POST /api/v1/scan": {want: 400}, "GET /api/v1/scan": {want: 200}, "GET /api/v1/scans": {want: 200}, "GET /api/v1/report": {want: 200},
	"GET /api/v1/scan/{id}": {200, "scan", ""}, "GET /api/v1/scan/{id}/events": {200, "scan", ""}, "GET /api/v1/scan/{id}/bundle": {200, "scan", ""},
	"GET /api/v1/scan/{id}/diff":    {200, "scan again", ""},
	"POST /api/v1/scan/{id}/retest": {409, "scan", ""}, "POST /api/v1/scan/{id}/cancel": {400, "scan", ""}, "GET /api/report/{id}/pdf": {200, "report", ""},

	"GET /report/{id}": {want: 404, id: "scan"}, "GET /report/{id}/events": {want: 404, id: "scan"}, "GET /report/{id}/verify": {want: 404, id: "scan"},
	"GET /report/{id}/pdf": {want: 404, id: "scan"}, "GET /report/{id}/html": {want: 404, id: "scan"}, "GET /report/{id}/json": {want: 404, id: "scan"},
	"GET /report/{id}/csv": {want: 404, id: "scan"}, "GET /report/{id}/sarif": {want: 404, id: "scan"}, "GET /report/{id}/junit": {want: 404, id: "scan"},

	"POST /api/v1/auth/register/": {want: 400}, "POST /api/v1/auth/login/": {want: 400}, "POST /api/v1/auth/refresh/": {want: 400},
	"POST /api/v1/auth/change-password/": {want: 400}, "GET /api/v1/profile/": {want: 200}, "PATCH /api/v1/profile/": {want: 200},
	"GET /api/v1/stats/": {want: 200}, "GET /api/v1/subscription/": {want: 200}, "GET /api/v1/credits/": {want: 200}, "GET /api/v1/plans/": {want: 200},
	"GET /api/v1/account/": {want: 200}, "GET /api/v1/usage/": {want: 200}, "GET /api/v1/keys/": {want: 200}, "POST /api/v1/keys/": {want: 400}, "DELETE /api/v1/keys/{id}/": {204, "fresh key", ""},
	"GET /api/v1/findings": {want: 200}, "GET /api/v1/findings/{id}": {200, "finding", ""},
	"POST /api/v1/findings/{id}/accept/": {200, "finding", `{"reason": "r"}`}, "POST /api/v1/findings/{id}/false-positive/": {200, "finding", `{"reason": "r"}`},
	"POST /api/v1/findings/{id}/reopen/": {200, "ruled finding", `{"reason": "r"}`},
	"GET /api/v1/schedules/":             {want: 200}, "POST /api/v1/schedules/": {want: 400}, "GET /api/v1/schedules/{id}/": {200, "planned target", ""},
	"PATCH /api/v1/schedules/{id}/": {200, "planned target", "{}"}, "DELETE /api/v1/schedules/{id}/": {204, "fresh schedule", ""},
	"POST /api/v1/schedules/{id}/pause/": {200, "planned target", ""}, "POST /api/v1/schedules/{id}/resume/": {200, "planned target", ""},
	"GET /api/v1/team/": {want: 200}, "POST /api/v1/team/": {want: 400}, "DELETE /api/v1/team/": {want: 400},

	"GET /api/v1/admin/accounts/": {want: 200}, "GET /api/v1/admin/accounts/{id}/": {200, "account", ""},
	"POST /api/v1/admin/accounts/{id}/plan/":    {200, "account", `{"contract": "scanner", "plan": "free", "reason": "a test"}`},
	"POST /api/v1/admin/accounts/{id}/credits/": {200, "account", `{"credits": 1, "reason": "a test"}`},

	"GET /api/v1/targets/": {want: 200}, "POST /api/v1/targets/": {want: 400}, "GET /api/v1/targets/{id}/": {200, "target", ""},
	"PUT /api/v1/targets/{id}/": {200, "target", `{"target_value": "a.example"}`}, "PATCH /api/v1/targets/{id}/": {200, "target", "{}"},
	"DELETE /api/v1/targets/{id}/": {204, "fresh target", ""}, "POST /api/v1/targets/{id}/verify/": {200, "target", ""}, "POST /api/v1/targets/{id}/scan/": {200, "target", ""},
	"GET /api/v1/websites/": {want: 200}, "POST /api/v1/websites/": {want: 400}, "GET /api/v1/websites/{id}/": {200, "target", ""},
	"PUT /api/v1/websites/{id}/": {200, "target", `{"url": "a.example"}`}, "PATCH /api/v1/websites/{id}/": {200, "target", "{}"},
	"DELETE /api/v1/websites/{id}/": {204, "fresh target", ""}, "POST /api/v1/websites/{id}/verify/": {200, "target", ""}, "POST /api/v1/websites/{id}/scan/": {200, "target", ""},

	"GET /api/v1/scans/": {want: 200}, "POST /api/v1/scans/create/": {want: 400}, "GET /api/v1/scans/{id}/": {200, "number", ""},
	"POST /api/v1/scans/{id}/export/": {200, "number", `{"format": "pdf"}`}, "POST /api/v1/scans/{id}/cancel/": {400, "number", ""},
	"POST /api/v1/nmap/scan/": {want: 400}, "GET /api/v1/nmap/scan/{id}/": {200, "nmap/quick", ""}, "POST /api/v1/sslyze/scan/": {want: 400}, "GET /api/v1/sslyze/scan/{id}/": {200, "sslyze", ""},
	"POST /api/v1/nuclei/scan/": {want: 400}, "GET /api/v1/nuclei/scan/{id}/": {200, "nuclei/quick", ""}, "POST /api/v1/zap/scan/": {want: 400}, "GET /api/v1/zap/scan/{id}/": {200, "zap/baseline", ""},
	"POST /api/v1/openvas/scan/": {want: 400}, "GET /api/v1/openvas/scan/{id}/": {200, "openvas/deep", ""},

	"GET /api/scans/": {want: 200}, "POST /api/scans/quick_scan/": {want: 400}, "GET /api/scans/statistics/": {want: 200},
	"GET /api/scans/{id}/status/": {200, "scan", ""}, "GET /api/scans/{id}/report/": {200, "scan", ""},
	"GET /shrinkit/{short_code}/stats/": {200, "link", ""}, "GET /shrinkit/{short_code}/stats/live/": {200, "link", ""}, "GET /shrinkit/{short_code}/clicks/": {200, "link", ""},

	"POST /lookup/api/lookup/": {want: 400}, "GET /lookup/history/": {want: 200}, "GET /lookup/{id}/": {200, "lookup", ""}, "GET /lookup/{id}/diff/": {200, "lookup", ""},
	"POST /qr/api/preview/": {want: 400}, "POST /qr/api/generate/": {want: 400}, "POST /qr/api/batch/": {want: 400},
	"GET /qr/api/content-form/{qr_type}/": {want: 200}, "GET /media/qr/{file}": {want: 404, id: "file"},
	"POST /shrinkit/api/shorten/": {want: 400}, "POST /shrinkit/api/toggle/{id}/": {200, "link", ""}, "DELETE /shrinkit/api/delete/{id}/": {204, "fresh link", ""},
	"GET /shrinkit/api/links/": {want: 200}, "GET /shrinkit/api/links/{id}/": {200, "link", ""}, "PATCH /shrinkit/api/links/{id}/": {200, "link", "{}"},
	"GET /s/{code}": {want: 404}, "POST /s/{code}": {want: 400},
	"POST /speedtest/api/v1/run/": {want: 200}, "GET /speedtest/api/v1/history/": {want: 200}, "GET /speedtest/api/analytics/": {want: 200},

	"GET /speedtest/": {want: 200}, "GET /speedtest/page.js": {want: 200}, "GET /speedtest/measure.js": {want: 200}, "GET /speedtest/page.css": {want: 200},
	"POST /speedtest/figures": {want: 400}, "GET /librespeed/garbage": {want: 200}, "GET /librespeed/empty": {want: 200}, "POST /librespeed/empty": {want: 200},
	"GET /librespeed/getIP": {want: 200}, "GET /librespeed/servers.json": {want: 200}, "POST /librespeed/results/telemetry": {want: 400}, "GET /librespeed/results/": {want: 404},
	"GET /__down": {want: 200}, "POST /__up": {want: 200}, "GET /turn-creds": {want: 200},
}

// matrix is a server with things of one account's, and identities.
type matrix struct {
	*webtest.Server
	t       *testing.T
	things  map[string]string // of the owner's
	trusted *http.Transport   // from a proxy that is believed
}

const proxy = "127.0.0.9"

func newMatrix(t *testing.T) *matrix {
	m := &matrix{t: t, things: map[string]string{"file": "page.css"}}
	m.Server = unlimited(t, rendered, uncounted, func(o *server.Options) {
		o.TrustedProxies = []string{proxy}
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "up 1\n") })
		reader := o.Reader
		o.Bundle = func(ctx context.Context, account, scan uuid.UUID) (func(context.Context, io.Writer) error, error) {
			_, err := reader.Scan(ctx, account, scan)
			return func(context.Context, io.Writer) error { return nil }, err
		}
	})
	m.unlimit(m.Account)
	m.trusted = &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(proxy)}}).DialContext}
	t.Cleanup(m.trusted.CloseIdleConnections)
	scan := m.Scan(domain.ScannerAPI, "a.example")
	m.Finish(scan, domain.Tested, "")
	m.Scan(domain.ScannerAPI, "a.example") // is under way, so that no other one can begin
	m.things["account"] = m.Account.String()
	m.things["scan"], m.things["report"], m.things["number"] = scan.String(), "rpt_"+scan.String(), fmt.Sprint(m.Number(scan))
	m.things["finding"] = m.Finding("https://f.example").String()
	again := m.Scan(domain.ScannerAPI, "https://f.example")
	m.Finish(again, domain.Tested, "")
	m.things["scan again"] = again.String()
	for range 2 {
		m.things["lookup"] = m.Post("/lookup/api/lookup/", `{"domain": "a.example"}`).Is(200).Field("id")
	}
	m.things["link"] = m.Shorten("https://l.example", "the-link")
	m.things["planned target"] = fmt.Sprint(m.Planned("p.example"))
	m.things["target"] = fmt.Sprint(m.Target("a.example", "a"))
	for _, p := range []domain.Profile{domain.NmapQuick, domain.SSLyzeOnly, domain.NucleiQuick, domain.ZAPBaseline, domain.OpenVASDeep} {
		m.things[string(p)] = fmt.Sprint(m.Number(m.scanBy(p)))
	}
	return m
}

func (m *matrix) unlimit(account uuid.UUID) {
	m.t.Helper()
	for _, c := range []domain.Contract{domain.SevenAzzani, domain.SecAbly, domain.IsSafeSite} {
		m.must(m.Desk.SetPlan(m.t.Context(), commands.SetPlan{Account: account, Contract: c, Plan: domain.InternalPlan}))
	}
}

func (m *matrix) scanBy(p domain.Profile) uuid.UUID {
	m.t.Helper()
	target, err := domain.ParseTarget("b.example")
	m.must(err)
	requested, err := m.Desk.RequestScan(m.t.Context(), commands.RequestScan{
		By: commands.Caller{Account: m.Account}, Contract: domain.SecAbly, Target: target, Profile: p, Options: domain.DefaultOptions(p),
	})
	m.must(err)
	return requested.Stream.ID()
}

// scanAs has an account of the owner's team scan what the owner has scanned.
func (m *matrix) scanAs(account uuid.UUID) {
	m.t.Helper()
	target, err := domain.ParseTarget("a.example")
	m.must(err)
	_, err = m.Desk.RequestScan(m.t.Context(), commands.RequestScan{
		By: commands.Caller{Account: account}, Contract: domain.ScannerAPI, Target: target, Profile: domain.Standard,
	})
	m.must(err)
}

// thing is what a path names: one of its own where the operation ends it.
func (m *matrix) thing(id string, n int) string {
	switch id {
	case "fresh key":
		_, key := m.Issue(m.Account)
		return key.String()
	case "ruled finding":
		finding := uuid.MustParse(m.things["finding"])
		m.Rule(finding, domain.RiskAccepted)
		return finding.String()
	case "fresh schedule":
		return fmt.Sprint(m.Planned(fmt.Sprintf("p%d.example", n)))
	case "fresh link":
		return m.Shorten("https://l.example", "")
	case "fresh target":
		return fmt.Sprint(m.Target(fmt.Sprintf("t%d.example", n), "t"))
	default:
		return m.things[id]
	}
}

// expects is the status of a cell.
func expects(o webtest.Operation, r row, who identity) int {
	security, said := o.Node["security"].([]any)
	tag := o.Node["tags"].([]any)[0]
	switch {
	case said && len(security) == 0, tag == "Scanner reports": // nobody is asked who it is
		return r.want
	case who.class == nobody401:
		return http.StatusUnauthorized
	case who.class == badKey && tag == "IsSafeSite":
		return http.StatusForbidden
	case who.class == badKey:
		return http.StatusUnauthorized
	case who.class == boundOwner && r.id == "fresh key":
		return http.StatusForbidden
	case tag == "SecAbly administration" && who.class == operator:
		return r.want
	case tag == "SecAbly administration": // whoever's account it is
		return http.StatusForbidden
	case r.id == "", who.class == owner, who.class == boundOwner, who.class == teamMate && (tag == "Scanner" || tag == "Shared"):
		return r.want
	default:
		return http.StatusNotFound
	}
}

// TestMatrix asks for every operation of every document as everybody.
func TestMatrix(t *testing.T) {
	m := newMatrix(t)
	all, cells, used := m.identities(), 0, map[string]bool{}
	if len(all) < 20 {
		t.Fatalf("only %d identities", len(all))
	}
	for _, o := range webtest.Operations(t) {
		name := o.Method + " " + o.Path
		r, ok := rows[name]
		if !ok {
			t.Errorf("%s has no row in the matrix of who may ask for what: write how it is asked, and what its owner is answered", name)
			continue
		}
		used[name] = true
		for _, who := range all {
			cells++
			path := strings.NewReplacer("{id}", m.thing(r.id, cells), "{file}", m.things["file"], "{qr_type}", "wifi", "{short_code}", m.things["link"]).Replace(o.Document.Prefix + o.Path)
			if got, want := m.ask(o.Method, path, r.body, who), expects(o, r, who); got.Status != want {
				t.Errorf("%s as %s: %d, want %d: %.200s", o.Method+" "+path, who.name, got.Status, want, got.Body)
			}
		}
	}
	for name := range rows {
		if !used[name] {
			t.Errorf("%s is in no document: take its row away", name)
		}
	}
	if cells < 1500 {
		t.Errorf("only %d cells", cells)
	}
	t.Logf("%d cells: %d operations as %d identities", cells, cells/len(all), len(all))
}

func (m *matrix) ask(method, path, body string, who identity) webtest.Answer {
	m.t.Helper()
	if body == "" && method != http.MethodGet {
		body = "{}"
	}
	if !who.proxied {
		return m.Do(method, path, body, who.headers...)
	}
	request, err := http.NewRequestWithContext(m.t.Context(), method, m.URL+path, strings.NewReader(body))
	m.must(err)
	for _, h := range who.headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	return m.SendBy(m.trusted, request)
}

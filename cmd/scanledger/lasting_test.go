package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// changing is a site that is changed between scans: by the number of the scan each
// path is answered with its text, with 503 where that is "-", else not found.
func changing(t *testing.T, scan *atomic.Int32) *httptest.Server {
	t.Helper()
	const secret = "DB_PASSWORD=swordfish\n"
	paths := map[string][4]string{
		"/.git/HEAD":  {1: "ref: refs/heads/main\n", 3: "ref: refs/heads/main\n"},
		"/.env":       {3: secret},
		"/.env.bak":   {1: secret, 2: secret, 3: secret},
		"/.env.local": {1: secret, 2: secret, 3: "-"},
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := scan.Load()
		if n == 3 {
			w.Header().Set("X-Content-Type-Options", "nosniff")
		}
		switch text := paths[r.URL.Path][n]; {
		case text == "-":
			w.WriteHeader(http.StatusServiceUnavailable)
		case text != "":
			io.WriteString(w, text)
		case r.URL.Path == "/":
			io.WriteString(w, `<!doctype html><html lang="en"><head><title>Test site</title></head><body>Nothing here.</body></html>`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(site.Close)
	return site
}

// lastingPage is what the test reads of a list of findings.
type lastingPage struct {
	Count   int
	Results []struct{ ID, State, Rule, Where string }
}

// TestLasting scans a site three times that is changed in between: each finding is
// in the list of the difference that it belongs to, over HTTP and on the command
// line, and what lasts is the same after a replay.
func TestLasting(t *testing.T) {
	options := settings(t, dataFolder(t))
	server := startServer(t, options)
	key := user(t, options, "issafesite")
	with := func(args ...string) []string { return append(args, options...) }
	var now atomic.Int32
	site := changing(t, &now)
	var scans [4]string
	for n := int32(1); n <= 3; n++ {
		now.Store(n)
		scans[n] = call[scanView](t, key, http.MethodPost, server.url+"/api/v1/scan", `{"url": "`+site.URL+`", "depth": "QUICK"}`, http.StatusAccepted).ID
		until(t, time.Minute, func() (bool, string) {
			s := call[scanView](t, key, http.MethodGet, server.url+"/api/v1/scan/"+scans[n], "", http.StatusOK)
			return s.Status == "COMPLETED", s.Status
		})
	}
	call[map[string]any](t, key, http.MethodGet, server.url+"/api/v1/scan/"+scans[1]+"/diff", "", http.StatusNotFound)
	d := call[projections.ToldDifference](t, key, http.MethodGet, server.url+"/api/v1/scan/"+scans[3]+"/diff?against=previous", "", http.StatusOK)
	if d.Against.String() != scans[2] {
		t.Errorf("it is compared with %s, not with %s", d.Against, scans[2])
	}
	for _, c := range []struct {
		list        string
		of          []projections.ToldFinding
		rule, where string
	}{
		{"new", d.New, "content/exposed/environment", "/.env"},
		{"fixed", d.Fixed, "headers/x-content-type-options/missing", ""},
		{"reopened", d.Reopened, "content/exposed/repository", "/.git/HEAD"},
		{"unchanged", d.Unchanged, "content/exposed/environment", "/.env.bak"},
		{"not tested again", d.NotTestedAgain, "content/exposed/environment", "/.env.local"},
	} {
		isIt := func(f projections.ToldFinding) bool { return f.Rule == c.rule && f.Where == c.where }
		if !slices.ContainsFunc(c.of, isIt) || c.list != "unchanged" && len(c.of) != 1 {
			t.Errorf("%s: %+v, want %s at %q", c.list, c.of, c.rule, c.where)
		}
	}
	lastingCompared(t, with, scans, d)
	lastingOnCommand(t, with, scans)
	lastingAsSARIF(t, with, key, server.url, scans)
	lastingOverHTTP(t, key, server.url)
	lastingRuled(t, with, key, server.url, scans, d)

	before := answerOf[struct{ Models []remade }](t, with("replay", "sightings", "--pace", "1")...).Models[0]
	if !before.Swapped || before.Rows != 3 {
		t.Errorf("replay: %+v", before)
	}
	if again := call[projections.ToldDifference](t, key, http.MethodGet, server.url+"/api/v1/scan/"+scans[3]+"/diff", "", http.StatusOK); len(again.Unchanged) != len(d.Unchanged) || len(again.New) != 1 {
		t.Errorf("after a replay: %+v", again)
	}
}

// lastingCompared waits for what each scan has found beside the one before, which
// its history tells once: the first has none before it.
func lastingCompared(t *testing.T, with func(...string) []string, scans [4]string, d projections.ToldDifference) {
	t.Helper()
	told := func(scan string) (all []domain.ScanCompared) {
		for _, e := range answerOf[struct {
			Events []struct {
				Type    string
				Actor   string
				Payload json.RawMessage
			}
		}](t, with("events", scan)...).Events {
			if e.Type == "scan.compared" {
				var c domain.ScanCompared
				decode(t, string(e.Payload), &c)
				if all = append(all, c); e.Actor != "worker:compare" {
					t.Errorf("it is compared by %s", e.Actor)
				}
			}
		}
		return all
	}
	until(t, time.Minute, func() (bool, string) { return len(told(scans[3])) > 0, "the last scan is not compared yet" })
	last, before := told(scans[3]), told(scans[2])
	if len(last) != 1 || len(before) != 1 || len(told(scans[1])) != 0 {
		t.Fatalf("compared: %+v, %+v, %+v", told(scans[1]), before, last)
	}
	listed := func(findings []projections.ToldFinding) domain.Compared {
		var all []domain.Fingerprint
		for _, f := range findings {
			all = append(all, f.Fingerprint)
		}
		return domain.ComparedOf(all)
	}
	want := domain.ScanCompared{
		Against: d.Against, FingerprintVersion: domain.FingerprintVersion, Worst: domain.Critical, New: listed(d.New), Fixed: listed(d.Fixed),
		Reopened: listed(d.Reopened), Unchanged: listed(d.Unchanged), NotTestedAgain: listed(d.NotTestedAgain),
	}
	if !reflect.DeepEqual(last[0], want) {
		t.Errorf("compared\n got %+v\nwant %+v", last[0], want)
	}
	if before[0].Against.String() != scans[1] || before[0].Fixed.Count != 1 || before[0].Worst != "" {
		t.Errorf("the scan before: %+v", before[0])
	}
}

// lastingAsSARIF has a report that is compared from the server and from the
// command, byte for byte the same.
func lastingAsSARIF(t *testing.T, with func(...string) []string, key, server string, scans [4]string) {
	t.Helper()
	at := func(scan, form, against string) string {
		return reportAt(t, server, key, scan, "/"+form) + "&against=" + against
	}
	served := download(t, "", at(scans[3], "sarif", "previous"), http.StatusOK)
	printed, code := command(t, with("report", scans[3], "--format", "sarif", "--against", scans[2])...)
	if code != exitOK || string(served) != printed || !strings.Contains(printed, `"baselineState": "new"`) {
		t.Errorf("exit code %d, the command prints %d bytes, the server sends %d", code, len(printed), len(served))
	}
	if plain := download(t, "", at(scans[3], "sarif", ""), http.StatusOK); strings.Contains(string(plain), "baselineState") {
		t.Error("a report that nobody wants to be compared is compared")
	}
	download(t, "", at(scans[1], "sarif", "previous"), http.StatusNotFound)
	download(t, "", at(scans[2], "sarif", scans[3]), http.StatusBadRequest)
	download(t, "", at(scans[2], "sarif", "yesterday"), http.StatusBadRequest)
	download(t, "", at(scans[2], "csv", "previous"), http.StatusBadRequest)
}

// lastingOnCommand reads differences on the command line, with their exit codes.
func lastingOnCommand(t *testing.T, with func(...string) []string, scans [4]string) {
	t.Helper()
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"diff", scans[3]}, exitFindings, "reopened: 1\n  high"},
		{[]string{"diff", scans[2], "--against", scans[1], "--json"}, exitOK, `"new":[]`},
		{[]string{"diff", scans[2], "--against", scans[3]}, exitUsage, ""},
		{[]string{"diff", scans[1]}, exitUsage, ""},
		{[]string{"report", scans[3], "--format", "sarif", "--against", "previous"}, exitOK, `"baselineState": "absent"`},
		{[]string{"report", scans[3], "--format", "csv", "--against", "previous"}, exitUsage, ""},
		{[]string{"diff", newID().String()}, exitUsage, ""},
		{[]string{"diff", scans[3], "--fail-on", "bad"}, exitUsage, ""},
		{[]string{"diff", "yesterday"}, exitUsage, ""},
	} {
		if out, code := command(t, with(c.args...)...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%v: exit code %d, want %d: %s", c.args, code, c.code, out)
		}
	}
}

// lastingRuled says of all that a scan found anew that its risk is accepted or that it is none: then it
// fails no build, and reports say why.
func lastingRuled(t *testing.T, with func(...string) []string, key, server string, scans [4]string, d projections.ToldDifference) {
	t.Helper()
	for _, f := range d.New {
		call[map[string]any](t, key, http.MethodPost, server+"/api/v1/findings/"+f.ID.String()+"/accept/", `{"reason": "a trap"}`, http.StatusOK)
	}
	for _, f := range d.Reopened {
		call[map[string]any](t, key, http.MethodPost, server+"/api/v1/findings/"+f.ID.String()+"/false-positive/", `{"reason": "a page of ours"}`, http.StatusOK)
	}
	for _, c := range []struct {
		args []string
		says []string
	}{
		{[]string{"diff", scans[3]}, []string{"reopened: 1\n  high", "  false_positive", "  accepted"}},
		{[]string{"report", scans[3], "--format", "sarif"}, []string{`"justification": "accepted risk: a trap"`, `"justification": "false positive: a page of ours"`, `"suppressions": []`}},
		{[]string{"report", scans[3], "--format", "junit"}, []string{`<skipped message="accepted risk: a trap">`, `<skipped message="false positive: a page of ours">`}},
	} {
		out, code := command(t, with(c.args...)...)
		for _, want := range c.says {
			if code != exitOK || !strings.Contains(out, want) {
				t.Errorf("%v: exit code %d, and no %q in %s", c.args, code, want, out)
			}
		}
	}
	now := call[projections.ToldDifference](t, key, http.MethodGet, server+"/api/v1/scan/"+scans[3]+"/diff", "", http.StatusOK)
	if now.New[0].Ruling != domain.RiskAccepted || now.Reopened[0].Ruling != domain.FalsePositive || now.Fixed[0].Ruling != domain.NoRuling {
		t.Errorf("ruled: %+v", now)
	}
}

// lastingOverHTTP accepts a finding, and finds it as such.
func lastingOverHTTP(t *testing.T, key, server string) {
	t.Helper()
	page := call[lastingPage](t, key, http.MethodGet, server+"/api/v1/findings?state=open&search=.env.bak", "", http.StatusOK)
	if page.Count != 1 {
		t.Fatalf("findings: %+v", page)
	}
	at := server + "/api/v1/findings/" + page.Results[0].ID
	call[map[string]any](t, key, http.MethodPost, at+"/accept/", `{"reason": "a decoy"}`, http.StatusOK)
	if accepted := call[lastingPage](t, key, http.MethodGet, server+"/api/v1/findings?state=accepted", "", http.StatusOK); accepted.Count != 1 || accepted.Results[0].ID != page.Results[0].ID {
		t.Errorf("accepted: %+v", accepted)
	}
	if fixed := call[lastingPage](t, key, http.MethodGet, server+"/api/v1/findings?state=fixed", "", http.StatusOK); fixed.Count != 1 || fixed.Results[0].Rule != "headers/x-content-type-options/missing" {
		t.Errorf("fixed: %+v", fixed)
	}
}

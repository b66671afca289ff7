package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// diagnosis is doctor's answer.
type diagnosis struct {
	OK     bool
	Checks []check
}

func TestDoctorOfAFreshFolder(t *testing.T) {
	d := answerOf[diagnosis](t, append([]string{"doctor"}, settings(t, dataFolder(t))...)...)
	for _, name := range []string{"postgres", "kafka", "clickhouse", "data folder"} {
		i := slices.IndexFunc(d.Checks, func(c check) bool { return c.Name == name })
		if i < 0 || !d.Checks[i].OK || d.Checks[i].Fix != "" {
			t.Errorf("%s: %+v", name, d.Checks)
		}
	}
	if !d.OK {
		t.Error("doctor found something to mend")
	}
}

func TestDoctorNamesWhatIsAway(t *testing.T) {
	options := settings(t, dataFolder(t), "--clickhouse-url", "http://"+freeAddress(t), "--kafka-brokers", freeAddress(t))
	out, code := command(t, append([]string{"doctor"}, options...)...)
	if code != exitFindings {
		t.Errorf("exit code %d: %s", code, out)
	}
	d := diagnosis{}
	raw, _ := command(t, append([]string{"doctor", "--json"}, options...)...)
	decode(t, raw, &d)
	for _, c := range d.Checks {
		if away := c.Name == "clickhouse" || c.Name == "kafka"; !c.Optional && (c.OK == away || (c.Fix != "") != away) {
			t.Errorf("%+v", c)
		}
	}
}

// TestDoctorLooksAtTools names each scanner that is not built in, what becomes
// of its scans and what to do. Nothing is to be mended for lack of them.
func TestDoctorLooksAtTools(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	zap := "http://" + freeAddress(t)
	says := map[string][2]string{
		"nmap":   {"not installed; the built-in scanner ports runs its scans", "install nmap (apt-get install nmap), or set SCANLEDGER_NMAP to its path"},
		"sslyze": {"not installed; the built-in scanner tls runs its scans", "install sslyze (pip install sslyze), or set SCANLEDGER_SSLYZE to its path"},
		"nuclei": {"not installed; its scans are refused", "install nuclei, or set SCANLEDGER_NUCLEI to its path, and put its templates into a folder nuclei-templates beside it, or into /usr/share/nuclei-templates"},
		"zap": {zap + ": core/view/version: dial tcp " + strings.TrimPrefix(zap, "http://") + ": connect: connection refused; its scans fail",
			"see that ZAP runs, and that SCANLEDGER_ZAP_URL and SCANLEDGER_ZAP_KEY are its"},
		"openvas": {"not configured; its scans are refused",
			"start Greenbone's gvmd, and set SCANLEDGER_GMP_ADDR, SCANLEDGER_GMP_USER and SCANLEDGER_GMP_PASSWORD"},
	}
	tools, err := Config{ZAPURL: zap}.tools()
	if err != nil {
		t.Fatal(err)
	}
	checks := lookAtTools(t.Context(), tools)
	if len(checks) != len(says) {
		t.Errorf("%+v", checks)
	}
	for _, c := range checks {
		if says[c.Name] != [2]string{c.Detail, c.Fix} || c.OK || !c.Optional {
			t.Errorf("%+v", c)
		}
	}
}

// TestDoctorRunsTools: a program that is there is no good where it does not start, and the reason is told.
func TestDoctorRunsTools(t *testing.T) {
	dir := dataFolder(t)
	for name, c := range map[string]struct {
		script string
		mode   os.FileMode
		ok     bool
		says   string
	}{
		"speaks":  {"#!/bin/sh\necho Nmap version 7.93\n", 0o755, true, "version 7.93"},
		"mute":    {"#!/bin/sh\n", 0o755, true, "it starts"},
		"dies":    {"#!/bin/sh\necho no such library >&2\nexit 127\n", 0o755, false, "no such library; its scans fail"},
		"nobody":  {"#!/bin/sh\n", 0o100, os.Geteuid() != 0, ""},
		"no tool": {"#!/nowhere\n", 0o755, false, "no such file or directory; its scans fail"},
	} {
		path := filepath.Join(filepath.Dir(dir), strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(path, []byte(c.script), c.mode); err != nil {
			t.Fatal(err)
		}
		tools, err := Config{Nmap: path}.tools()
		if err != nil {
			t.Fatal(err)
		}
		got := lookAtTools(t.Context(), tools)[0]
		if got.Name != "nmap" || got.OK != c.ok || !strings.HasPrefix(got.Detail, path) || !strings.HasSuffix(got.Detail, c.says) || strings.Contains(got.Fix, "SCANLEDGER_NMAP") == c.ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestCommandsTellWrongUsage(t *testing.T) {
	options := settings(t, dataFolder(t))
	for _, args := range [][]string{
		{"admin", "create-user", "--email", "nonsense", "--password", "long enough"},
		{"admin", "create-user", "--email", "ann@example.com", "--password", "short"},
		{"admin", "create-key", "--email", "nobody@example.com", "--name", "x"},
		{"admin", "revoke-key", "--id", "no-id"},
		{"admin", "set-plan", "--email", "nobody@example.com", "--contract", "scanner", "--plan", "free"},
		{"admin", "set-plan", "--email", "nobody@example.com", "--contract", "secably", "--plan", "gold"},
		{"admin", "grant-credits", "--email", "nobody@example.com", "--credits", "5"},
		{"admin", "grant-credits", "--email", "nobody@example.com", "--credits", "many"},
		{"admin", "ledger", "--email", "nobody@example.com"},
		{"events", "0190a1b2-0000-7000-8000-000000000000"},
		{"events"},
		{"sql"},
		{"scan"},
		{"scan", "https://example.com"},
		{"scan", "https://example.com", "--local", "--profile", "thorough"},
		{"serve", "--no-such-flag"},
		{"no-such-command"},
	} {
		if len(args) > 0 && (args[0] == "admin" || args[0] == "events" && len(args) > 1) {
			args = append(args, options...)
		}
		if out, code := command(t, args...); code != exitUsage {
			t.Errorf("scanledger %v: exit code %d: %s", args, code, out)
		}
	}
}

func TestScanLocally(t *testing.T) {
	site := testSite(t)
	base := []string{"scan", site.URL, "--local", "--profile", "quick", "--allow-targets", "127.0.0.0/8", "--resolver", nameserver(t)}
	type result struct {
		Status string
		Scores struct{ Security int }
		projections.Facts
		Report struct {
			projections.Facts
			Findings []struct{ ID string }
		}
	}
	found := answerOf[result](t, base...)
	if found.Status != "completed" || found.Scores.Security == 0 || len(found.Report.Findings) == 0 {
		t.Errorf("the scan is %+v", found)
	}
	for place, f := range map[string]projections.Facts{"result": found.Facts, "report": found.Report.Facts} {
		if f.Observatory == nil || f.Observatory.Tests["redirection"].Result != "redirection-missing" || f.SEO == nil || f.SEO.Audits["document-title"] != domain.SEOPass || f.Grading == nil {
			t.Errorf("the %s has other shapes than every contract: %+v", place, f)
		}
		if !slices.Contains(f.Coverage, projections.CoverageFact{Probe: domain.Crawl, What: "the whole test", Outcome: domain.Skipped, Reason: "it is no part of a quick scan"}) {
			t.Errorf("the %s does not say that nothing was crawled", place)
		}
	}
	if _, code := command(t, append(base, "--fail-on", "high")...); code != exitFindings {
		t.Errorf("with --fail-on high the exit code is %d", code)
	}
	if _, code := command(t, append(base, "--fail-on", "critical")...); code != exitOK {
		t.Errorf("with --fail-on critical the exit code is %d", code)
	}
	base[1] = "http://" + freeAddress(t)
	if _, code := command(t, base...); code != exitFailed {
		t.Errorf("of a site that is not there the exit code is %d", code)
	}
}

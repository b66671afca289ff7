package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fuzzCases says how many cases of each operation there are; 100 when it is not
// set.
const fuzzCases = "FUZZ_CASES"

// TestSchemathesis sends what schemathesis makes of our OpenAPI documents, what
// they allow and what they do not: the server never breaks, never answers what
// its document does not say, and never accepts what it forbids. Whether what is
// allowed is accepted depends on more than the document, such as whether a name
// has an address, and is not asked. Nor is the header Allow: SecAbly's
// /scans/create/ is also a scan by an id that is none, so that it names GET.
func TestSchemathesis(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	options := settings(t, dir, "--trusted-proxies", "127.0.0.0/8", "--rdap-bootstrap", "http://127.0.0.1:1/", "--whois", "127.0.0.1:1") // no registry is asked
	key := user(t, options, "7azzani", "secably", "issafesite", "scanner")
	server := startServer(t, options)
	known := fuzzKnown(t, server.url, key)
	email := call[map[string]any](t, key, "GET", server.url+"/api/v1/profile/", "", 200)["user_email"].(string)
	answerOf[map[string]any](t, append([]string{"admin", "add-operator", "--email", email}, options...)...)
	other := answerOf[struct{ ID string }](t, append([]string{"admin", "create-user", "--email", "other@example.com", "--password", "correct horse battery"}, options...)...)
	known["id"] = append(known["id"], other.ID) // of an account that may be given plans and credits
	server.stop()
	server = startServer(t, append(options, "--roles", "api,relay,project,count")) // what is asked for now is never scanned
	for _, contract := range []string{"7azzani", "secably", "issafesite", "scanner", ""} {
		t.Run("of "+contract, func(t *testing.T) {
			t.Parallel()
			fuzz(t, server.url, contract, key, known)
		})
	}
}

// fuzzKnown scans a site and returns, by the names of parameters, what leads to
// the scan.
func fuzzKnown(t *testing.T, url, key string) map[string][]any {
	t.Helper()
	site := testSite(t)
	scan := call[struct{ ID string }](t, key, "POST", url+"/api/v1/scan", fmt.Sprintf(`{"url": %q, "depth": "QUICK"}`, site.URL), 202).ID
	until(t, time.Minute, func() (bool, string) {
		state := call[struct{ Status string }](t, key, "GET", url+"/api/v1/scan/"+scan, "", 200).Status
		return state == "COMPLETED", state
	})
	host := call[struct{ ID, ReportURL string }](t, key, "POST", url+"/api/v1/scan", `{"target": "127.0.0.1"}`, 201)
	call[map[string]any](t, key, "POST", url+"/api/v1/scan/"+host.ID+"/cancel", "", 200) // or its live events would never end
	_, reportKey, _ := strings.Cut(host.ReportURL, "key=")
	target := call[struct{ ID int }](t, key, "POST", url+"/api/v1/targets/", fmt.Sprintf(`{"name": "site", "target_value": %q}`, site.URL), 201).ID
	numbers := call[struct{ Results []struct{ ID int } }](t, key, "GET", url+"/api/v1/scans/", "", 200).Results
	shortened(t, url, key, `{"url": "https://127.9.9.9/", "custom_code": "known"}`)
	known := map[string][]any{
		"id": {scan, host.ID, "rpt_" + scan, target, "known"}, "key": {reportKey}, "scanId": {scan},
		"target_id": {target}, "website_id": {target},
	}
	for _, n := range numbers {
		known["id"] = append(known["id"], n.ID)
	}
	return known
}

// fuzz runs schemathesis on one contract's document, or on that of all, of which
// only what no contract has alone. Hypothesis takes what lies outside of
// site-packages for the program that is tested, and would read the sources of all
// packages for values to send; its tables of characters are made once and kept.
// What it finds is not: each run makes its own cases.
func fuzz(t *testing.T, url, contract, key string, known map[string][]any) {
	t.Helper()
	cases := os.Getenv(fuzzCases)
	if cases == "" {
		cases = "100"
	}
	values, err := json.Marshal(known)
	if err != nil {
		t.Fatal(err)
	}
	document, only := url+"/openapi.json", []string{"--include-tag", "Shared", "--include-tag", "Installation"}
	if contract != "" {
		document, only = url+"/"+contract+"/openapi.json", nil
	}
	hooks, err := filepath.Abs("testdata/fuzz")
	if err != nil {
		t.Fatal(err)
	}
	packages := filepath.Join(t.TempDir(), "site-packages")
	if err := os.Symlink(filepath.Join(clients(t), "fuzz"), packages); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", append([]string{
		"-m", "schemathesis.cli", "--config-file", filepath.Join(hooks, "schemathesis.toml"), "run", document, "--header", "Authorization: Bearer " + key, "--max-examples", cases,
		"--phases", "examples,coverage,fuzzing", "--exclude-checks", "positive_data_acceptance,allow_header_conformance", "--request-timeout", "30",
		"--generation-database", "none", "--workers", "1", "--suppress-health-check", "all", "--no-color", "--warnings", "off",
	}, only...)...)
	cmd.Dir, cmd.WaitDelay = t.TempDir(), 10*time.Second
	cmd.Env = append(os.Environ(), "PYTHONPATH="+packages+":"+hooks, "PYTHONDONTWRITEBYTECODE=1",
		"HYPOTHESIS_STORAGE_DIRECTORY="+filepath.Join(clients(t), "fuzz", ".hypothesis"),
		"SCHEMATHESIS_HOOKS=hooks", "FUZZ_KNOWN="+string(values), "NO_PROXY=*", "no_proxy=*")
	out, err := cmd.CombinedOutput()
	_, summary, _ := strings.Cut(string(out), "= SUMMARY =")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Log(summary)
}

package render

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scanledger/scanledger/domain"
)

func sarifSchemaOf(t *testing.T) *jsonschema.Schema {
	t.Helper()
	raw, err := os.ReadFile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(sarifSchema, schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile(sarifSchema)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// readSARIF wants a file that the standard's schema takes.
func readSARIF(t *testing.T, schema *jsonschema.Schema, file []byte) sarifRun {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	var log sarifLog
	if err := json.Unmarshal(file, &log); err != nil {
		t.Fatal(err)
	}
	return log.Runs[0]
}

// TestSARIFIsValid by the standard's schema, with a result for each finding
// and a notification for each thing that was not tested.
func TestSARIFIsValid(t *testing.T) {
	schema := sarifSchemaOf(t)
	if err := schema.Validate(map[string]any{"version": "2.1.0", "runs": []any{map[string]any{}}}); err == nil {
		t.Error("the schema takes a run without a tool")
	}
	for name, r := range samples() {
		t.Run(name, func(t *testing.T) { readSARIF(t, schema, export(t, "sarif", r)) })
	}
	for seed := range uint64(scans) {
		r := throw(seed).scan()
		run := readSARIF(t, schema, export(t, "sarif", r))
		rules := run.Tool.Driver.Rules
		if len(run.Results) != len(r.Document.Findings) || len(run.Invocations[0].Notifications) != len(r.Document.NotTested()) {
			t.Fatalf("scan %d: %d results, %d notifications", seed, len(run.Results), len(run.Invocations[0].Notifications))
		}
		for i, f := range r.Document.Findings {
			got := run.Results[i]
			said := sarifResultProperties{f.Tool, f.Severity, f.CVSS, nil, nil, f.Where, f.Detail, f.Remedy, f.Evidence}
			if !reflect.DeepEqual(got.Properties, said) || got.RuleID != f.ID || rules[got.RuleIndex].ID != f.ID || !strings.HasPrefix(got.Message.Text, linkless(f.Title+" (")) {
				t.Errorf("scan %d: %+v\nof %+v", seed, got, f)
			}
			if strings.Contains(got.Message.Text, "](") {
				t.Errorf("scan %d: a link of the target's: %s", seed, got.Message.Text)
			}
		}
		for i, c := range r.Document.NotTested() {
			if got := run.Invocations[0].Notifications[i].Properties; got != (sarifGap{c.Probe, c.What, string(c.Outcome), c.Reason}) {
				t.Errorf("scan %d: %+v of %+v", seed, got, c)
			}
		}
	}
}

// TestSARIFSaysHowBadItIs in the words and numbers that services read.
func TestSARIFSaysHowBadItIs(t *testing.T) {
	run := readSARIF(t, sarifSchemaOf(t), export(t, "sarif", completed()))
	got := map[string]string{}
	for _, x := range run.Tool.Driver.Rules {
		got[x.ID] = x.DefaultConfiguration.Level + " " + x.Properties.SecuritySeverity + " " + strings.Join(x.Properties.Tags, " ")
	}
	want := map[string]string{
		"headers/missing/strict-transport-security": "warning 5.5 security external/cwe/cwe-319", "tls/protocol/tls1.0": "error 8.0 security external/cwe/cwe-327",
		"ports/exposed/redis": "error 9.5 security external/cwe/cwe-306", "cookies/missing/secure": "note 2.0 security external/cwe/cwe-614", "headers/banner/server": "note  security",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	first, last := run.Results[3].PartialFingerprints["scanledger/v1"], run.Results[4].PartialFingerprints["scanledger/v1"]
	if first == "" || first == last {
		t.Errorf("two cookies have the fingerprints %q and %q", first, last)
	}
	reworded := completed()
	reworded.Document.Findings[3].Title, reworded.Document.Findings[3].Severity = "Another title", domain.High
	run = readSARIF(t, sarifSchemaOf(t), export(t, "sarif", reworded))
	if again := run.Results[3].PartialFingerprints["scanledger/v1"]; again != first {
		t.Errorf("the fingerprint was %s and is %s", first, again)
	}
	if rule := run.Tool.Driver.Rules[run.Results[4].RuleIndex]; rule.Properties.SecuritySeverity != "8.0" || run.Results[4].Level != "note" {
		t.Errorf("a rule is as bad as its worst finding: %+v, %s", rule.Properties, run.Results[4].Level)
	}
}

// TestSARIFSucceeds unless something failed or was never finished: what was
// skipped, refused or too slow is told and no fault of the run.
func TestSARIFSucceeds(t *testing.T) {
	for outcome, want := range map[domain.Outcome]struct {
		level string
		ok    bool
	}{
		domain.Skipped: {"note", true}, domain.TimedOut: {"warning", true}, domain.Refused: {"warning", true}, domain.Failed: {"error", false}, "": {"error", false},
	} {
		r := spotless()
		r.Document.Probes[0].Outcome = outcome
		got := newSARIFRun(r, options).Invocations[0]
		if len(got.Notifications) != 1 || got.Notifications[0].Level != want.level || got.ExecutionSuccessful != want.ok {
			t.Errorf("%q: %+v", outcome, got)
		}
	}
	if got := newSARIFRun(spotless(), options).Invocations[0]; !got.ExecutionSuccessful || len(got.Notifications) != 0 {
		t.Errorf("all tested: %+v", got)
	}
}

func TestSARIFLocations(t *testing.T) {
	site, _ := domain.ParseTarget("https://shop.example/a/b?c=d")
	host, _ := domain.ParseTarget("shop.example")
	six, _ := domain.ParseTarget("2001:db8::1")
	for _, c := range []struct {
		target      domain.Target
		where, want string
	}{
		{site, "", "https://shop.example/a/b?c=d"}, {site, "/admin?x=1", "https://shop.example/admin?x=1"}, {site, "https://other.example/y", "https://other.example/y"},
		{site, "443/tcp", "tcp://shop.example:443"}, {site, "//evil.example/", "https://shop.example/a/b?c=d"}, {site, "session", "https://shop.example/a/b?c=d"},
		{host, "53/udp", "udp://shop.example:53"}, {host, "", "https://shop.example/"}, {six, "22/tcp", "tcp://[2001:db8::1]:22"}, {six, "x", "https://[2001:db8::1]/"},
		{host, "javascript:alert(1)", "https://shop.example/"}, {domain.Target{}, "", "https:///"},
	} {
		if got := sarifURI(c.target, c.where); got != c.want {
			t.Errorf("%q of %s is at %s, want %s", c.where, c.target.Value, got, c.want)
		}
	}
}

package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var write = flag.Bool("write", false, "write the expected exports anew")

var options = Options{Head: hash, Verify: "https://scan.example/report/0199e2c4?key=k&x=1"}

// scans is how many random scans the exports are read back of.
const scans = 200

func export(t *testing.T, format string, r projections.ReportRow) []byte {
	t.Helper()
	f, ok := FormatNamed(format)
	if !ok {
		t.Fatalf("there is no format %s", format)
	}
	once, err := f.Export(r, options)
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.Export(r, options)
	if err != nil || !bytes.Equal(once, again) {
		t.Errorf("the same row gave other bytes as %s, %v", format, err)
	}
	return once
}

// TestExports compares the exports for machines with those that were read and
// found right: whoever changes one changes what others parse.
func TestExports(t *testing.T) {
	for _, name := range []string{"json", "csv", "sarif", "junit"} {
		f, _ := FormatNamed(name)
		file := filepath.Join("testdata", "completed"+f.Ending)
		got := export(t, name, completed())
		if *write {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; after reading what has changed, write it anew with -write:\n%s", file, got)
		}
	}
}

// TestFormats has a name, an ending and a media type for each, all different,
// and a form of every sample.
func TestFormats(t *testing.T) {
	names, endings := map[string]bool{}, map[string]bool{}
	for _, f := range Formats {
		names[f.Name], endings[f.Ending] = true, true
		if f.MediaType == "" || f.Label == "" || !strings.HasPrefix(f.Ending, ".") {
			t.Errorf("%+v", f)
		}
		for sample, r := range samples() {
			if len(export(t, f.Name, r)) == 0 {
				t.Errorf("%s of %s is empty", f.Name, sample)
			}
		}
	}
	if _, ok := FormatNamed("docx"); ok || len(names) != len(Formats) || len(endings) != len(Formats) || len(names) != 6 {
		t.Errorf("formats %v, endings %v", names, endings)
	}
}

// TestJSONReadsBack has all of the row in it, word for word.
func TestJSONReadsBack(t *testing.T) {
	for seed := range uint64(scans) {
		r := throw(seed).scan()
		var got exported
		d := json.NewDecoder(bytes.NewReader(export(t, "json", r)))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil {
			t.Fatalf("scan %d: %v", seed, err)
		}
		doc := r.Document
		for _, pair := range [][2]any{
			{got.Target, doc.Target}, {got.Findings, list(doc.Findings)}, {got.Ports, doc.Ports}, {got.Coverage, doc.Coverage}, {got.DNS, doc.DNS}, {got.Visits, doc.Visits},
			{got.Traffic, doc.Traffic}, {got.Probes, doc.Probes}, {got.Scores, doc.Scores}, {got.NotTested, notTested(&doc)}, {got.RequestedAt, r.RequestedAt},
			{*got.CompletedAt, *r.CompletedAt}, {got.Facts, projections.FactsOf(doc)}, {got.Scan, r.Scan}, {got.Proof.Version, r.Version}, {got.Proof.Head, hash},
		} {
			if !reflect.DeepEqual(pair[0], pair[1]) {
				t.Errorf("scan %d: %+v\nwant %+v", seed, pair[0], pair[1])
			}
		}
	}
}

// cells are rows of a CSV file by the names of their columns, without the
// apostrophes that make them harmless.
func cells(t *testing.T, file []byte) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range all[1:] {
		row := map[string]string{}
		for i, cell := range record {
			if strings.ContainsAny(cell[:min(len(cell), 1)], "=+-@\t\r\n") || strings.ContainsRune("＝＋－＠", firstRune(cell)) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
			row[all[0][i]] = strings.TrimPrefix(cell, "'")
		}
		rows = append(rows, row)
	}
	return rows
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// TestCSVReadsBack has all of the findings and of what was not tested in it.
func TestCSVReadsBack(t *testing.T) {
	for seed := range uint64(scans) {
		r := throw(seed).scan()
		var want []map[string]string
		base := map[string]string{"scan": r.Scan.String(), "target": r.Document.Target.Value, "completed_at": r.CompletedAt.Format("2006-01-02T15:04:05.999999999Z")}
		for _, f := range r.Document.Findings {
			row := map[string]string{
				"kind": "finding", "probe": string(f.Tool), "severity": string(f.Severity), "rule": f.ID, "title": f.Title, "where": f.Where, "outcome": "", "reason": "",
				"cwe": "", "cve": strings.Join(f.CVE, "\n"), "description": f.Description, "detail": f.Detail, "remedy": f.Remedy,
				"references": strings.Join(f.References, "\n"), "evidence": string(f.Evidence),
			}
			if f.CWE != 0 {
				row["cwe"] = "CWE-" + strconv.Itoa(f.CWE)
			}
			want = append(want, row)
		}
		for _, c := range notTested(&r.Document) {
			row := map[string]string{"kind": "not_tested", "probe": string(c.Probe), "where": c.What, "outcome": string(c.Outcome), "reason": c.Reason}
			for _, name := range []string{"severity", "rule", "title", "cwe", "cve", "description", "detail", "remedy", "references", "evidence"} {
				row[name] = ""
			}
			want = append(want, row)
		}
		for _, row := range want {
			maps.Copy(row, base)
			for name, text := range row {
				row[name] = strings.ReplaceAll(text, "\r\n", "\n") // as this reader reads line breaks
			}
		}
		if got := cells(t, export(t, "csv", r)); !reflect.DeepEqual(got, want) {
			t.Fatalf("scan %d: %q\nwant %q", seed, got, want)
		}
	}
}

// TestCSVCellsAreHarmless has what spreadsheets run, and what they do not.
func TestCSVCellsAreHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx", "\x00x": "'\x00x",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "  =1": "'  =1", "\u200b=1": "'\u200b=1", "\u00a0\ufeff-1": "'\u00a0\ufeff-1",
		"'": "''", "'=1": "''=1", "": "", "a=1": "a=1", " a": " a", "1-2": "1-2", "/x": "/x", "漢字": "漢字", "bad\xff": "bad\uFFFD",
	} {
		if got := harmless(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	r := completed()
	r.Document.Findings[0].Title = "two\r\nlines, \"quoted\"; and more"
	if got := string(export(t, "csv", r)); !strings.Contains(got, ",\"two\r\nlines, \"\"quoted\"\"; and more\",") || strings.Count(got, "\r\n") != len(r.Document.Findings)+6 {
		t.Errorf("%q", got)
	}
}

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
		if len(run.Results) != len(r.Document.Findings) || len(run.Invocations[0].Notifications) != len(notTested(&r.Document)) {
			t.Fatalf("scan %d: %d results, %d notifications", seed, len(run.Results), len(run.Invocations[0].Notifications))
		}
		for i, f := range r.Document.Findings {
			got := run.Results[i]
			said := sarifResultProperties{f.Tool, f.Severity, f.Where, f.Detail, f.Remedy, f.Evidence}
			if got.Properties != said || got.RuleID != f.ID || rules[got.RuleIndex].ID != f.ID || !strings.HasPrefix(got.Message.Text, linkless(f.Title+" (")) {
				t.Errorf("scan %d: %+v\nof %+v", seed, got, f)
			}
			if strings.Contains(got.Message.Text, "](") {
				t.Errorf("scan %d: a link of the target's: %s", seed, got.Message.Text)
			}
		}
		for i, c := range notTested(&r.Document) {
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

// TestJUnitReadsBack counts right and keeps every text that XML can have.
func TestJUnitReadsBack(t *testing.T) {
	for seed := range uint64(scans) {
		r := throw(seed).scan()
		var got junitSuites
		if err := xml.Unmarshal(export(t, "junit", r), &got); err != nil {
			t.Fatalf("scan %d: %v", seed, err)
		}
		failures, skipped := map[string]int{}, map[string]int{}
		tests := 0
		for _, s := range got.Suites {
			tests += len(s.Cases)
			for _, c := range s.Cases {
				switch {
				case c.Failure != nil:
					failures[s.Name+c.Name+c.Failure.Type]++
				case c.Skipped != nil:
					skipped[s.Name+c.Name+c.Skipped.Message]++
				}
			}
		}
		if got.Tests != tests || got.Failures != len(r.Document.Findings) || got.Skipped != len(notTested(&r.Document)) {
			t.Errorf("scan %d: %+v", seed, got.junitCounts)
		}
		for _, f := range r.Document.Findings {
			where := f.Where
			if where == "" {
				where = "the target as a whole"
			}
			if failures[xmlText(string(f.Tool)+f.Title+" ("+where+")"+string(f.Severity))] == 0 {
				t.Errorf("scan %d: no failure for %+v in %q", seed, f, slices.Collect(maps.Keys(failures)))
			}
		}
		for _, c := range notTested(&r.Document) {
			if skipped[xmlText(fmt.Sprintf("%snot tested: %s%s: %s", c.Probe, c.What, c.Outcome, c.Reason))] == 0 {
				t.Errorf("scan %d: nothing skipped for %+v", seed, c)
			}
		}
	}
}

func TestXMLText(t *testing.T) {
	for in, want := range map[string]string{
		"a\x00b": "a[U+0000]b", "\x1b[31m": "[U+001B][31m", "tab\tline\nend\r": "tab\tline\nend\r", "\ufffe\uffff": "[U+FFFE][U+FFFF]",
		"\xff": "[0xFF]", "\ufffd": "\ufffd", "]]>": "]]>", "漢字 👍 שלום": "漢字 👍 שלום",
	} {
		if got := xmlText(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

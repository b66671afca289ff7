package render

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// TestRulings: what the account says of findings suppresses them in SARIF, and in JUnit they fail no build. Rulings that are over,
// were taken back, or are of another target, do not.
func TestRulings(t *testing.T) {
	report := completed()
	target := report.Document.Target
	other := target
	other.Value = "https://other.example/"
	report.Document.Findings = nil
	now := time.Unix(1795891456, 0)
	past, future := now.Add(-time.Hour), now.Add(time.Hour)
	var said []domain.Judgement
	rule := func(name string, of domain.Target, all ...domain.Judgement) {
		if of.Value == target.Value && !slices.ContainsFunc(report.Document.Findings, func(f projections.ReportedFinding) bool { return f.ID == name }) {
			report.Document.Findings = append(report.Document.Findings, projections.ReportedFinding{ID: name, Where: "443/tcp", Tool: domain.TLS, Title: name, Severity: domain.High})
		}
		for _, j := range all {
			j.Subject, j.At, j.Actor = domain.Subject{Target: of, Seen: []domain.Spot{{Rule: name, Where: "443/tcp"}}}, past, "key:7"
			said = append(said, j)
		}
	}
	accepted := domain.Judgement{Ruling: domain.RiskAccepted, Reason: "r", Until: &future}
	rule("x/accepted", target, accepted)
	rule("x/false", target, domain.Judgement{Ruling: domain.FalsePositive})
	rule("x/over", target, domain.Judgement{Ruling: domain.RiskAccepted, Until: &past})
	rule("x/back", target, accepted, domain.Judgement{})
	rule("x/elsewhere", target)
	rule("x/elsewhere", other, accepted)
	rulings, err := RulingsOf(report.Document, said, now, func(s domain.Sealed) (string, error) { return strings.Repeat(string(s), 3), nil })
	if err != nil {
		t.Fatal(err)
	}
	with := options
	with.Rulings = rulings
	file, err := SARIF(report, with)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"x/accepted": "accepted risk: rrr", "x/false": "false positive"}
	for _, r := range readSARIF(t, sarifSchemaOf(t), file).Results {
		got := ""
		if r.Suppressions == nil {
			t.Fatalf("%s says nothing of suppressions", r.RuleID)
		}
		for _, s := range *r.Suppressions {
			got = s.Justification
		}
		if got != want[r.RuleID] {
			t.Errorf("%s: %q", r.RuleID, got)
		}
	}
	raw, err := JUnit(report, with)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{`<skipped message="accepted risk: rrr">`, `<skipped message="false positive">`, `failures="3"`} {
		if !bytes.Contains(raw, []byte(c)) {
			t.Errorf("no %s in %s", c, raw)
		}
	}
}

// TestSARIFBeside has a finding in each state: what is fixed is absent, what is
// reopened is new, and what was not tested again is no result.
func TestSARIFBeside(t *testing.T) {
	report := completed()
	target := report.Document.Target
	report.Document.Findings = nil
	finding := func(rule string) projections.ReportedFinding {
		return projections.ReportedFinding{ID: rule, Where: "443/tcp", Tool: domain.TLS, Title: "About " + rule, Severity: domain.High, Description: "d", Remedy: "r"}
	}
	lasts := func(rule string) []*projections.Lasting {
		s := projections.Sighting{Tool: domain.TLS, Spot: domain.Spot{Rule: rule, Where: "443/tcp"}, Title: "About " + rule, Severity: domain.High}
		s.Fingerprint = domain.FingerprintOf(target, rule, s.Where)
		return []*projections.Lasting{{Target: target, Fingerprint: s.Fingerprint, Witnesses: []projections.Witness{{Sighting: s, Presence: []projections.Interval{{}}}}}}
	}
	for _, rule := range []string{"x/new", "x/again", "x/same"} {
		report.Document.Findings = append(report.Document.Findings, finding(rule))
	}
	beside := &projections.Difference{
		Against: projections.SightingsRow{Scan: uuid.UUID{7}}, New: lasts("x/new"), Reopened: lasts("x/again"), Unchanged: lasts("x/same"), Fixed: lasts("x/gone"), NotTestedAgain: lasts("x/unknown"),
	}
	with := options
	with.Beside = beside
	file, err := SARIF(report, with)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := SARIF(report, with); err != nil || !bytes.Equal(file, again) {
		t.Errorf("the same scans gave other bytes, %v", err)
	}
	run := readSARIF(t, sarifSchemaOf(t), file)
	want := map[string]string{"x/new": "new", "x/again": "new", "x/same": "unchanged", "x/gone": "absent"}
	for _, r := range run.Results {
		if r.BaselineState != want[r.RuleID] || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Fingerprints["scanledger/weakness"] != string(domain.FingerprintOf(target, r.RuleID, "443/tcp")) {
			t.Errorf("%+v", r)
		}
		delete(want, r.RuleID)
	}
	if len(want) != 0 || run.Properties.Against != (uuid.UUID{7}).String() {
		t.Errorf("without %v, beside %q", want, run.Properties.Against)
	}
	if plain := export(t, "sarif", report); bytes.Contains(plain, []byte("baselineState")) || bytes.Contains(plain, []byte(`"against"`)) {
		t.Error("a report beside nothing has a baseline")
	}
}

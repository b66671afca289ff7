package render

import (
	"bytes"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

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

package render

import (
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// sarifGone are the findings that were there as of an earlier scan, and are fixed:
// SARIF lists them among the results, as absent. What nobody looked at again is
// no result, for it is not known to be absent.
func sarifGone(d *projections.Difference) (gone []projections.ReportedFinding) {
	if d == nil {
		return nil
	}
	for _, l := range d.Fixed {
		w := l.Shown()
		gone = append(gone, projections.ReportedFinding{
			ID: w.Rule, Where: w.Where, Tool: w.Tool, Title: w.Title, Severity: w.Severity, CWE: w.CWE, CVE: w.CVE, CVSS: w.CVSS,
			Description: w.Title, Detail: "It is fixed.",
		})
	}
	return gone
}

// fingerprintName is what SARIF has a weakness' fingerprint under.
const fingerprintName = "scanledger/weakness"

// compareSARIF gives results their state beside an earlier scan, by the
// fingerprints under which they are known again. What is seen again after it was
// fixed is new, as what was not known then is.
func compareSARIF(run *sarifRun, t domain.Target, d *projections.Difference) {
	if d == nil {
		return
	}
	states := map[domain.Fingerprint]string{}
	for state, lists := range map[string][][]*projections.Lasting{"new": {d.New, d.Reopened}, "unchanged": {d.Unchanged}, "absent": {d.Fixed}} {
		for _, list := range lists {
			for _, l := range list {
				states[l.Fingerprint] = state
			}
		}
	}
	run.Properties.Against = d.Against.Scan.String()
	for i := range run.Results {
		r := &run.Results[i]
		f := domain.FingerprintOf(t, r.RuleID, r.Properties.Where)
		r.Fingerprints, r.BaselineState = map[string]string{fingerprintName: string(f)}, states[f]
	}
}

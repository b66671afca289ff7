package sevenazzani

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// scanTypes are the contract's words for profiles.
var scanTypes = map[string]domain.Profile{"quick": domain.Quick, "standard": domain.Standard, "deep": domain.Deep}

// words are the contract's words for the states of a scan.
var words = map[domain.State]string{
	domain.Requested: "queued",
	domain.Started:   "scanning",
	domain.Completed: "completed",
	domain.ScanFail:  "failed",
	domain.Cancelled: "cancelled",
}

func statusURL(id string) string { return "/api/scans/" + id + "/status/" }
func reportURL(id string) string { return "/api/scans/" + id + "/report/" }

// status is a scan in the contract's shape.
func status(r projections.ScanRow) scanAnswer {
	id := r.Scan.String()
	a := scanAnswer{
		ScanID: id, URL: web.TargetURL(r.Target), ScanType: string(r.Profile.Depth()), Status: words[r.State], Progress: r.Progress,
		Found: found(r), Critical: r.Findings[domain.Critical], Version: r.Version,
		CreatedAt: stamp(r.RequestedAt), StartedAt: stampOf(r.StartedAt), CompletedAt: stampOf(r.FinishedAt),
		StatusURL: statusURL(id), ReportURL: reportURL(id),
	}
	if r.State == domain.ScanFail {
		a.FailureReason = &r.Reason
	}
	if s := r.Scores; s != nil && s.Security != nil {
		a.SecurityScore, a.Grade, a.RiskLevel = s.Security, &s.Grade, &s.Risk
	}
	return a
}

func found(r projections.ScanRow) (n int) {
	for _, of := range r.Findings {
		n += of
	}
	return n
}

// reportOf is a report in the contract's shape, with its export.
func reportOf(r projections.ScanRow, d projections.Document, export []byte) report {
	r.Findings = map[domain.Severity]int{} // of the document, which may have seen more meanwhile
	for _, f := range d.Findings {
		r.Findings[f.Severity]++
	}
	a := report{scanAnswer: status(r), Facts: projections.FactsOf(d), Severities: map[domain.Severity]int{}, Vulnerabilities: make([]vulnerability, len(d.Findings)), export: export}
	for _, severity := range domain.Severities {
		a.Severities[severity] = r.Findings[severity]
	}
	worst := slices.Clone(d.Findings)
	slices.SortStableFunc(worst, func(a, b projections.ReportedFinding) int {
		return cmp.Compare(slices.Index(domain.Severities, a.Severity), slices.Index(domain.Severities, b.Severity))
	})
	for i, f := range worst {
		a.Vulnerabilities[i] = vulnerability{
			ID: f.ID, Title: f.Title, Severity: f.Severity, Location: f.Where, Description: f.Description,
			Evidence: f.Detail, Recommendation: f.Remedy, CWE: f.CWE, CVE: append([]string{}, f.CVE...), References: append([]string{}, f.References...),
		}
	}
	return a
}

// MarshalJSON writes the contract's fields and the export's in one object.
// Where both have one, it is the contract's.
func (r report) MarshalJSON() ([]byte, error) {
	type own report // without this method
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(r.export, &fields); err != nil {
		return nil, err
	}
	text, err := json.Marshal(own(r))
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

// stamp writes a time as the document does: UTC, whole seconds.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func stampOf(t *time.Time) *string { return web.OrNull(t, stamp) }

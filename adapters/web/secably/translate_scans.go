package secably

import (
	"fmt"
	"slices"
	"time"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// queued is the word for a scan that nobody has taken yet, where a scanner has
// endpoints of its own.
const queued = "queued"

// creating is what a scan's status is called as it is created.
func creating(s domain.Scanner) string {
	if s == domain.ZAP {
		return words[domain.Started]
	}
	return words[domain.Requested]
}

// titles are the scanners' names in messages.
var titles = map[domain.Scanner]string{
	domain.Nmap: "Nmap scan", domain.SSLyze: "SSLyze scan", domain.Nuclei: "Nuclei scan", domain.ZAP: "ZAP scan",
	domain.OpenVAS: "OpenVAS scan", domain.Builtin: "Scan",
}

// estimateOf is how long scans take of which others took so long: what the middle half of
// them did, in the document's words.
func estimateOf(took []time.Duration) string {
	if len(took) == 0 {
		return ""
	}
	took = slices.Sorted(slices.Values(took))
	from, to := took[(len(took)-1)/4], took[len(took)-1-(len(took)-1)/4]
	unit, word := time.Second, "second"
	if to > 90*time.Second {
		unit, word = time.Minute, "minute"
	}
	low, high := up(from, unit), up(to, unit)
	switch {
	case low < high:
		return fmt.Sprintf("%d-%d %ss", low, high, word)
	case high == 1:
		return "1 " + word
	default:
		return fmt.Sprintf("%d %ss", high, word)
	}
}

// up is a time in whole units, and at least one.
func up(d, unit time.Duration) int { return max(int((d+unit-1)/unit), 1) }

// estimates are how long scans take of which the document says so.
var estimates = map[domain.Profile]string{
	domain.ZAPBaseline: "15-20 minutes",
	domain.ZAPFull:     "45-60 minutes",
}

// risks are the contract's words for severities.
var risks = map[domain.Severity]string{
	domain.Critical: "Critical", domain.High: "High", domain.Medium: "Medium", domain.Low: "Low", domain.Informational: "Informational",
}

// stateNamed is the state that the contract calls so; "" for "".
func stateNamed(word string) (domain.State, error) {
	if word == "" || word == queued {
		return map[string]domain.State{queued: domain.Requested}[word], nil
	}
	for state, w := range words {
		if w == word {
			return state, nil
		}
	}
	return "", domain.Errorf(domain.Invalid, "status must be one of pending, running, completed, failed, cancelled")
}

// startedOf is a scan that has just been asked for; its status is the caller's
// to say.
func startedOf(e domain.Envelope, b commands.Bill) started {
	r, _ := e.Event.(domain.ScanRequested)
	s := r.Profile.Scanner()
	return started{
		ScanID: e.Position, Message: titles[s] + " started successfully", ScanType: string(s), ScannerType: string(s),
		Profile: r.Profile.Mode(), Engines: r.Probes, Used: b.Used, Remaining: b.Remaining,
		CreatedAt: web.Stamp(e.At), Estimated: estimates[r.Profile],
	}
}

func scanOf(r projections.ScanRow, names map[string]string) listedScan {
	s := string(r.Profile.Scanner())
	out := listedScan{
		ID: r.Number, Name: nameOf(r, names), URL: shown(r.Target), ScannerType: s, ScanType: s,
		Profile: r.Profile.Mode(), Status: words[r.State], Progress: r.Progress, ByRisk: map[string]int{},
		CreatedAt: web.Stamp(r.RequestedAt), StartedAt: stampOf(r.StartedAt), CompletedAt: stampOf(r.FinishedAt), Duration: duration(r),
	}
	for severity, risk := range risks {
		out.ByRisk[risk] = r.Findings[severity]
		out.Found += r.Findings[severity]
	}
	if r.Scores != nil {
		out.Score, out.RiskLevel = r.Scores.Security, riskOf(r)
	}
	if r.State == domain.ScanFail {
		out.Error = &r.Reason
	}
	return out
}

// nameOf is what the account calls a scan's target, else the target's own name.
func nameOf(r projections.ScanRow, names map[string]string) string {
	if name, ok := names[r.TargetValue]; ok {
		return name
	}
	return r.Target.Domain
}

// duration is how long a scan has run, in seconds and hundredths; nil while it
// runs, and of one that never began.
func duration(r projections.ScanRow) *float64 {
	if r.StartedAt == nil || r.FinishedAt == nil {
		return nil
	}
	seconds := r.FinishedAt.Sub(*r.StartedAt).Round(10 * time.Millisecond).Seconds()
	return &seconds
}

func detailsOf(r projections.ScanRow, report projections.ReportRow, names map[string]string) scanDetails {
	d := report.Document
	return scanDetails{
		listedScan: scanOf(r, names), Facts: projections.FactsOf(d), Target: hostOf(d), Config: configOf(d.Profile, d.Options), Engines: engines(d),
		List: vulnerabilities(d), NotTested: gaps(d), Version: r.Version,
	}
}

// hostOf is the target as scanners are told it: a host, or a range.
func hostOf(d projections.Document) string { return d.Target.Domain }

// engines are the tools that run a scan.
func engines(d projections.Document) []domain.Tool {
	all := make([]domain.Tool, len(d.Probes))
	for i, p := range d.Probes {
		all[i] = p.Tool
	}
	return all
}

// vulnerabilities are the findings, the worst first.
func vulnerabilities(d projections.Document) []vulnerability {
	all := make([]vulnerability, len(d.Findings))
	found := slices.Clone(d.Findings)
	slices.SortStableFunc(found, func(a, b projections.ReportedFinding) int {
		return slices.Index(domain.Severities, a.Severity) - slices.Index(domain.Severities, b.Severity)
	})
	for i, f := range found {
		all[i] = vulnerability{
			Name: f.Title, Risk: risks[f.Severity], Description: f.Description, Solution: f.Remedy, ID: f.ID, Where: f.Where,
			Detail: f.Detail, CWE: web.Limit(f.CWE), CVE: append([]string{}, f.CVE...), CVSS: append([]domain.Rating{}, f.CVSS...), References: append([]string{}, f.References...), Engine: f.Tool,
		}
	}
	return all
}

// gaps are what was not tested.
func gaps(d projections.Document) []notTested {
	all := []notTested{}
	for _, c := range d.NotTested() {
		how := string(c.Outcome)
		if how == "" {
			how = "not_finished"
		}
		all = append(all, notTested{Engine: c.Probe, What: c.What, How: how, Reason: c.Reason})
	}
	return all
}

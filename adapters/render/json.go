package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// exported is a report as JSON. Lists are in the order of the report, and
// none of them is null.
type exported struct {
	Scan        uuid.UUID      `json:"scan"`
	Target      domain.Target  `json:"target"`
	Profile     domain.Profile `json:"profile"`
	Options     domain.Options `json:"options,omitzero"`
	State       domain.State   `json:"state"`
	Reason      string         `json:"reason,omitempty"`
	RequestedAt time.Time      `json:"requested_at"`
	CompletedAt *time.Time     `json:"completed_at"`

	Scores    *domain.Scores                 `json:"scores"`
	Findings  []exportedFinding              `json:"findings"`
	NotTested []projections.ReportedCoverage `json:"not_tested"`
	Hosts     []domain.Host                  `json:"hosts"`
	projections.Facts
	DNS     []domain.DNSZone            `json:"dns"`
	Visits  []domain.Visit              `json:"visits"`
	Traffic []domain.TrafficPart        `json:"traffic"`
	Probes  []projections.ReportedProbe `json:"probes"`

	Proof exportedProof `json:"proof"`
}

// exportedFinding is a finding with what others publish of its CVEs.
type exportedFinding struct {
	projections.ReportedFinding
	EPSS *projections.Chance    `json:"epss,omitempty"`
	KEV  *projections.Exploited `json:"kev,omitempty"`
}

// exportedProof is what a reader needs to check the report against the log.
type exportedProof struct {
	Stream  domain.Stream `json:"stream"`
	Version int           `json:"version"` // of the last event in the report
	Head    string        `json:"head,omitempty"`
	Verify  string        `json:"verify,omitempty"`
}

// JSON is the report with everything in it, nothing cut and nothing cleaned:
// who shows its texts has to escape them. Text that is no UTF-8 has U+FFFD in
// its place.
func JSON(r projections.ReportRow, o Options) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(newExported(r, o)); err != nil {
		return nil, fmt.Errorf("report as JSON: %w", err)
	}
	return b.Bytes(), nil
}

func newExported(r projections.ReportRow, o Options) exported {
	d := r.Document
	e := exported{
		Scan: r.Scan, Target: d.Target, Profile: d.Profile, Options: d.Options, State: d.State, Reason: d.Reason,
		RequestedAt: r.RequestedAt.UTC(), Scores: d.Scores, NotTested: d.NotTested(), Hosts: list(d.Hosts), Facts: projections.FactsOf(d),
		DNS: list(d.DNS), Visits: list(d.Visits), Traffic: list(d.Traffic), Probes: list(d.Probes),
		Findings: make([]exportedFinding, len(d.Findings)),
		Proof:    exportedProof{domain.NewStream(domain.ScanFamily, r.Scan), r.Version, o.Head, o.Verify},
	}
	for i, f := range d.Findings {
		f.CVE, f.References = list(f.CVE), list(f.References)
		e.Findings[i] = exportedFinding{f, o.likely(f), o.exploited(f)}
	}
	if r.CompletedAt != nil {
		at := r.CompletedAt.UTC()
		e.CompletedAt = &at
	}
	return e
}

// list is l, and never nil.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

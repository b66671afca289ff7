package projections

import (
	"slices"

	"github.com/scanledger/scanledger/domain"
)

// CoverageFact is one thing that was tested, skipped, timed out, refused or
// failed, with the reason.
type CoverageFact struct {
	Probe   domain.Tool    `json:"probe"`
	What    string         `json:"what"`
	Outcome domain.Outcome `json:"outcome"`
	Reason  string         `json:"reason"` // "" when tested
}

// Ledger says of everything that belongs to the scan how looking at it ended,
// probe by probe in the order of the request. A probe that left something out
// as a whole has a line that says so, so that nothing is missing: what never
// began was skipped. One that still runs has no line but for what it has told.
func (d *Document) Ledger() []CoverageFact {
	all := []CoverageFact{}
	take := func(c ReportedCoverage) {
		if c.Outcome == "" {
			c.Outcome = domain.Skipped
		}
		all = append(all, CoverageFact{c.Probe, c.What, c.Outcome, c.Reason})
	}
	known := map[domain.Tool]bool{}
	for _, p := range d.Probes {
		known[p.Tool] = true
		if gap, left := d.Gap(p); left && (p.Outcome != "" || d.State.Over()) {
			take(gap)
		}
		for _, c := range d.Coverage {
			if c.Probe == p.Tool {
				take(c)
			}
		}
	}
	for _, c := range slices.DeleteFunc(slices.Clone(d.Coverage), func(c ReportedCoverage) bool { return known[c.Probe] }) {
		take(c)
	}
	return all
}

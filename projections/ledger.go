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
// began was skipped, and so was what only a more thorough profile runs. One that
// still runs has no line but for what it has told.
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
	return append(all, d.outside()...)
}

// outside says of the built-in scanners that only a more thorough profile runs
// that they are no part of the scan.
func (d *Document) outside() (all []CoverageFact) {
	if d.Profile.Scanner() != domain.Builtin {
		return nil
	}
	for _, t := range domain.Deep.Tools() {
		if !slices.ContainsFunc(d.Probes, func(p ReportedProbe) bool { return p.Tool == t }) {
			all = append(all, CoverageFact{t, wholeProbe, domain.Skipped, "it is no part of a " + string(d.Profile) + " scan"})
		}
	}
	return all
}

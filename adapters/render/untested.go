package render

import (
	"slices"
	"strings"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// untested is what was not looked at, and why.
type untested struct {
	Gaps    []gap
	More    int    // gaps beyond maxRows
	Outside string // built-in tests that are no part of this scan, as a listing
	Only    string // the tests of a scan to which not all of those on security belong, as a listing; else ""
	All     bool   // whether everything that the profile covers was tested

	known map[[3]string]int // where in Gaps a tool, end and reason are
}

// gap is something that was not tested. Gaps that differ only in what they
// are about are one.
type gap struct {
	Tool domain.Tool
	Name string // of the tool
	What []string
	How  string
	Why  string
	// Open says that something is there which nobody looked at, rather than
	// nothing to look at.
	Open bool
}

func newUntested(d *projections.Document) untested {
	u := untested{known: map[[3]string]int{}}
	for _, c := range d.NotTested() {
		u.add(newGap(c))
	}
	var outside, only []string
	narrow := false
	for _, p := range d.Probes {
		only = append(only, worded(toolWords, p.Tool))
	}
	for _, t := range domain.Standard.Tools() {
		if !slices.ContainsFunc(d.Probes, func(p projections.ReportedProbe) bool { return covers(p, t) }) {
			outside, narrow = append(outside, toolWords[t]), narrow || isSecurity(t)
		}
	}
	u.Outside = listing(outside)
	if narrow {
		u.Only = listing(only)
	}
	u.All = len(u.Gaps) == 0 && d.State == domain.Completed && len(d.Probes) > 0
	u.Gaps, u.More = first(u.Gaps)
	return u
}

func newGap(c projections.ReportedCoverage) gap {
	return gap{
		Tool: c.Probe, Name: worded(toolWords, c.Probe), What: []string{line(c.What, maxCell)},
		How: worded(outcomeWords, c.Outcome), Why: line(c.Reason, maxCell), Open: c.Outcome != domain.Skipped,
	}
}

func (u *untested) add(g gap) {
	key := [3]string{string(g.Tool), g.How, g.Why}
	if i, ok := u.known[key]; ok {
		u.Gaps[i].What = append(u.Gaps[i].What, g.What...)
		return
	}
	u.known[key] = len(u.Gaps)
	u.Gaps = append(u.Gaps, g)
}

// About is what the gap is about, in one line.
func (g gap) About() string { return line(strings.Join(g.What, ", "), maxCell) }

// open says whether something that one of the tools should have looked at was
// not looked at although it may be there.
func (u untested) open(in func(domain.Tool) bool) bool {
	return u.More > 0 || slices.ContainsFunc(u.Gaps, func(g gap) bool { return g.Open && in(g.Tool) })
}

// Count is how many things were not tested.
func (u untested) Count() int {
	n := u.More
	for _, g := range u.Gaps {
		n += len(g.What)
	}
	return n
}

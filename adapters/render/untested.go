package render

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
	for _, t := range domain.Deep.Tools() {
		if !slices.ContainsFunc(d.Probes, func(p projections.ReportedProbe) bool { return covers(p, t) }) {
			outside, narrow = append(outside, toolWords[t]), narrow || isSecurity(t) && slices.Contains(domain.Standard.Tools(), t)
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
		Tool: c.Probe, Name: worded(toolWords, c.Probe), What: []string{line(c.What, maxWhat)},
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

// maxWhat is how many characters of one thing are shown: a list of ports is long.
const maxWhat = 4000

// maxAbout is how many characters a gap names things in, about: with more of them its
// row would not fit onto a page.
const maxAbout = 1400

// About is what the gap is about, in one line. A name is cut only where it would
// not fit alone; of very many the last are counted.
func (g gap) About() string {
	var shown []string
	size := 0
	for _, what := range g.What {
		what = line(what, maxAbout)
		if size += utf8.RuneCountInString(what) + 2; size > maxAbout && len(shown) > 0 {
			return fmt.Sprintf("%s and %s, which the JSON names", strings.Join(shown, ", "), count(len(g.What)-len(shown), "other"))
		}
		shown = append(shown, what)
	}
	return strings.Join(shown, ", ")
}

// maxBrief is how many characters of several things stand in a headline.
const maxBrief = 120

// Brief is what the gap is about where that fits into a headline, and else how many
// things it is about: the page lists them.
func (g gap) Brief() string {
	if about := strings.Join(g.What, ", "); len(g.What) == 1 || len(about) <= maxBrief {
		return about
	}
	return count(len(g.What), "thing")
}

// Listed are the things that the gap is about where they do not fit into its
// headline.
func (g gap) Listed() []string {
	if len(g.What) == 1 || len(strings.Join(g.What, ", ")) <= maxBrief {
		return nil
	}
	shown, _ := first(g.What)
	return shown
}

// Unlisted is how many things Listed leaves out.
func (g gap) Unlisted() int {
	_, more := first(g.What)
	return more
}

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

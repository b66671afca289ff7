// Package render turns a report into what people read: an HTML page and a
// PDF. Both show the same words in the same order. It reads no clock and
// nothing from outside, so the same row always gives the same bytes.
package render

import (
	"fmt"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// report is a row in words. All text in it is clean: both forms may show it
// as it is, escaped for their own syntax.
type report struct {
	Target, Kind, Profile string
	Engine                string // what ran it
	Rules                 string // by which it was graded
	State                 domain.State
	Progress              int // 0 to 100

	Requested, Completed, Took string // the last two are "" unless it completed

	Grade   *grade   // nil without scores
	Scores  []score  // of a completed scan
	Summary []string // sentences

	Severities []severityCount // all five, from the worst
	First      []fix
	Findings   []findingGroup

	Probes   []probe
	Untested untested
	Sections []section
	Proof    proof
}

// grade is the letter that stands for the whole.
type grade struct {
	Letter, Word string
	Score        int
	Tone         tone
	Note         string // what the letter does not speak for; "" when it speaks for all
}

// probe is how far one part of the scan has come.
type probe struct {
	Name, State string
	Percent     int
}

func newReport(r projections.ReportRow, o Options) report {
	d := &r.Document
	u := newUntested(d)
	out := report{
		Target: named(d.Target.Value), Kind: kindWords[d.Target.Kind], Profile: worded(profileWords, d.Profile), Engine: engine(d), Rules: rules(d),
		State: d.State, Progress: progress(d), Requested: moment(r.RequestedAt),
		Severities: severityCounts(d.Findings), First: firstFixes(d.Findings), Findings: findingGroups(d.Findings, o),
		Probes: probes(d), Untested: u, Sections: sections(d, asOf(r)), Proof: newProof(r, o),
	}
	if d.State == domain.Completed && d.Scores != nil {
		out.Grade, out.Scores = newGrade(*d.Scores, u), newScores(*d.Scores, u)
	}
	if r.CompletedAt != nil {
		out.Completed, out.Took = moment(*r.CompletedAt), span(r.CompletedAt.Sub(r.RequestedAt))
	}
	out.Summary = summary(d, out)
	return out
}

// engine is what ran the scan, and in whose place.
func engine(d *projections.Document) string {
	s := d.Profile.Scanner()
	if s == domain.Builtin {
		return "Scanledger's own scanners"
	}
	ran := make([]string, len(d.Probes))
	for i, p := range d.Probes {
		ran[i] = worded(toolWords, p.Tool)
		if p.Tool == s.StandIn() {
			ran[i] = fmt.Sprintf("Scanledger's own scanner “%s”, in the place of %s", p.Tool, toolWords[domain.Tool(s)])
		}
	}
	return listing(ran)
}

// asOf is the moment that the report speaks of.
func asOf(r projections.ReportRow) time.Time {
	if r.CompletedAt != nil {
		return *r.CompletedAt
	}
	return r.RequestedAt
}

func progress(d *projections.Document) int {
	parts := make(map[domain.Tool]domain.Probe, len(d.Probes))
	for _, p := range d.Probes {
		parts[p.Tool] = domain.Probe{Percent: p.Percent}
	}
	return domain.Progress(d.State, parts)
}

func probes(d *projections.Document) []probe {
	var all []probe
	for _, p := range d.Probes {
		state := outcomeWords[p.Outcome]
		switch {
		case p.Outcome != "":
		case d.State.Over():
			state = "never finished"
		case p.Percent == 0:
			state = "waiting"
		default:
			state = "running"
		}
		all = append(all, probe{Name: worded(toolWords, p.Tool), State: state, Percent: min(max(p.Percent, 0), 100)})
	}
	return all
}

// Live says whether the scan may still change.
func (r report) Live() bool { return !r.State.Over() }

// Headline is the state of a scan in a few words.
func (r report) Headline() string {
	switch r.State {
	case domain.Completed:
		return "Completed"
	case domain.ScanFail:
		return "Failed"
	case domain.Cancelled:
		return "Cancelled"
	case domain.Started:
		return "Running"
	default:
		return "Waiting for its turn"
	}
}

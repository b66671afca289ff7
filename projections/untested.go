package projections

import (
	"slices"

	"github.com/scanledger/scanledger/domain"
)

// NotTested is what was not looked at, probe by probe, each with a reason. The
// outcome is "" where a probe was not finished.
func (d *Document) NotTested() []ReportedCoverage {
	all := []ReportedCoverage{}
	for _, p := range d.Probes {
		if c, ok := d.Gap(p); ok {
			all = append(all, c)
		}
		for _, c := range d.Coverage {
			if c.Probe == p.Tool && c.Outcome != domain.Tested {
				all = append(all, missed(p.Tool, c.What, c.Outcome, c.Reason))
			}
		}
	}
	return all
}

// Gap is what a probe as a whole left out; false where it left out nothing. One
// that says it tested, but not what, has tested nothing that a report may rely on.
func (d *Document) Gap(p ReportedProbe) (ReportedCoverage, bool) {
	tested := slices.ContainsFunc(d.Coverage, func(c ReportedCoverage) bool {
		return c.Probe == p.Tool && c.Outcome == domain.Tested
	})
	switch {
	case p.Outcome == domain.Tested && tested:
		return ReportedCoverage{}, false
	case p.Outcome == domain.Tested:
		return missed(p.Tool, wholeProbe, domain.Failed, "it did not say what it looked at"), true
	case p.Outcome == "" && !d.State.Over():
		return missed(p.Tool, wholeProbe, "", "the scan is still running"), true
	case p.Outcome == "" && d.seenBy(p.Tool):
		return missed(p.Tool, restOfProbe, "", "partial: the scan ended before it; what it saw until then is in the report"), true
	case p.Outcome == "":
		return missed(p.Tool, wholeProbe, "", "the scan ended before it"), true
	case tested:
		return missed(p.Tool, restOfProbe, p.Outcome, p.Reason), true
	default:
		return missed(p.Tool, wholeProbe, p.Outcome, p.Reason), true
	}
}

const (
	wholeProbe  = "the whole test"
	restOfProbe = "the rest of the test"
)

// seenBy says whether a tool has seen anything that stands in the report: a
// weakness, or an open port where it looks at those.
func (d *Document) seenBy(t domain.Tool) bool {
	looksAtPorts := t == domain.Ports || domain.Scanner(t).StandIn() == domain.Ports
	return looksAtPorts && len(d.Ports) > 0 ||
		slices.ContainsFunc(d.Findings, func(f ReportedFinding) bool { return f.Tool == t })
}

func missed(t domain.Tool, what string, o domain.Outcome, why string) ReportedCoverage {
	if why == "" {
		why = "no reason was given"
	}
	return ReportedCoverage{Probe: t, Coverage: domain.Coverage{What: what, Outcome: o, Reason: why}}
}

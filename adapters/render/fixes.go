package render

import (
	"fmt"
	"slices"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// fix is one thing to do: all findings of one rule.
type fix struct {
	Severity             chip
	Title, Where, Remedy string
	Gain                 string // what it does for the score
	Anchor               string // ID of its first finding

	severity domain.Severity
	count    int // of its findings
}

// maxFixes is how many things to fix first a reader can keep in mind.
const maxFixes = 5

// firstFixes are the rules that are broken worst, and what the security score
// would be without each.
func firstFixes(all []projections.ReportedFinding) []fix {
	n := tally(all)
	var fixes []fix
	for _, s := range domain.Severities[:len(domain.Severities)-1] {
		var done []string
		for i, f := range all {
			if rated(f) != s || slices.Contains(done, f.ID) || len(fixes) == maxFixes {
				continue
			}
			done = append(done, f.ID)
			fixes = append(fixes, newFix(i, all, n))
		}
	}
	return fixes
}

func newFix(i int, all []projections.ReportedFinding, n map[domain.Severity]int) fix {
	f, where := all[i], []string{}
	for _, other := range all {
		if other.ID == f.ID && rated(other) == rated(f) {
			where = append(where, located(other.Where))
		}
	}
	without := map[domain.Severity]int{}
	for s, c := range n {
		without[s] = c
	}
	without[rated(f)] -= len(where)
	x := fix{
		Severity: severityChips[rated(f)], Title: titled(f.Title), Remedy: clean(f.Remedy, maxText), Anchor: anchor(i),
		severity: rated(f), count: len(where),
		Where: where[0], Gain: gain(domain.SecurityScore(n), domain.SecurityScore(without)),
	}
	if len(where) > 1 {
		x.Where += " and " + count(len(where)-1, "more place")
	}
	return x
}

func gain(now, then int) string {
	if then <= now {
		return "The security score stays where it is until others are fixed too."
	}
	return fmt.Sprintf("Raises the security score from %d to %d.", now, then)
}

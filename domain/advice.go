package domain

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// What a Fix mends.
const (
	FixFinding = "finding"
	FixSEO     = "seo"
	FixTraffic = "traffic"
)

// Fix is one thing that can be mended, and the points that this adds to a score.
type Fix struct {
	Kind     string   `json:"kind"`  // "finding", "seo" or "traffic"
	ID       string   `json:"id"`    // of the rule, the audit or the part
	Where    string   `json:"where"` // "" for the target as a whole
	Title    string   `json:"title"`
	Severity Severity `json:"severity,omitempty"` // of a finding
	Points   float64  `json:"points"`             // hundredths at most
}

// Next is the next grade that is better, and what it takes: no fewer fixes lift
// the grade at all.
type Next struct {
	Grade string `json:"grade"`
	Score int    `json:"score"` // with all of them done
	Fixes []Fix  `json:"fixes"` // the one that adds most first
}

// NextSecurity is what lifts the letter of the security score; nil for the best
// one, and where there is none. Found are the findings that were measured.
func (g Grader) NextSecurity(m Measured, found []Fix) *Next {
	return g.next(m, weighed(found, 1), func(s Scores) (*int, string) { return s.Security, s.Grade })
}

// NextOverall is NextSecurity for the overall score, which search engine audits
// that fail and parts of the fitness for traffic lift too.
func (g Grader) NextOverall(m Measured, found []Fix) *Next {
	fixes := append(weighed(found, 0.45), seoFixes(m.SEO, 0.30)...)
	return g.next(m, append(fixes, trafficFixes(m.Traffic, 0.25)...), func(s Scores) (*int, string) { return s.Overall, s.OverallGrade })
}

// next mends one thing after the other, the one that adds most first, until the
// grade is another.
func (g Grader) next(m Measured, fixes []Fix, of func(Scores) (*int, string)) *Next {
	score, grade := of(g.Grade(m))
	if score == nil {
		return nil
	}
	fixes = slices.DeleteFunc(fixes, func(f Fix) bool { return f.Points == 0 })
	slices.SortStableFunc(fixes, func(a, b Fix) int { return cmp.Compare(b.Points, a.Points) })
	m.Findings, m.SEO, m.Traffic = maps.Clone(m.Findings), slices.Clone(m.SEO), slices.Clone(m.Traffic)
	for i, f := range fixes {
		m.mend(f)
		if then, better := of(g.Grade(m)); better != grade && then != nil {
			return &Next{Grade: better, Score: *then, Fixes: fixes[:i+1]}
		}
	}
	return nil
}

// mend is what would have been measured with a thing mended.
func (m *Measured) mend(f Fix) {
	switch f.Kind {
	case FixFinding:
		m.Findings[f.Severity]--
	case FixSEO:
		for i := range m.SEO {
			if m.SEO[i].ID == f.ID {
				m.SEO[i].Outcome = SEOPass
			}
		}
	case FixTraffic:
		for i := range m.Traffic {
			if m.Traffic[i].Name == f.ID {
				m.Traffic[i].Score = 100
			}
		}
	}
}

// weighed are findings with what each takes from a score of which security is a
// share.
func weighed(found []Fix, share float64) []Fix {
	out := slices.Clone(found)
	for i, f := range out {
		out[i].Kind, out[i].Points = FixFinding, hundredths(share*float64(penalties[f.Severity]))
	}
	return out
}

func seoFixes(audits []SEOAudit, share float64) (fixes []Fix) {
	all := 0.0
	for _, a := range audits {
		if a.Outcome != SEONotApplicable {
			all += seoWeight(a.ID)
		}
	}
	for _, a := range audits {
		if a.Outcome == SEOFail && all > 0 {
			fixes = append(fixes, Fix{Kind: FixSEO, ID: a.ID, Title: a.ID, Points: hundredths(share * 100 * seoWeight(a.ID) / all)})
		}
	}
	return fixes
}

func trafficFixes(parts []TrafficPart, share float64) (fixes []Fix) {
	all := 0.0
	for _, p := range parts {
		all += TrafficWeights[p.Name]
	}
	for _, p := range parts {
		if lost := 100 - min(max(p.Score, 0), 100); lost > 0 && all > 0 {
			fixes = append(fixes, Fix{Kind: FixTraffic, ID: p.Name, Title: p.Name, Points: hundredths(share * float64(lost) * TrafficWeights[p.Name] / all)})
		}
	}
	return fixes
}

func hundredths(v float64) float64 { return math.Round(100*v) / 100 }

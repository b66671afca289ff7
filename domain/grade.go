package domain

import (
	"bytes"
	"encoding/json"
)

// Measured is what of a scan goes into its scores.
type Measured struct {
	Target      TargetKind
	Probes      map[Tool]Outcome // of those that were asked for; "" for what has not ended
	Lines       map[Tool]Lines   // of their coverage
	Findings    map[Severity]int
	OpenPorts   []int
	Services    []Service
	Observatory []ObservatoryTest
	SEO         []SEOAudit
	Traffic     []TrafficPart
}

func (m *Measured) raise(s Severity) {
	if m.Findings == nil {
		m.Findings = map[Severity]int{}
	}
	m.Findings[s]++
}

func (m *Measured) measure(o Observation) {
	switch o := o.(type) {
	case ObservatoryTest:
		m.Observatory = append(m.Observatory, o)
	case SEOAudit:
		m.SEO = append(m.SEO, o)
	case TrafficPart:
		m.Traffic = append(m.Traffic, o)
	}
}

// Scores are a completed scan's grades. All numbers are 0 to 100, higher is
// better; null is what could not be measured.
type Scores struct {
	Grader           int              `json:"grader"` // version of the rules by which it was graded
	Security         *int             `json:"security"`
	Grade            string           `json:"grade"` // Security in the Observatory\'s letters, A+ to F; "" without it
	SEO              *int             `json:"seo"`
	Traffic          *int             `json:"traffic"`
	Overall          *int             `json:"overall"`       // null unless all three are measured
	OverallGrade     string           `json:"overall_grade"` // A to F; "" without overall
	Risk             string           `json:"risk"`          // none, low, medium, high, critical; "" without Security
	ObservatoryScore *int             `json:"observatory"`   // may exceed 100
	ObservatoryGrade string           `json:"observatory_grade"`
	Findings         map[Severity]int `json:"findings"`
}

// Grade grades by the newest rules.
func Grade(m Measured) Scores { return Graders[len(Graders)-1].Grade(m) }

// Grade is the pure function from what was measured to the scores. What could
// not be seen has none: what was not looked at is not known to be safe.
func (g Grader) Grade(m Measured) Scores {
	s := Scores{Grader: g.Version, Findings: map[Severity]int{}}
	if !g.blind(m) {
		limit := g.Basis(m).Limit
		security := min(SecurityScore(m.Findings), limit)
		s.Security, s.Grade, s.Risk = &security, GradeOf(security), RiskLevel(security, m.Findings)
		if limit < fullScore && s.Risk == noRisk { // nothing was found, and not all was looked at
			s.Risk = wordOf(riskLevels, security)
		}
	}
	for _, severity := range Severities {
		s.Findings[severity] = m.Findings[severity]
	}
	if v, ok := SEOScore(m.SEO); ok && !(g.strict && m.lacksAudits()) {
		s.SEO = &v
	}
	if v, ok := TrafficScore(m.Traffic); ok {
		s.Traffic = &v
	}
	if s.Security != nil && s.SEO != nil && s.Traffic != nil {
		overall := OverallScore(*s.Security, *s.SEO, *s.Traffic)
		s.Overall, s.OverallGrade = &overall, Letter(overall)
	}
	if len(m.Observatory) > 0 && !(g.strict && m.lacksTests()) {
		score, grade := Observatory(m.Observatory)
		s.ObservatoryScore, s.ObservatoryGrade = &score, grade
	}
	return s
}

// alike says whether two scores are the same, by whatever rules.
func (s Scores) alike(o Scores) bool {
	o.Grader = s.Grader
	a, err := json.Marshal(s)
	b, err2 := json.Marshal(o)
	return err == nil && err2 == nil && bytes.Equal(a, b)
}

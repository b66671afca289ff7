package domain

// GraderVersion is the version of the rules by which Grade works. It rises
// whenever the same evidence would be given another score.
const GraderVersion = 1

// Measured is what of a scan goes into its scores.
type Measured struct {
	Findings    map[Severity]int
	OpenPorts   []int
	Observatory []ObservatoryTest
	SEO         []SEOAudit
	Traffic     []TrafficPart
	// Blind says that the scan could not see what a security grade is about:
	// there is none then, for what was not looked at is not known to be safe.
	Blind bool
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

// Grade is the pure function from what was measured to the scores.
func Grade(m Measured) Scores {
	s := Scores{Grader: GraderVersion, Findings: map[Severity]int{}}
	if !m.Blind {
		security := SecurityScore(m.Findings)
		s.Security, s.Grade, s.Risk = &security, GradeOf(security), RiskLevel(security, m.Findings)
	}
	for _, severity := range Severities {
		s.Findings[severity] = m.Findings[severity]
	}
	if v, ok := SEOScore(m.SEO); ok {
		s.SEO = &v
	}
	if v, ok := TrafficScore(m.Traffic); ok {
		s.Traffic = &v
	}
	if s.Security != nil && s.SEO != nil && s.Traffic != nil {
		overall := OverallScore(*s.Security, *s.SEO, *s.Traffic)
		s.Overall, s.OverallGrade = &overall, Letter(overall)
	}
	if len(m.Observatory) > 0 {
		score, grade := Observatory(m.Observatory)
		s.ObservatoryScore, s.ObservatoryGrade = &score, grade
	}
	return s
}

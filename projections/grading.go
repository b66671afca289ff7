package projections

import (
	"time"

	"github.com/scanledger/scanledger/domain"
)

// Grading is how a completed scan was graded, and what lifts its grades.
type Grading struct {
	Grader   int       `json:"grader"`   // the version of the rules by which the grades stand
	Security *Standing `json:"security"` // null where too little could be seen
	Overall  *Standing `json:"overall"`  // null where not all of it was measured
	// Basis is what the security grade rests on, or would have; null by rules of a later program.
	Basis   *domain.Basis `json:"basis"`
	Changes []Regrade     `json:"changes"` // since it was graded first
}

// Standing is one grade, and what the next better one takes; null for the best.
type Standing struct {
	Score int          `json:"score"`
	Grade string       `json:"grade"`
	Next  *domain.Next `json:"next"`
}

// Regrade is one change of a scan's security grade by other rules.
type Regrade struct {
	At      time.Time       `json:"at"`
	Version int             `json:"version"` // of the stream
	From    Graded          `json:"from"`
	To      Graded          `json:"to"`
	Change  domain.Change   `json:"change"`
	Since   *domain.Earlier `json:"since,omitempty"` // absent where the target had no scan before
}

// Graded is a security grade by a version of the rules.
type Graded struct {
	Grader int    `json:"grader"`
	Score  *int   `json:"score"` // null where too little could be seen
	Grade  string `json:"grade"`
}

// GradedBy is the security grade of scores.
func GradedBy(s domain.Scores) Graded { return Graded{s.Grader, s.Security, s.Grade} }

// GradingOf is nil for a scan without scores.
func GradingOf(d Document) *Grading {
	if d.Scores == nil {
		return nil
	}
	g := &Grading{Grader: d.Scores.Grader, Changes: append([]Regrade{}, d.Regrades...)}
	rules, err := domain.GraderOf(d.Scores.Grader)
	m, found := measuredOf(d), fixesOf(d)
	next := func(of func(domain.Measured, []domain.Fix) *domain.Next) *domain.Next {
		if err != nil {
			return nil // rules of a later program, which knows what they take
		}
		return of(m, found)
	}
	if err == nil {
		b := rules.Basis(m)
		g.Basis = &b
	}
	if s := d.Scores; s.Security != nil {
		g.Security = &Standing{*s.Security, s.Grade, next(rules.NextSecurity)}
	}
	if s := d.Scores; s.Overall != nil {
		g.Overall = &Standing{*s.Overall, s.OverallGrade, next(rules.NextOverall)}
	}
	return g
}

// measuredOf is what a report's scan saw, as it is graded.
func measuredOf(d Document) domain.Measured {
	m := domain.Measured{
		Target: d.Target.Kind, Probes: map[domain.Tool]domain.Outcome{}, Lines: map[domain.Tool]domain.Lines{}, Findings: map[domain.Severity]int{},
		Observatory: d.Observatory, SEO: d.SEO, Traffic: d.Traffic,
	}
	coverage := map[domain.Tool][]domain.Coverage{}
	for _, c := range d.Coverage {
		coverage[c.Probe] = append(coverage[c.Probe], c.Coverage)
	}
	for _, p := range d.Probes {
		m.Probes[p.Tool], m.Lines[p.Tool] = p.Outcome, domain.LinesOf(coverage[p.Tool])
	}
	for _, f := range d.Findings {
		m.Findings[f.Severity]++
	}
	for _, p := range d.Ports {
		m.OpenPorts = append(m.OpenPorts, p.Port)
		if p.Method != "" {
			m.Services = append(m.Services, domain.Service{Port: p.Port, Protocol: p.Protocol, Name: p.Service, TLS: p.TLS})
		}
	}
	return m
}

func fixesOf(d Document) []domain.Fix {
	fixes := make([]domain.Fix, len(d.Findings))
	for i, f := range d.Findings {
		fixes[i] = domain.Fix{ID: f.ID, Where: f.Where, Title: f.Title, Severity: f.Severity}
	}
	return fixes
}

package projections

import "github.com/scanledger/scanledger/domain"

// Facts is what a report says, for machines: the same fields in the export and
// beside every contract's own. What was not measured is null, but for the
// vitals, which are absent then; what was measured and found empty is an empty list.
type Facts struct {
	Observatory *ObservatoryFacts  `json:"observatory"`
	SEO         *SEOFacts          `json:"seo"`
	Vitals      *domain.PageVitals `json:"vitals,omitempty"`
	Ports       []ReportedPort     `json:"ports"`
	TLS         *TLSFacts          `json:"tls"`
	Coverage    []CoverageFact     `json:"coverage"`
	Grading     *Grading           `json:"grading"`
}

// ObservatoryFacts are the HTTP Observatory's score and tests by name.
type ObservatoryFacts struct {
	Score *int                       `json:"score"` // may exceed 100; null until the scan is graded
	Grade string                     `json:"grade"`
	Tests map[string]ObservatoryFact `json:"tests"`
}

// ObservatoryFact is the result of one of the Observatory's tests.
type ObservatoryFact struct {
	Result   string `json:"result"` // the Observatory's own word
	Modifier int    `json:"modifier"`
	Pass     bool   `json:"pass"`
	Detail   string `json:"detail"`
}

// SEOFacts are the outcomes of Lighthouse's audits by id.
type SEOFacts struct {
	Score  *int              `json:"score"`
	Audits map[string]string `json:"audits"` // "pass", "fail" or "not_applicable"
}

// TLSFacts is the endpoint that the target itself names, or else the one on
// port 443, or else the first; and all endpoints, that one among them.
type TLSFacts struct {
	domain.TLSEndpoint
	Protocols   map[string]bool      `json:"protocols"`
	Ciphers     map[string][]string  `json:"ciphers"`
	Certificate *domain.Certificate  `json:"certificate"` // null where none was looked at
	Grade       string               `json:"grade"`       // "" where it could not be graded
	Endpoints   []domain.TLSEndpoint `json:"endpoints"`
}

// FactsOf sorts a report's lists into facts.
func FactsOf(d Document) Facts {
	f := Facts{
		Vitals: d.Vitals, Ports: d.Ports, Coverage: d.Ledger(),
		Observatory: observatoryFacts(d), SEO: seoFacts(d), TLS: tlsFacts(d), Grading: GradingOf(d),
	}
	if f.Ports == nil {
		f.Ports = []ReportedPort{}
	}
	return f
}

func observatoryFacts(d Document) *ObservatoryFacts {
	if len(d.Observatory) == 0 {
		return nil
	}
	f := &ObservatoryFacts{Tests: map[string]ObservatoryFact{}}
	if d.Scores != nil {
		f.Score, f.Grade = d.Scores.ObservatoryScore, d.Scores.ObservatoryGrade
	}
	for _, t := range d.Observatory {
		f.Tests[t.Name] = ObservatoryFact{t.Result, t.Modifier, t.Pass, t.Detail}
	}
	return f
}

func seoFacts(d Document) *SEOFacts {
	if len(d.SEO) == 0 {
		return nil
	}
	f := &SEOFacts{Audits: map[string]string{}}
	if d.Scores != nil {
		f.Score = d.Scores.SEO
	}
	for _, a := range d.SEO {
		f.Audits[a.ID] = a.Outcome
	}
	return f
}

func tlsFacts(d Document) *TLSFacts {
	if len(d.TLS) == 0 {
		return nil
	}
	port := 443
	if d.Target.Scheme == "https" {
		port = d.Target.Port
	}
	own := d.TLS[0]
	for _, e := range d.TLS {
		if e.Port == port {
			own = e
			break
		}
	}
	f := &TLSFacts{TLSEndpoint: own, Protocols: own.Protocols, Ciphers: own.Ciphers, Certificate: own.Certificate, Grade: own.Grade, Endpoints: d.TLS}
	if f.Protocols == nil {
		f.Protocols = map[string]bool{}
	}
	if f.Ciphers == nil {
		f.Ciphers = map[string][]string{}
	}
	return f
}

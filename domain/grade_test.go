package domain

import (
	"reflect"
	"testing"
)

func TestGrade(t *testing.T) {
	at := func(n int) *int { return &n }
	none := map[Severity]int{Critical: 0, High: 0, Medium: 0, Low: 0, Informational: 0}
	perfect := auditsWith(nil)
	traffic := []TrafficPart{{Name: "availability", Score: 80}}
	for name, c := range map[string]struct {
		measured Measured
		want     Scores
	}{
		"nothing but security": {
			Measured{},
			Scores{Grader: GraderVersion, Security: 100, Grade: "A+", Risk: "none", Findings: none},
		},
		"all three": {
			Measured{SEO: perfect, Traffic: traffic, Findings: map[Severity]int{High: 1}},
			Scores{
				Grader: GraderVersion, Security: 91, Grade: "A", Risk: "low", SEO: at(100), Traffic: at(80), Overall: at(91), OverallGrade: "A",
				Findings: map[Severity]int{Critical: 0, High: 1, Medium: 0, Low: 0, Informational: 0},
			},
		},
		"no traffic, no overall": {
			Measured{SEO: perfect},
			Scores{Grader: GraderVersion, Security: 100, Grade: "A+", Risk: "none", SEO: at(100), Findings: none},
		},
		"no SEO, no overall": {
			Measured{Traffic: traffic},
			Scores{Grader: GraderVersion, Security: 100, Grade: "A+", Risk: "none", Traffic: at(80), Findings: none},
		},
		"the Observatory's own": {
			Measured{Observatory: []ObservatoryTest{{Name: "a", Modifier: -20}, {Name: "b", Modifier: 5}}},
			Scores{Grader: GraderVersion, Security: 100, Grade: "A+", Risk: "none", Findings: none, ObservatoryScore: at(80), ObservatoryGrade: "B+"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Grade(c.measured); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

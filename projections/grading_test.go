package projections

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestMeasuredAlike grades the stories that the graders are held to out of the
// report as out of the scan.
func TestMeasuredAlike(t *testing.T) {
	raw, err := os.ReadFile("../domain/testdata/stories.json")
	if err != nil {
		t.Fatal(err)
	}
	var stories []struct {
		Name   string `json:"name"`
		Events []struct {
			Type    string          `json:"type"`
			Version int             `json:"version"`
			Payload json.RawMessage `json:"payload"`
		} `json:"events"`
	}
	if err := json.Unmarshal(raw, &stories); err != nil || len(stories) == 0 {
		t.Fatalf("%d stories, %v", len(stories), err)
	}
	for _, s := range stories {
		var events []domain.Event
		for _, e := range s.Events {
			event, err := domain.Decode(e.Type, e.Version, e.Payload)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, event)
		}
		scan, report := domain.Fold(new(domain.Scan), history(events...)), fold(t, Reports, events...)
		for _, g := range domain.Graders {
			if got, want := g.Grade(measuredOf(report.Document)), g.Grade(scan.Measured()); !reflect.DeepEqual(got, want) {
				t.Errorf("%s by version %d\n got %+v\nwant %+v", s.Name, g.Version, got, want)
			}
		}
	}
}

// TestGradingOf says nothing of what later rules take.
func TestGradingOf(t *testing.T) {
	later := &domain.Scores{Grader: domain.GraderVersion + 1, Security: new(50), Grade: "C", Overall: new(70), OverallGrade: "C"}
	g := GradingOf(Document{Scores: later, Findings: []ReportedFinding{{Severity: domain.Critical}}})
	if want := (&Grading{later.Grader, &Standing{50, "C", nil}, &Standing{70, "C", nil}, nil, []Regrade{}}); !reflect.DeepEqual(g, want) {
		t.Errorf("%+v", g)
	}
	later.Grader = domain.GraderVersion
	if g := GradingOf(Document{Scores: later, Findings: []ReportedFinding{{ID: "a", Severity: domain.Critical}}}); g.Security.Next == nil || g.Security.Next.Fixes[0].ID != "a" || g.Basis == nil {
		t.Errorf("%+v", g.Security)
	}
}

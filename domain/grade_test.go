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
			Scores{Grader: GraderVersion, Security: new(100), Grade: "A+", Risk: "none", Findings: none},
		},
		"all three": {
			Measured{SEO: perfect, Traffic: traffic, Findings: map[Severity]int{High: 1}},
			Scores{
				Grader: GraderVersion, Security: new(91), Grade: "A", Risk: "low", SEO: at(100), Traffic: at(80), Overall: at(91), OverallGrade: "A",
				Findings: map[Severity]int{Critical: 0, High: 1, Medium: 0, Low: 0, Informational: 0},
			},
		},
		"no traffic, no overall": {
			Measured{SEO: perfect},
			Scores{Grader: GraderVersion, Security: new(100), Grade: "A+", Risk: "none", SEO: at(100), Findings: none},
		},
		"no SEO, no overall": {
			Measured{Traffic: traffic},
			Scores{Grader: GraderVersion, Security: new(100), Grade: "A+", Risk: "none", Traffic: at(80), Findings: none},
		},
		"the Observatory's own": {
			Measured{Observatory: testsWith(map[string]int{"cookies": -20, "redirection": 5})},
			Scores{Grader: GraderVersion, Security: new(100), Grade: "A+", Risk: "none", Findings: none, ObservatoryScore: at(80), ObservatoryGrade: "B+"},
		},
		"the Observatory's, of which a test is missing": {
			Measured{Observatory: testsWith(nil)[1:]},
			Scores{Grader: GraderVersion, Security: new(100), Grade: "A+", Risk: "none", Findings: none},
		},
		"audits of which one is missing": {
			Measured{SEO: perfect[1:], Traffic: traffic},
			Scores{Grader: GraderVersion, Security: new(100), Grade: "A+", Risk: "none", Traffic: at(80), Findings: none},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Grade(c.measured); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// testsWith are all tests of the Observatory with their modifiers; 0 for those
// that are not named.
func testsWith(modifiers map[string]int) (tests []ObservatoryTest) {
	for _, name := range ObservatoryTests {
		tests = append(tests, ObservatoryTest{Name: name, Modifier: modifiers[name]})
	}
	return tests
}

// TestWhatWasNotSeenHasNoGrade has scans that could not look at what a grade
// is about.
func TestWhatWasNotSeenHasNoGrade(t *testing.T) {
	site := Target{Kind: URLTarget, Value: "https://example.com/"}
	host := Target{Kind: HostTarget, Value: "example.com"}
	for name, c := range map[string]struct {
		target  Target
		headers Outcome
		open    []int
		graded  bool
	}{
		"a site that was looked at":             {site, Tested, []int{443}, true},
		"a site that gives errors only":         {site, Skipped, []int{443}, false},
		"a site that is refused on the way":     {site, Refused, nil, false},
		"a host with a site":                    {host, Tested, []int{22, 443}, true},
		"a host with another service":           {host, Skipped, []int{22}, true},
		"a host whose site gives errors only":   {host, Skipped, []int{22, 80}, false},
		"a host on which nothing stands open":   {host, Skipped, nil, false},
		"a host whose site did not answer soon": {host, TimedOut, []int{443}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(Scan)
			events := []Event{ScanRequested{Target: c.target, Profile: Quick, Probes: []Tool{Ports, Headers}}}
			for _, port := range c.open {
				events = append(events, PortFound{Tool: Ports, Port: Port{Port: port, Protocol: "tcp"}})
			}
			events = append(events, ProbeFinished{Tool: Ports, Outcome: Tested})
			for i, e := range events {
				s.Apply(Envelope{Version: i + 1, Event: e})
			}
			s.Apply(Envelope{Version: len(events) + 1, Event: ProbeFinished{Tool: Headers, Outcome: c.headers}})
			if got := Grade(s.Measured()); (got.Security != nil) != c.graded || (got.Grade != "") != c.graded || (got.Risk != "") != c.graded {
				t.Errorf("the scores are %+v", got)
			}
		})
	}
}

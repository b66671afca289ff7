package domain

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
)

var write = flag.Bool("write", false, "add the scores by a new grader to the stories")

// story is a scan's history, and its scores by each version of the rules.
type story struct {
	Name   string                     `json:"name"`
	Events []told                     `json:"events"`
	Scores map[string]json.RawMessage `json:"scores"`
}

type told struct {
	Type    string          `json:"type"`
	Version int             `json:"version"`
	Payload json.RawMessage `json:"payload"`
}

const storiesFile = "testdata/stories.json"

func stories(t *testing.T) (all []story) {
	t.Helper()
	raw, err := os.ReadFile(storiesFile)
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil || len(all) < 30 {
		t.Fatalf("%d stories, %v", len(all), err)
	}
	return all
}

func (s story) scan(t *testing.T) *Scan {
	t.Helper()
	scan := new(Scan)
	for i, e := range s.Events {
		event, err := Decode(e.Type, e.Version, e.Payload)
		if err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		scan.Apply(Envelope{Version: i + 1, Event: event})
	}
	return scan
}

// TestGradersNeverChange grades stories that were kept: what a version once
// gave it gives for ever. With -write the scores of a version that is new are
// added; those that are there are never written again.
func TestGradersNeverChange(t *testing.T) {
	all := stories(t)
	differ := map[int]bool{}
	for i, s := range all {
		seen := s.scan(t).Measured()
		for _, g := range Graders {
			got, err := json.Marshal(g.Grade(seen))
			if err != nil {
				t.Fatal(err)
			}
			version := strconv.Itoa(g.Version)
			want, known := s.Scores[version]
			switch {
			case !known && *write:
				all[i].Scores[version] = got
			case !bytes.Equal(got, want):
				t.Errorf("%s by version %d: %s\nwas %s", s.Name, g.Version, got, want)
			}
			if before := s.Scores[strconv.Itoa(g.Version-1)]; before != nil && !bytes.Equal(bytes.Replace(before, []byte(`"grader":`+strconv.Itoa(g.Version-1)), []byte(`"grader":`+version), 1), got) {
				differ[g.Version] = true
			}
		}
	}
	if *write {
		writeStories(t, all)
	}
	for _, g := range Graders[1:] {
		if !differ[g.Version] {
			t.Errorf("no story tells version %d from the one before", g.Version)
		}
	}
}

func writeStories(t *testing.T, all []story) {
	t.Helper()
	var lines []string
	for _, s := range all {
		line, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	if err := os.WriteFile(storiesFile, []byte("[\n"+strings.Join(lines, ",\n")+"\n]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestGraderVersions(t *testing.T) {
	for i, g := range Graders {
		if got, err := GraderOf(i + 1); err != nil || got.Version != i+1 || g.Says == "" {
			t.Errorf("version %d is %+v, %v", i+1, got, err)
		}
	}
	for _, none := range []int{-1, 0, len(Graders) + 1} {
		if _, err := GraderOf(none); CodeOf(err) != Invalid {
			t.Errorf("version %d: %v", none, err)
		}
	}
	if GraderVersion != Graders[len(Graders)-1].Version || Grade(Measured{}).Grader != GraderVersion {
		t.Errorf("the newest is %d of %d", GraderVersion, len(Graders))
	}
}

// TestUnseenWebServers has hosts with a web server that nobody could look at.
func TestUnseenWebServers(t *testing.T) {
	on := func(port int, name string) Service { return Service{Port: port, Protocol: "tcp", Name: name} }
	for name, c := range map[string]struct {
		target         TargetKind
		headers, ports Outcome
		open           []int
		services       []Service
		first, second  bool // whether there is a grade by version 1 and by 2
	}{
		"a site":                                  {URLTarget, Tested, Tested, []int{443}, nil, true, true},
		"a site that did not answer":              {URLTarget, TimedOut, Tested, []int{22}, nil, false, false},
		"a host without a web server":             {HostTarget, Skipped, Tested, []int{22}, []Service{on(22, "ssh")}, true, true},
		"a web server on another port":            {HostTarget, Skipped, Tested, []int{22, 9123}, []Service{on(22, "ssh"), on(9123, "http")}, true, false},
		"what usually is one, and says nothing":   {IPTarget, TimedOut, Tested, []int{8080}, []Service{on(8080, "http-proxy")}, true, false},
		"one that was looked at on another port":  {HostTarget, Tested, Tested, []int{8080}, []Service{on(8080, "http")}, true, true},
		"ports that were not all looked at":       {HostTarget, Skipped, TimedOut, []int{22}, nil, true, false},
		"a web server that refuses to be seen":    {HostTarget, Refused, Tested, []int{22}, nil, true, false},
		"a look at the headers that broke":        {HostTarget, Failed, Tested, []int{22}, nil, true, false},
		"nothing that stands open":                {HostTarget, Skipped, Tested, nil, nil, false, false},
		"a web server on the usual port, unseen":  {HostTarget, Skipped, Tested, []int{80}, nil, false, false},
		"a site that refuses, with all its ports": {URLTarget, Refused, Tested, []int{80, 443}, nil, false, false},
	} {
		m := Measured{Target: c.target, Probes: map[Tool]Outcome{Ports: c.ports, Headers: c.headers}, OpenPorts: c.open, Services: c.services}
		for i, want := range []bool{c.first, c.second} {
			s := Graders[i].Grade(m)
			if (s.Security != nil) != want || (s.Grade != "") != want || (s.Risk != "") != want {
				t.Errorf("%s, version %d: %+v", name, i+1, s)
			}
		}
	}
	alone := Measured{Target: HostTarget, Probes: map[Tool]Outcome{TLS: Tested}, OpenPorts: []int{443}}
	if Grade(alone).Security == nil {
		t.Error("a scan of TLS alone has no grade")
	}
}

// TestRegrade applies versions to a scan, and splits what has changed.
func TestRegrade(t *testing.T) {
	events := func(seen ...Event) []Event {
		all := append([]Event{ScanRequested{Scan: uuid.UUID{1}, Account: uuid.UUID{9}, Target: Target{Kind: HostTarget, Value: "a.example"}, Profile: Quick, Probes: []Tool{Ports, Headers}}}, seen...)
		return append(all, ProbeFinished{Tool: Ports, Outcome: Tested}, ProbeFinished{Tool: Headers, Outcome: Skipped})
	}
	graded := func(version int, all []Event) *Scan {
		s := new(Scan)
		for i, e := range all {
			s.Apply(Envelope{Version: i + 1, Event: e})
		}
		s.Apply(Envelope{Version: len(all) + 1, Event: ScanCompleted{Graders[version-1].Grade(s.Measured())}})
		return s
	}
	ssh := PortFound{Tool: Ports, Port: Port{Port: 22, Protocol: "tcp"}}
	web := []Event{ssh, PortFound{Tool: Ports, Port: Port{Port: 8080, Protocol: "tcp"}}, ServiceIdentified{Tool: Ports, Service: Service{Port: 8080, Protocol: "tcp", Name: "http"}}}
	weak := FindingRaised{Tool: Ports, Finding: "a", Severity: High}
	late := ProbeFinished{Tool: DNS, Outcome: TimedOut} // which only the third version heeds
	tls := ProbeFinished{Tool: TLS, Outcome: Tested}
	now, before := graded(1, events(ssh, weak, late, tls)), graded(1, events(ssh, late, tls))
	before.ScanRequested.Scan = uuid.UUID{2}

	got, err := now.Regrade(Graders[2], before)
	want := ScanRegraded{Scores: Graders[2].Grade(now.Measured()), Before: now.Scores, Change: Change{new(-7), new(0), new(-7)}, Since: &Earlier{
		Scan: uuid.UUID{2}, Version: 7, Grader: 1, Score: new(100), Ruled: new(84), Change: Change{new(-16), new(0), new(-16)},
	}}
	if err != nil || !reflect.DeepEqual(got, []Event{want}) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	now.Apply(Envelope{Version: 6, Event: want})
	if again, err := now.Regrade(Graders[2], before); err != nil || again != nil || now.State != Completed || now.Scores.Grader != 3 {
		t.Errorf("again: %+v, %v, %+v", again, err, now.Scores)
	}
	if same, err := graded(1, events(ssh, weak)).Regrade(Graders[1], nil); err != nil || same != nil {
		t.Errorf("the same scores by another version: %+v, %v", same, err)
	}
	unseen, err := graded(1, events(web...)).Regrade(Graders[1], nil)
	if e := unseen[0].(ScanRegraded); err != nil || e.Security != nil || *e.Before.Security != 100 || e.Change != (Change{}) || e.Since != nil {
		t.Errorf("what was not seen: %+v, %v", e, err)
	}
	other := graded(1, events(ssh))
	other.Target.Value = "b.example"
	if _, err := graded(1, events(ssh)).Regrade(Graders[1], other); CodeOf(err) != Invalid {
		t.Errorf("since another target: %v", err)
	}
	for _, end := range []Event{ScanFailed{}, ScanCancelled{}, ScanStarted{}, ScanErased{}} {
		s := scanWith(end)
		if _, err := s.Regrade(Graders[1], nil); CodeOf(err) != Conflict {
			t.Errorf("after %T: %v", end, err)
		}
	}
}

// TestChanged splits a change between the site and the ruler.
func TestChanged(t *testing.T) {
	for _, c := range []struct {
		from, ruled, to *int
		want            Change
	}{
		{new(90), new(80), new(85), Change{new(-5), new(5), new(-10)}},
		{new(90), new(90), new(70), Change{new(-20), new(-20), new(0)}},
		{nil, new(90), new(70), Change{}},
		{new(90), nil, new(70), Change{}},
		{new(90), new(90), nil, Change{}},
	} {
		if got := changed(c.from, c.ruled, c.to); !reflect.DeepEqual(got, c.want) {
			t.Errorf("got %+v, want %+v", got, c.want)
		}
	}
}

// TestNext has the fewest fixes that lift a grade.
func TestNext(t *testing.T) {
	found := func(s ...Severity) (fixes []Fix, n map[Severity]int) {
		n = map[Severity]int{}
		for i, severity := range s {
			fixes = append(fixes, Fix{ID: strconv.Itoa(i), Severity: severity})
			n[severity]++
		}
		return fixes, n
	}
	for name, c := range map[string]struct {
		found []Severity
		grade string
		score int
		ids   []string
	}{
		"the best":                     {[]Severity{Informational}, "", 0, nil},
		"one of several":               {[]Severity{Low, High, Medium}, "A", 92, []string{"1"}},
		"two that weigh the same":      {[]Severity{Low, Low}, "A+", 100, []string{"0", "1"}},
		"more than are worth anything": {slices.Repeat([]Severity{Critical}, 7), "D-", 40, []string{"0", "1", "2", "3"}},
	} {
		fixes, n := found(c.found...)
		next := Graders[1].NextSecurity(Measured{Findings: n}, fixes)
		if (next == nil) != (c.ids == nil) {
			t.Errorf("%s: %+v", name, next)
			continue
		}
		if next == nil {
			continue
		}
		var ids []string
		for _, f := range next.Fixes {
			ids = append(ids, f.ID)
			if f.Kind != FixFinding || f.Points != float64(penalties[f.Severity]) {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if name == "more than are worth anything" {
			c.grade = GradeOf(c.score)
		}
		if next.Grade != c.grade || next.Score != c.score || !slices.Equal(ids, c.ids) {
			t.Errorf("%s: %+v", name, next)
		}
		if len(fixes) > 0 && n[fixes[0].Severity] == 0 {
			t.Errorf("%s: what was measured has changed", name)
		}
	}
	if next := Graders[1].NextSecurity(Measured{Target: URLTarget, Probes: map[Tool]Outcome{Headers: Skipped}}, nil); next != nil {
		t.Errorf("without a grade: %+v", next)
	}
}

// TestNextOverall counts what search engines and visitors miss, too.
func TestNextOverall(t *testing.T) {
	m := Measured{
		Findings: map[Severity]int{Low: 1},
		SEO:      []SEOAudit{{ID: "is-crawlable", Outcome: SEOFail}, {ID: "canonical", Outcome: SEOPass}, {ID: "hreflang", Outcome: SEONotApplicable}},
		Traffic:  []TrafficPart{{Name: "http2", Score: 50}, {Name: "caching", Score: 100}},
	}
	next := Graders[1].NextOverall(m, []Fix{{ID: "f", Severity: Low}})
	if next == nil || next.Grade != "A" || len(next.Fixes) != 1 || next.Fixes[0] != (Fix{Kind: FixSEO, ID: "is-crawlable", Title: "is-crawlable", Points: 24.05}) {
		t.Fatalf("%+v", next)
	}
	if len(m.SEO) != 3 || m.SEO[0].Outcome != SEOFail || m.Traffic[0].Score != 50 || m.Findings[Low] != 1 {
		t.Errorf("what was measured has changed: %+v", m)
	}
	m.SEO[0].Outcome = SEOPass
	if next := Graders[1].NextOverall(m, []Fix{{ID: "f", Severity: Low}}); next != nil {
		t.Errorf("beyond the best: %+v", next)
	}
}

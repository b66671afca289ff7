package domain

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// scanWith folds a scan of two probes and what happened to it since.
func scanWith(events ...Event) *Scan {
	s := new(Scan)
	events = append([]Event{ScanRequested{Scan: uuid.UUID{1}, Target: Target{Kind: HostTarget, Value: "a.example"}, Probes: []Tool{Ports, TLS}}}, events...)
	for i, e := range events {
		s.Apply(Envelope{Version: i + 1, Event: e})
	}
	return s
}

func TestScanStates(t *testing.T) {
	for _, c := range []struct {
		then  Event
		state State
		over  bool
	}{
		{ProbeProgressed{Tool: Ports, Percent: 5}, Requested, false},
		{ScanStarted{}, Started, false},
		{ScanCompleted{}, Completed, true},
		{ScanFailed{}, ScanFail, true},
		{ScanCancelled{}, Cancelled, true},
		{ScanErased{}, ErasedScan, true},
	} {
		s := scanWith(c.then)
		if s.State != c.state || s.State.Over() != c.over || s.Version != 2 {
			t.Errorf("after %T: %q, version %d", c.then, s.State, s.Version)
		}
		_, started := s.Start("w")
		_, cancelled := s.Cancel("x")
		_, observed := s.Observe(Ports, 1, []Observation{Port{Port: 1}})
		_, finished := s.Finish(ProbeFinished{Tool: Ports, Lease: 1, Outcome: Tested})
		for what, err := range map[string]error{"start": started, "cancel": cancelled, "observe": observed, "finish": finished} {
			if (CodeOf(err) == Over) != c.over || err != nil && !c.over {
				t.Errorf("%s after %T: %v", what, c.then, err)
			}
		}
		if _, err := s.Request(ScanRequested{Probes: []Tool{Ports}}); CodeOf(err) != Conflict {
			t.Errorf("request after %T: %v", c.then, err)
		}
	}
	if len(States) != 6 {
		t.Errorf("states %q", States)
	}
}

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		events []Event
		want   int
	}{
		{nil, 0},
		{[]Event{ProbeProgressed{Tool: Ports, Percent: 50}}, 25},
		{[]Event{ProbeProgressed{Tool: Ports, Percent: 50}, ProbeProgressed{Tool: Ports, Percent: 20}}, 25},
		{[]Event{ProbeFinished{Tool: Ports, Outcome: TimedOut}}, 50},
		{[]Event{ProbeFinished{Tool: Ports}, ProbeFinished{Tool: TLS}}, 99},
		{[]Event{ScanCancelled{}}, 100},
	} {
		if got := scanWith(c.events...).Progress(); got != c.want {
			t.Errorf("after %+v: %d, want %d", c.events, got, c.want)
		}
	}
	if got := Progress(Started, nil); got != 0 {
		t.Errorf("without probes: %d", got)
	}
}

// TestAdvance writes how far a probe has come in steps of ten, never back and
// never to its end, however many sightings come at once.
func TestAdvance(t *testing.T) {
	for _, c := range []struct{ before, seen, want []int }{
		{nil, []int{5}, nil},
		{nil, []int{10}, []int{10}},
		{nil, []int{10, 11, 19, 20, 25, 35}, []int{10, 20, 35}},
		{nil, []int{50, 20, 55, 60}, []int{50, 60}},
		{[]int{40}, []int{45, 49, 50}, []int{50}},
		{nil, []int{95, 100, 200}, []int{95}},
		{nil, []int{-10}, nil},
	} {
		var before []Event
		for _, p := range c.before {
			before = append(before, ProbeProgressed{Tool: Ports, Lease: 1, Percent: p})
		}
		var seen []Observation
		for _, p := range c.seen {
			seen = append(seen, Advance{Percent: p})
		}
		events, err := scanWith(before...).Observe(Ports, 1, seen)
		var got []int
		for _, e := range events {
			got = append(got, e.(ProbeProgressed).Percent)
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("advances %v after %v: %v, %v, want %v", c.seen, c.before, got, err, c.want)
		}
	}
}

// TestObserveTidies writes hostile bytes down as text that can be stored.
func TestObserveTidies(t *testing.T) {
	seen := []Observation{
		Weakness{Advisory: Advisory{ID: "a\x00b"}, Detail: "\xff" + strings.Repeat("ü", maxText)},
		DNSZone{Domain: "a.example", Records: map[string][]string{"TXT\x00": {"\x00\xfe"}}},
	}
	s := scanWith()
	events, err := s.Observe(Ports, 1, seen)
	if err != nil || len(events) != 2 {
		t.Fatalf("%+v, %v", events, err)
	}
	f := events[0].(FindingRaised)
	if f.Finding != "a\ufffdb" || !strings.HasPrefix(f.Detail, "\ufffdü") || len(f.Detail) > maxText || !strings.HasSuffix(f.Detail, "ü…") {
		t.Errorf("finding %q: %d bytes, %.20q", f.Finding, len(f.Detail), f.Detail)
	}
	if r := events[1].(ObservationRecorded); strings.Contains(string(r.Value), `\u0000`) {
		t.Errorf("fact %s", r.Value)
	}
	for i, e := range events {
		s.Apply(Envelope{Version: i + 2, Event: e})
	}
	if again, err := s.Observe(Ports, 1, seen); err != nil || len(again) != 0 {
		t.Errorf("seen again: %+v, %v", again, err)
	}
	done, err := s.Finish(ProbeFinished{Tool: Ports, Lease: 1, Reason: "\x00", Coverage: []Coverage{{What: "\xff", Outcome: Failed}}})
	if p := done[0].(ProbeFinished); err != nil || p.Reason != "\ufffd" || p.Coverage[0].What != "\ufffd" {
		t.Errorf("finished %+v, %v", p, err)
	}
}

// TestListsAreNeverNull writes observations without anything in them: readers
// of JSON find empty lists and maps.
func TestListsAreNeverNull(t *testing.T) {
	seen := []Observation{Weakness{}, TLSEndpoint{Certificate: new(Certificate)}, DNSZone{}}
	events, err := scanWith().Observe(Ports, 1, seen)
	if err != nil || len(events) != len(seen) {
		t.Fatalf("%+v, %v", events, err)
	}
	finished, err := scanWith(ProbeFinished{Tool: TLS, Outcome: Tested}).Finish(ProbeFinished{Tool: Ports, Lease: 1, Outcome: Tested})
	if err != nil || len(finished) != 2 {
		t.Fatalf("%+v, %v", finished, err)
	}
	for _, e := range append(events, finished[0]) {
		if _, payload, err := Encode(e); err != nil || strings.Contains(string(payload), "null") {
			t.Errorf("%s, %v", payload, err)
		}
	}
}

// TestObserveRefuses has observations that could not be read again.
func TestObserveRefuses(t *testing.T) {
	for name, o := range map[string]Observation{
		"coverage, which is told at the end": Coverage{What: "all", Outcome: Failed},
		"a number that is none":              TrafficPart{Name: "a", Value: math.NaN()},
	} {
		if events, err := scanWith().Observe(Ports, 1, []Observation{o}); err == nil {
			t.Errorf("%s: %+v", name, events)
		}
	}
	if _, err := scanWith().Observe(DNS, 1, nil); CodeOf(err) != Invalid {
		t.Errorf("a probe that was not asked for: %v", err)
	}
}

// TestObserveNamesEachAnswer: two probes look at one page, and what each rests on
// is in the chain.
func TestObserveNamesEachAnswer(t *testing.T) {
	visit := func(evidence Hash) Observation { return Visit{URL: "https://a.example/", Evidence: evidence} }
	s := scanWith()
	events, err := s.Observe(Ports, 1, []Observation{visit("of one"), visit("of one"), visit("of another")})
	if err != nil || len(events) != 2 {
		t.Fatalf("%+v, %v", events, err)
	}
	for i, e := range events {
		s.Apply(Envelope{Version: i + 2, Event: e})
	}
	if again, err := s.Observe(Ports, 1, []Observation{visit("of another"), visit("of a third")}); err != nil || len(again) != 1 {
		t.Errorf("seen again: %+v, %v", again, err)
	}
}

func TestRequestWithoutProbes(t *testing.T) {
	if _, err := new(Scan).Request(ScanRequested{Probes: Profile("none").Tools()}); CodeOf(err) != Invalid {
		t.Errorf("%v", err)
	}
}

func TestRunningClaim(t *testing.T) {
	claims := map[string]bool{}
	for _, account := range []uuid.UUID{{1}, {2}} {
		for _, target := range []Target{{Value: "a", Domain: "a"}, {Value: "a", Domain: "b"}, {Value: "b", Domain: "b"}} {
			claims[RunningClaim(account, target)] = true
		}
	}
	if len(claims) != 4 { // the name by which a target is asked for makes no other one of it
		t.Errorf("claims %v", claims)
	}
}

// TestFinishInPart: a scan by one other scanner that broke off has a report of
// what it came to, and none where it came to nothing.
func TestFinishInPart(t *testing.T) {
	some, none := []Coverage{{What: "22/tcp", Outcome: Tested}, {What: "the rest", Outcome: TimedOut}}, []Coverage{{What: "all", Outcome: TimedOut}}
	for name, c := range map[string]struct {
		profile  Profile
		coverage []Coverage
		want     Event
	}{
		"some":                {NmapFull, some, ScanCompleted{}},
		"nothing":             {NmapFull, none, ScanFailed{}},
		"no line at all":      {NmapFull, nil, ScanFailed{}},
		"of the built-in one": {Standard, some, ScanFailed{}},
	} {
		s := new(Scan)
		s.Apply(Envelope{Version: 1, Event: ScanRequested{Scan: uuid.UUID{1}, Profile: c.profile, Target: Target{Kind: HostTarget, Value: "a.example"}, Probes: []Tool{NmapTool}}})
		events, err := s.Finish(ProbeFinished{Tool: NmapTool, Lease: 1, Outcome: TimedOut, Reason: "partial", Coverage: c.coverage})
		if err != nil || len(events) != 2 || reflect.TypeOf(events[1]) != reflect.TypeOf(c.want) {
			t.Errorf("%s: %+v, %v; want %T", name, events, err, c.want)
		} else if done, whole := events[1].(ScanCompleted); whole && (done.Scores.Security != nil || done.Scores.Grade != "" || done.Scores.Risk != "") {
			t.Errorf("%s: it is graded: %+v", name, done.Scores)
		}
	}
}

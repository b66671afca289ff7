package domain

import (
	"reflect"
	"slices"
	"testing"
)

// TestBasis has scans of which some probes could not look. Each word of ended is
// a probe and how it ended.
func TestBasis(t *testing.T) {
	site, host := URLTarget, HostTarget
	type ended map[Tool]Outcome
	all := ended{Ports: Tested, TLS: Tested, Headers: Tested, Cookies: Tested, Content: Tested, DNS: Tested, SEO: Tested, Traffic: Tested, Vitals: Skipped}
	but := func(others ended) ended {
		e := ended{}
		for tool, outcome := range all {
			e[tool] = outcome
		}
		for tool, outcome := range others {
			e[tool] = outcome
		}
		return e
	}
	for name, c := range map[string]struct {
		target   TargetKind
		ended    ended
		lines    map[Tool]Lines
		open     []int
		untested []Tool
		score    *int // of a target on which nothing was found
		grade    string
		risk     string
	}{
		"everything":                              {site, all, nil, nil, nil, new(100), "A+", "none"},
		"what nothing was there for":              {site, but(ended{TLS: Skipped, DNS: Skipped}), nil, nil, nil, new(100), "A+", "none"},
		"what is not about security":              {site, but(ended{SEO: TimedOut, Traffic: Failed, Vitals: TimedOut}), nil, nil, nil, new(100), "A+", "none"},
		"a scan of one part alone":                {site, ended{TLS: Tested}, nil, nil, nil, new(100), "A+", "none"},
		"all but the TLS":                         {site, but(ended{TLS: TimedOut}), nil, nil, []Tool{TLS}, new(84), "B+", "medium"},
		"half of it":                              {site, but(ended{TLS: Failed, DNS: TimedOut, Ports: TimedOut}), nil, nil, []Tool{DNS, Ports, TLS}, nil, "", ""},
		"one more than half":                      {site, but(ended{TLS: Failed, DNS: TimedOut}), nil, nil, []Tool{DNS, TLS}, new(84), "B+", "medium"},
		"headers without a page":                  {site, but(ended{Content: Refused}), nil, nil, []Tool{Content}, nil, "", ""},
		"a page that is nowhere":                  {site, but(ended{Content: Skipped}), nil, nil, []Tool{Content}, nil, "", ""},
		"a host without a web server":             {host, but(ended{TLS: Skipped, Headers: Skipped, Cookies: Skipped, Content: Skipped}), nil, []int{22}, nil, new(100), "A+", "none"},
		"a page that did not come to its end":     {site, but(ended{Content: TimedOut}), nil, nil, []Tool{Content}, nil, "", ""},
		"headers that were asked for in vain":     {site, all, map[Tool]Lines{Headers: {5, 6}}, nil, []Tool{Headers}, nil, "", ""},
		"some lines of the DNS":                   {site, all, map[Tool]Lines{DNS: {6, 6}}, nil, nil, new(100), "A+", "none"},
		"most lines of the DNS":                   {site, all, map[Tool]Lines{DNS: {5, 6}}, nil, []Tool{DNS}, new(84), "B+", "medium"},
		"a host behind a firewall, without a web": {host, but(ended{TLS: TimedOut, Headers: TimedOut, Cookies: TimedOut, Content: TimedOut}), nil, []int{22}, nil, new(100), "A+", "none"},
		"a host whose web nobody could look at":   {host, but(ended{Headers: TimedOut, Cookies: TimedOut, Content: TimedOut}), nil, []int{22, 443}, []Tool{Content, Cookies, Headers}, nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := Measured{Target: c.target, Probes: c.ended, Lines: c.lines, OpenPorts: c.open}
			b := Graders[2].Basis(m)
			s := Graders[2].Grade(m)
			if len(c.untested)+len(b.Untested) > 0 && !slices.Equal(b.Untested, c.untested) || (b.Limit == 84) != (len(c.untested) > 0) || slices.Contains(b.Tested, SEO) {
				t.Errorf("it rests on %+v", b)
			}
			if !reflect.DeepEqual(s.Security, c.score) || s.Grade != c.grade || s.Risk != c.risk {
				t.Errorf("it is graded %+v", s)
			}
			if b := Graders[1].Basis(m); b.Limit != 100 {
				t.Errorf("by version 2 the best is %d", b.Limit)
			}
		})
	}
}

// TestBasisIsNoPardon keeps the score of a target on which more was found than
// its basis takes.
func TestBasisIsNoPardon(t *testing.T) {
	m := Measured{Target: URLTarget, Probes: map[Tool]Outcome{Headers: Tested, Content: Tested, TLS: TimedOut}, Findings: map[Severity]int{Critical: 2}}
	if s := Graders[2].Grade(m); *s.Security != 60 || s.Risk != "high" {
		t.Errorf("%+v", s)
	}
	if next := Graders[2].NextSecurity(m, []Fix{{ID: "a", Severity: Critical}, {ID: "b", Severity: Critical}}); next == nil || next.Score != 80 {
		t.Errorf("the next grade is %+v", next)
	}
	m.Findings = map[Severity]int{Low: 1}
	if next := Graders[2].NextSecurity(m, []Fix{{ID: "a", Severity: Low}}); next != nil {
		t.Errorf("fixes lift what was not looked at: %+v", next)
	}
}

// TestLinesOf counts what says something of how far a probe has looked.
func TestLinesOf(t *testing.T) {
	got := LinesOf([]Coverage{
		{What: "forms", Outcome: Tested}, {What: "skimmers", Outcome: TimedOut}, {What: "/a", Outcome: Refused}, {What: "/b", Outcome: Failed},
		{What: "/c", Outcome: Skipped}, {What: "1-1000/tcp", Outcome: Tested}, {What: "25,80/tcp", Outcome: TimedOut}, {What: "service on 25/tcp", Outcome: TimedOut},
	})
	if got != (Lines{Tested: 1, Open: 4}) {
		t.Errorf("%+v", got)
	}
}

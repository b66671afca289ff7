package domain

import (
	"slices"
	"strings"
)

// Grader is one version of the rules by which a scan is graded: a pure function
// of what the scan saw.
type Grader struct {
	Version int
	Says    string // what it judges otherwise than the version before
	// blind says whether too little was seen for a security grade.
	blind func(Measured) bool
	// strict rules give no score of the Observatory or of search engine audits of
	// which one could not be made, and no best grade that leaves a probe open.
	strict bool
}

// Graders lists every version that has ever graded a scan, oldest first. None of
// them changes: the same evidence has the same scores under a version for ever
// (testdata/stories holds them to it). Other rules are another version.
var Graders = []Grader{
	{1, "the first rules", blindOnUsualPorts, false},
	{2, "a host whose web server nobody could look at has no security grade, whatever port that is on; nor has one whose ports were not all looked at, " +
		"or whose web server refused to be", blindToAnyWeb, false},
	{3, "a security grade rests on more than half of the probes that had something to look at, and of a web server on its headers and its page; where one of them " +
		"could not look, or left more open than it tested, the score is 84 (B+) at most; where a test of the Observatory or a search engine audit could not be made, " +
		"that score is not given", blindToMost, true},
}

// GraderVersion is the newest version, by which scans are graded as they end.
const GraderVersion = 3

// GraderOf is the version of the rules; Invalid when there is none.
func GraderOf(version int) (Grader, error) {
	if version < 1 || version > len(Graders) {
		return Grader{}, Errorf(Invalid, "there is no grader %d: they are 1 to %d", version, len(Graders))
	}
	return Graders[version-1], nil
}

// blindOnUsualPorts wants the headers of a site to be tested, and of a host that
// something stands open, and the headers too where that is a web server on one
// of the usual ports.
func blindOnUsualPorts(m Measured) bool {
	headers, asked := m.Probes[Headers]
	usual := func(port int) bool { return port == 80 || port == 443 }
	return asked && headers != Tested &&
		(m.Target == URLTarget || slices.ContainsFunc(m.OpenPorts, usual) || len(m.OpenPorts) == 0)
}

// blindToAnyWeb wants the headers of a site to be tested. Of a host it takes
// less where there is no web server: its ports were looked at to the end,
// something else stands open, and nothing has refused or broken the look at its
// headers.
func blindToAnyWeb(m Measured) bool {
	headers, asked := m.Probes[Headers]
	ports, listed := m.Probes[Ports]
	switch {
	case !asked:
		return false
	case headers == Tested:
		return false
	case m.Target == URLTarget, headers == Refused, headers == Failed:
		return true
	case listed && ports != Tested, len(m.OpenPorts) == 0:
		return true
	default:
		return m.hasWeb()
	}
}

// hasWeb says whether a web server was seen: on one of its usual ports, or on
// any other by what speaks there or usually stands behind it.
func (m Measured) hasWeb() bool {
	return slices.ContainsFunc(m.OpenPorts, func(port int) bool { return port == 80 || port == 443 }) ||
		slices.ContainsFunc(m.Services, func(s Service) bool { return strings.Contains(s.Name, "http") })
}

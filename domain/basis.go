package domain

import "slices"

// Basis is what a security grade rests on: the probes that are about security
// and have ended. One that had nothing to look at is in neither list.
type Basis struct {
	Tested   []Tool `json:"tested"`   // those that could look
	Untested []Tool `json:"untested"` // those that could not, or left more open than they tested
	Limit    int    `json:"limit"`    // the best score that the rules give for it
}

// Lines is how much of a probe's coverage was tested, and how much was left
// open: begun and not finished, refused, or broken.
type Lines struct{ Tested, Open int }

// LinesOf counts lines of coverage. What was skipped counts as neither, nor does
// a list of ports: that a port is silent is what looking at it has shown.
func LinesOf(coverage []Coverage) (n Lines) {
	for _, c := range coverage {
		switch {
		case isPorts(c.What):
		case c.Outcome == Tested:
			n.Tested++
		case c.Outcome == TimedOut, c.Outcome == Refused, c.Outcome == Failed:
			n.Open++
		}
	}
	return n
}

// partialLimit is the best score of a grade that leaves a probe open, the best
// of a B+: an A says that a target was looked at.
const partialLimit = 84

var (
	// notSecurity are the probes that no security grade is about.
	notSecurity = []Tool{SEO, Traffic, Vitals}
	// ofWebServers are the probes that have nothing to look at without a web server.
	ofWebServers = []Tool{TLS, Headers, Cookies, Content, Crawl}
)

// Basis says what the security grade of a scan rests on. Versions 1 and 2 give
// the best score whatever that is.
func (g Grader) Basis(m Measured) Basis {
	b := m.basis()
	if g.strict && len(b.Untested) > 0 {
		b.Limit = partialLimit
	}
	return b
}

func (m Measured) basis() Basis {
	b := Basis{Tested: []Tool{}, Untested: []Tool{}, Limit: fullScore}
	for tool, outcome := range m.Probes {
		switch {
		case slices.Contains(notSecurity, tool), outcome == "", m.idle(tool), outcome == Skipped && !m.lost(tool):
		case m.looked(tool):
			b.Tested = append(b.Tested, tool)
		default:
			b.Untested = append(b.Untested, tool)
		}
	}
	slices.Sort(b.Tested)
	slices.Sort(b.Untested)
	return b
}

// looked says whether a probe could look: it tested, and left no more open than
// it tested.
func (m Measured) looked(t Tool) bool {
	return m.Probes[t] == Tested && m.Lines[t].Open <= m.Lines[t].Tested
}

// idle says whether a probe waited in vain for a web server on a host whose ports
// were looked at and that has none.
func (m Measured) idle(t Tool) bool {
	return slices.Contains(ofWebServers, t) && m.Probes[t] == TimedOut && m.Target != URLTarget &&
		m.looked(Ports) && len(m.OpenPorts) > 0 && !m.hasWeb()
}

// lost says whether a probe found no page where another found a web server: behind
// a redirection that leads nowhere.
func (m Measured) lost(t Tool) bool {
	return t == Content && m.Probes[Content] == Skipped && m.looked(Headers)
}

// blindToMost is blindToAnyWeb, and wants more than half of the probes to have
// looked that had something to look at, and of a web server its headers and its
// page both.
func blindToMost(m Measured) bool {
	b := m.basis()
	unseen := func(t Tool) bool { return slices.Contains(b.Untested, t) }
	return blindToAnyWeb(m) || unseen(Headers) || unseen(Content) || len(b.Untested) > 0 && len(b.Tested) <= len(b.Untested)
}

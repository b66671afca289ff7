package domain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// ScanCheck folds a scan's history again and compares what the history says
// of itself: that everything was seen once, that nothing follows the end, and
// that the grade follows from what was measured.
type ScanCheck struct {
	// Named is the evidence that events name, with the first version that does.
	Named   map[Hash]int
	stream  Stream
	verdict *Verdict
	scan    Scan
	told    map[string]int
}

// NewScanCheck begins a scan's history.
func NewScanCheck(s Stream, v *Verdict) *ScanCheck {
	return &ScanCheck{Named: map[Hash]int{}, stream: s, verdict: v, told: map[string]int{}}
}

// Next takes the next event. It says whether the history can be folded
// further: nothing can be made of one that does not begin with its request.
func (c *ScanCheck) Next(e Envelope) bool {
	request, opens := e.Event.(ScanRequested)
	switch {
	case opens != (c.scan.State == ""):
		c.fault(e.Version, "scan.requested as the first event and no other", "", e.Event.Kind())
		return false
	case opens && NewStream(ScanFamily, request.Scan) != c.stream:
		c.fault(e.Version, "scan of the stream", string(c.stream), request.Scan.String())
	case opens && request.Account != e.Owner:
		c.fault(e.Version, "account of the scan", e.Owner.String(), request.Account.String())
	}
	if c.scan.State.Over() && !follows(e.Event) {
		c.fault(e.Version, "nothing after the end of the scan", string(c.scan.State), e.Event.Kind())
	}
	c.once(e)
	if done, ok := e.Event.(ScanCompleted); ok {
		c.grade(e.Version, done.Scores)
	}
	if again, regraded := e.Event.(ScanRegraded); regraded {
		c.regrade(e.Version, again)
	}
	if told, compared := e.Event.(ScanCompared); compared {
		c.compared(e.Version, told)
	}
	c.scan.Apply(e)
	return true
}

// once notes what the event says was seen, and the evidence that it names.
func (c *ScanCheck) once(e Envelope) {
	var k string
	var evidence Hash
	switch event := e.Event.(type) {
	case PortFound:
		k = key(event.Port)
		c.verdict.Checked.Ports++
	case ServiceIdentified:
		k, evidence = key(event.Service), event.Service.Evidence
	case FindingRaised:
		k, evidence = findingKey(event.Finding, event.Where), event.Evidence
		c.verdict.Checked.Findings++
	case ObservationRecorded:
		fact, err := ReadFact(event.Name, event.Value)
		if err != nil {
			return // of a shape that is no longer known, and in no report
		}
		k, evidence = key(fact), evidenceOf(fact)
	default:
		return
	}
	if first := c.told[k]; first > 0 {
		c.fault(e.Version, "told once: "+k, "version "+strconv.Itoa(first)+" alone", "again")
	} else {
		c.told[k] = e.Version
	}
	if _, known := c.Named[evidence]; evidence != "" && !known {
		c.Named[evidence] = e.Version
	}
}

func evidenceOf(fact Observation) Hash {
	switch fact := fact.(type) {
	case TLSEndpoint:
		return fact.Evidence
	case DNSZone:
		return fact.Evidence
	case Visit:
		return fact.Evidence
	case PageVitals:
		return fact.Evidence
	default:
		return ""
	}
}

// grade grades again, by the rules by which it was graded.
func (c *ScanCheck) grade(version int, found Scores) {
	c.verdict.Checked.Grades++
	g, err := GraderOf(found.Grader)
	if err != nil {
		c.fault(version, "grader", fmt.Sprintf("1 to %d", len(Graders)), strconv.Itoa(found.Grader))
		return
	}
	if g.Version < GraderVersion {
		c.verdict.Checked.OlderGrades++
	}
	c.same(version, "grade", g.Grade(c.scan.Measured()), found)
}

// regrade grades again, and compares what the event says of the scores before
// and of the change. What it says of an earlier scan is held to itself alone:
// that scan's own stream proves the rest.
func (c *ScanCheck) regrade(version int, found ScanRegraded) {
	if c.scan.State != Completed {
		c.fault(version, "grade that was given before", string(Completed), string(c.scan.State))
		return
	}
	c.grade(version, found.Scores)
	c.same(version, "scores before", c.scan.Scores, found.Before)
	c.same(version, "change", changed(c.scan.Scores.Security, found.Security, found.Security), found.Change)
	if e := found.Since; e != nil {
		c.same(version, "change since "+e.Scan.String(), changed(e.Score, e.Ruled, found.Security), e.Change)
	}
}

// compared holds a comparison to itself: it is told once, after the end, each
// finding is in one list, and the lists are as long as they say. The earlier
// scan's own stream proves the rest.
func (c *ScanCheck) compared(version int, found ScanCompared) {
	if !c.scan.State.Over() || c.scan.Compared {
		c.fault(version, "one comparison, after the end of the scan", "", string(c.scan.State))
	}
	listed := map[Fingerprint]bool{}
	for _, list := range []Compared{found.New, found.Fixed, found.Reopened, found.Unchanged, found.NotTestedAgain} {
		if want := min(list.Count, MaxCompared); len(list.Fingerprints) != want {
			c.fault(version, "fingerprints of a list", strconv.Itoa(want), strconv.Itoa(len(list.Fingerprints)))
		}
		for _, f := range list.Fingerprints {
			if listed[f] {
				c.fault(version, "finding in one list", string(f), "in another too")
			}
			listed[f] = true
		}
	}
}

// same compares two values as they are written.
func (c *ScanCheck) same(version int, what string, want, found any) {
	a, err := json.Marshal(want)
	b, err2 := json.Marshal(found)
	if err != nil || err2 != nil || !bytes.Equal(a, b) {
		place, expected, found := JSONDifference(a, b)
		c.fault(version, what+": "+place, expected, found)
	}
}

func (c *ScanCheck) fault(version int, what, expected, found string) {
	c.verdict.Fault(Fault{Stream: c.stream, Version: version, What: what, Expected: expected, Found: found})
}

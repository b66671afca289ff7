package domain

import "github.com/google/uuid"

// ScanRegraded gives a completed scan other scores than it had, by other rules,
// for what it saw then. The scores are those that stand from now on.
type ScanRegraded struct {
	Scores
	Before Scores   `json:"before"`          // that stood until now
	Change Change   `json:"change"`          // of the security score, from those before
	Since  *Earlier `json:"since,omitempty"` // absent where the target had no scan before
}

// Kind implements Event.
func (ScanRegraded) Kind() string { return "scan.regraded" }

// Change is how a security score came to another, in points. All is null where
// one of the two has none.
type Change struct {
	Total *int `json:"total"`
	Site  *int `json:"site"`  // what came from the site: by the same rules other things were seen
	Ruler *int `json:"ruler"` // what came from the rules: what was seen the first time is worth something else
}

// Earlier is the scan before of the same target, and how its security score by
// the rules that graded it came to the one that this scan has.
type Earlier struct {
	Scan    uuid.UUID `json:"scan"`
	Version int       `json:"version"` // of its stream, as it stood
	Grader  int       `json:"grader"`  // that had graded it
	Score   *int      `json:"score"`   // by that one
	Ruled   *int      `json:"ruled"`   // by the rules of this event
	Change  Change    `json:"change"`
}

// changed splits a change: from a score, by what the same evidence is worth
// under other rules, to what other evidence is worth under those.
func changed(from, ruled, to *int) Change {
	if from == nil || ruled == nil || to == nil {
		return Change{}
	}
	return Change{Total: new(*to - *from), Site: new(*to - *ruled), Ruler: new(*ruled - *from)}
}

// Regrade grades a completed scan by a version of the rules; nothing where it has
// the same scores already, be it by another version. Since is the scan before of
// the same target, nil for none. What is not completed has no grade, and is
// refused with Conflict.
func (s *Scan) Regrade(g Grader, since *Scan) ([]Event, error) {
	if s.State != Completed {
		return nil, Errorf(Conflict, "scan %s is %s: only a completed scan has a grade", s.ScanRequested.Scan, s.stateWord())
	}
	if since != nil && (since.State != Completed || since.Account != s.Account || since.Target.Value != s.Target.Value || since.Profile != s.Profile) {
		return nil, Errorf(Invalid, "scan %s is no earlier one of the same target", since.ScanRequested.Scan)
	}
	scores := g.Grade(s.Measured())
	if scores.alike(s.Scores) {
		return nil, nil
	}
	e := ScanRegraded{Scores: scores, Before: s.Scores, Change: changed(s.Scores.Security, scores.Security, scores.Security)}
	if since != nil {
		ruled := g.Grade(since.Measured()).Security
		e.Since = &Earlier{
			Scan: since.ScanRequested.Scan, Version: since.Version, Grader: since.Scores.Grader,
			Score: since.Scores.Security, Ruled: ruled, Change: changed(since.Scores.Security, ruled, scores.Security),
		}
	}
	return []Event{e}, nil
}

// stateWord is the scan's state in messages.
func (s *Scan) stateWord() string {
	if word, over := stateWords[s.State]; over {
		return word
	}
	return string(s.State)
}

package domain

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Ruling is what an account says of one of its findings.
type Ruling string

// The rulings. Without one a finding is what the scanners say it is.
const (
	NoRuling      Ruling = ""
	RiskAccepted  Ruling = "accepted"
	FalsePositive Ruling = "false_positive"
)

// Subject is the finding that a ruling is about, by all that it is known again
// by: other rules for fingerprints find it too.
type Subject struct {
	Finding uuid.UUID `json:"finding"` // its id when the ruling was given
	Target  Target    `json:"target"`
	Seen    []Spot    `json:"seen"` // at least one
}

// Spot is a scanner's rule that a target breaks somewhere.
type Spot struct {
	Rule  string `json:"rule"`
	Where string `json:"where"`
}

// FindingAccepted says that an account lives with a finding.
type FindingAccepted struct {
	Subject
	Reason Sealed     `json:"reason"` // sealed
	Until  *time.Time `json:"until"`  // then it ends by itself; null for never
}

// FindingDismissed says that a finding is none: a false positive.
type FindingDismissed struct {
	Subject
	Reason Sealed     `json:"reason"` // sealed
	Until  *time.Time `json:"until"`  // then it ends by itself; null for never
}

// FindingReopened takes back what was said of a finding.
type FindingReopened struct {
	Subject
	Reason Sealed `json:"reason"` // sealed
}

// Kind implements Event.
func (FindingAccepted) Kind() string  { return "finding.accepted" }
func (FindingDismissed) Kind() string { return "finding.dismissed" }
func (FindingReopened) Kind() string  { return "finding.reopened" }

// Judgement is a ruling with who gave it, when, why and until when.
type Judgement struct {
	Subject
	Ruling Ruling
	Reason Sealed
	Until  *time.Time // nil for never
	At     time.Time
	Actor  string
}

// Stands says whether the ruling holds at a moment: one that has an end is over
// from then on, and nothing else has to happen for that.
func (j Judgement) Stands(now time.Time) bool {
	return j.Ruling != NoRuling && (j.Until == nil || now.Before(*j.Until))
}

// About says whether the judgement is about a weakness: whether any rule that had
// seen its subject gives it this fingerprint.
func (j Judgement) About(target string, f Fingerprint, of Fingerprinter) bool {
	return j.Target.Value == target && slices.ContainsFunc(j.Seen, func(s Spot) bool { return of(j.Target, s.Rule, s.Where) == f })
}

// judged is the judgement that an event is; false for one that is none.
func judged(e Envelope) (j Judgement, ok bool) {
	j.At, j.Actor = e.At, e.Actor
	switch event := e.Event.(type) {
	case FindingAccepted:
		j.Subject, j.Reason, j.Until, j.Ruling = event.Subject, event.Reason, event.Until, RiskAccepted
	case FindingDismissed:
		j.Subject, j.Reason, j.Until, j.Ruling = event.Subject, event.Reason, event.Until, FalsePositive
	case FindingReopened:
		j.Subject, j.Reason = event.Subject, event.Reason
	default:
		return j, false
	}
	return j, true
}

// Judge gives a ruling on a finding, or with none takes back what was given. It
// answers Conflict where there is nothing to take back.
func (a *Account) Judge(s Subject, v Ruling, reason Sealed, until *time.Time, now time.Time) ([]Event, error) {
	switch v {
	case RiskAccepted:
		return []Event{FindingAccepted{s, reason, until}}, nil
	case FalsePositive:
		return []Event{FindingDismissed{s, reason, until}}, nil
	}
	if !a.stands(s, now) {
		return nil, Errorf(Conflict, "The finding is neither accepted nor a false positive: there is nothing to take back")
	}
	return []Event{FindingReopened{s, reason}}, nil
}

// stands says whether a ruling on a finding holds.
func (a *Account) stands(s Subject, now time.Time) bool {
	for _, j := range slices.Backward(a.Judgements) {
		for _, spot := range s.Seen {
			if j.About(s.Target.Value, FingerprintOf(s.Target, spot.Rule, spot.Where), FingerprintOf) {
				return j.Stands(now)
			}
		}
	}
	return false
}

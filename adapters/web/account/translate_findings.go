package account

import (
	"slices"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// rulings are the words for what an account has said, in a finding's history.
var rulings = map[domain.Ruling]string{
	domain.RiskAccepted: "accepted", domain.FalsePositive: "false_positive", domain.NoRuling: "ruling_withdrawn",
}

// findingOf is a finding as it stands at a moment.
func (a *API) findingOf(l *projections.Lasting, now time.Time, open func(domain.Sealed) (string, error)) (lastingFinding, error) {
	shown := l.Shown()
	f := lastingFinding{
		ID: l.ID(), Fingerprint: l.Fingerprint, State: l.State(now), Severity: shown.Severity, Title: shown.Title, Rule: shown.Rule, Where: shown.Where,
		Target: l.Target.Value, CWE: shown.CWE, CVE: l.CVE(), CVSS: l.CVSS(), Score: l.Score(), FirstSeen: l.FirstSeen, LastSeen: l.LastSeen,
		FixedAt: l.FixedAt, ReopenedAt: l.ReopenedAt, Reopened: l.Reopened, Witnesses: []findingWitness{},
		EPSS: a.Feeds.EPSS(l.CVE()), KEV: a.Feeds.KEV(l.CVE()),
	}
	for _, w := range l.Witnesses {
		f.Witnesses = append(f.Witnesses, findingWitness{
			Scanner: w.Tool, Rule: w.Rule, Where: w.Where, Severity: w.Severity, CVSS: append([]domain.Rating{}, w.CVSS...), Scan: w.Scan, Sees: w.Sees(),
			FirstSeen: w.FirstSeen, LastSeen: w.At, LastLooked: w.LastLooked, Presence: w.Presence,
		})
	}
	j := l.Ruling(now)
	if j == nil {
		return f, nil
	}
	reason, err := open(j.Reason)
	f.Ruling = &findingRuling{Ruling: j.Ruling, Reason: reason, Until: j.Until, At: j.At, By: j.Actor}
	return f, err
}

// storyOf is a finding with its history. An end that has come is part of it.
func (a *API) storyOf(l *projections.Lasting, now time.Time, open func(domain.Sealed) (string, error)) (findingStory, error) {
	f, err := a.findingOf(l, now, open)
	s := findingStory{f, []findingChange{}}
	for _, c := range l.Changes {
		s.History = append(s.History, findingChange{At: c.At, Event: c.What, Scan: &c.Scan, Scanner: string(c.Tool)})
	}
	for i, j := range l.Judgements {
		reason, failed := open(j.Reason)
		if failed != nil {
			err = failed
		}
		s.History = append(s.History, findingChange{At: j.At, Event: rulings[j.Ruling], By: j.Actor, Reason: reason, Until: j.Until})
		replaced := i+1 < len(l.Judgements) && !l.Judgements[i+1].At.After(endOf(j))
		if j.Ruling != domain.NoRuling && !j.Stands(now) && !replaced {
			s.History = append(s.History, findingChange{At: endOf(j), Event: "ruling_ended"})
		}
	}
	slices.SortStableFunc(s.History, func(a, b findingChange) int { return a.At.Compare(b.At) })
	return s, err
}

// endOf is when a judgement ends by itself; far away where it does not.
func endOf(j domain.Judgement) time.Time {
	if j.Until == nil {
		return time.Unix(1<<40, 0)
	}
	return *j.Until
}

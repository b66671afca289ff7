package projections

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Lasting is one finding of an account's target, as all of its scans together
// have it. It is open while any witness still sees it.
type Lasting struct {
	Account     uuid.UUID
	Target      domain.Target
	Fingerprint domain.Fingerprint
	FirstSeen   time.Time
	LastSeen    time.Time
	FixedAt     *time.Time // nil while it is there
	ReopenedAt  *time.Time // when it was last seen again after it was fixed; nil for never
	Reopened    int        // how often it was
	Witnesses   []Witness  // in the order in which they first saw it
	Changes     []Change   // oldest first
	Judgements  []domain.Judgement
}

// Witness is a scanner that has seen a finding.
type Witness struct {
	Sighting                  // the newest
	Profile    domain.Profile // of the scan that it is from
	Scan       uuid.UUID
	Presence   []Interval // oldest first, at least one
	FirstSeen  time.Time
	LastLooked time.Time // when it last looked at the place, whatever it saw
}

// Interval is a time for which a witness has seen a finding.
type Interval struct {
	From time.Time  `json:"from"`
	To   *time.Time `json:"to"` // when the witness looked again and did not see it; null while it does
}

// Change is something that became of a finding.
type Change struct {
	At   time.Time
	What string // a key of Changes
	Scan uuid.UUID
	Tool domain.Tool
}

// The changes.
const (
	Opened    = "opened"    // it was seen for the first time
	Witnessed = "witnessed" // another scanner sees it too, or again
	Unseen    = "unseen"    // a scanner looked again and does not see it; another still does
	Fixed     = "fixed"     // the last that had seen it looked again and does not see it
	Reopened  = "reopened"  // it was seen again after it was fixed
)

// Sees says whether the witness still sees it.
func (w Witness) Sees() bool { return w.Presence[len(w.Presence)-1].To == nil }

// ID is what the finding is asked for by.
func (l *Lasting) ID() uuid.UUID {
	return domain.FindingID(l.Account, l.Target.Value, l.Fingerprint)
}

// Shown is the sighting that says what the finding is: the worst of those who
// see it, else of those who have seen it last.
func (l *Lasting) Shown() Witness {
	return slices.MinFunc(l.Witnesses, func(a, b Witness) int {
		if a.Sees() != b.Sees() {
			if a.Sees() {
				return -1
			}
			return 1
		}
		return worse(a.Severity, b.Severity)
	})
}

// worse orders severities, the worst first.
func worse(a, b domain.Severity) int {
	return slices.Index(domain.Severities, a) - slices.Index(domain.Severities, b)
}

// Subject is what the finding is known again by.
func (l *Lasting) Subject() domain.Subject {
	s := domain.Subject{Finding: l.ID(), Target: l.Target, Seen: []domain.Spot{}}
	for _, w := range l.Witnesses {
		if !slices.Contains(s.Seen, w.Spot) {
			s.Seen = append(s.Seen, w.Spot)
		}
	}
	return s
}

// known are the findings of one target, by their fingerprints.
type known struct {
	of    map[domain.Fingerprint]*Lasting
	order []*Lasting // as they were first seen
}

// LastingOf folds an account's scans, in their order, into its findings, in the
// order in which they were first seen.
func LastingOf(scans []SightingsRow) []*Lasting {
	targets := map[string]*known{}
	var all []*Lasting
	for _, r := range scans {
		k := targets[r.TargetValue]
		if k == nil {
			k = &known{of: map[domain.Fingerprint]*Lasting{}}
			targets[r.TargetValue] = k
		}
		before := len(k.order)
		k.apply(r)
		all = append(all, k.order[before:]...)
	}
	return all
}

// apply takes the next scan of the target.
func (k *known) apply(r SightingsRow) {
	for _, s := range r.Seen {
		l := k.of[s.Fingerprint]
		if l == nil {
			l = &Lasting{Account: r.Account, Target: r.Target, Fingerprint: s.Fingerprint, FirstSeen: s.At}
			k.of[s.Fingerprint], k.order = l, append(k.order, l)
		}
		l.see(r, s)
	}
	for _, l := range k.order {
		l.miss(r)
	}
}

// see notes that a probe of a scan sees it.
func (l *Lasting) see(r SightingsRow, s Sighting) {
	what := Witnessed
	switch {
	case len(l.Witnesses) == 0:
		what = Opened
	case l.FixedAt != nil:
		what, l.FixedAt, l.ReopenedAt = Reopened, nil, &s.At
		l.Reopened++
	}
	if s.At.After(l.LastSeen) {
		l.LastSeen = s.At
	}
	at := slices.IndexFunc(l.Witnesses, func(w Witness) bool { return w.Tool == s.Tool })
	if at < 0 {
		at, l.Witnesses = len(l.Witnesses), append(l.Witnesses, Witness{FirstSeen: s.At})
	}
	w := &l.Witnesses[at]
	w.Sighting, w.Profile, w.Scan, w.LastLooked = s, r.Profile, r.Scan, s.At
	if len(w.Presence) == 0 || !w.Sees() {
		w.Presence = append(w.Presence, Interval{From: s.At})
		l.Changes = append(l.Changes, Change{At: s.At, What: what, Scan: r.Scan, Tool: s.Tool})
	}
}

// miss ends the presence for those who looked again in a scan and do not see it.
func (l *Lasting) miss(r SightingsRow) {
	for i := range l.Witnesses {
		w := &l.Witnesses[i]
		if !w.Sees() {
			continue
		}
		at, gone := l.gone(w, r)
		if !gone {
			continue
		}
		w.Presence[len(w.Presence)-1].To, w.LastLooked = &at, at
		what := Unseen
		if !slices.ContainsFunc(l.Witnesses, Witness.Sees) {
			what, l.FixedAt = Fixed, &at
		}
		l.Changes = append(l.Changes, Change{At: at, What: what, Scan: r.Scan, Tool: w.Tool})
	}
}

// gone says whether a witness looked again in a scan and does not see it, and
// when. In one scan the same rule is told once for a place, whichever probe sees
// it: where another has told it, nothing is known of this one.
func (l *Lasting) gone(w *Witness, r SightingsRow) (at time.Time, gone bool) {
	for _, s := range r.Seen {
		if s.Fingerprint == l.Fingerprint && (s.Tool == w.Tool || s.Rule == w.Rule) {
			return at, false
		}
	}
	look, ended := r.look(w.Tool)
	return look.At, ended && look.Retests(r.Target, w.Spot, w.Profile, r.Profile)
}

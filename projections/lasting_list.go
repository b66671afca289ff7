package projections

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// FindingState is where a lasting finding stands.
type FindingState string

// The states. A false positive is one whether it is still seen or not.
const (
	FindingOpen     FindingState = "open"
	FindingFixed    FindingState = "fixed"
	FindingAccepted FindingState = "accepted" // and still there
	FindingFalse    FindingState = "false_positive"
)

// FindingStates lists all states.
var FindingStates = []FindingState{FindingOpen, FindingFixed, FindingAccepted, FindingFalse}

// Ruling is the newest judgement, if it holds at a moment; nil where none does.
func (l *Lasting) Ruling(now time.Time) *domain.Judgement {
	if n := len(l.Judgements); n > 0 && l.Judgements[n-1].Stands(now) {
		return &l.Judgements[n-1]
	}
	return nil
}

// State is where the finding stands at a moment.
func (l *Lasting) State(now time.Time) FindingState {
	j := l.Ruling(now)
	switch {
	case j != nil && j.Ruling == domain.FalsePositive:
		return FindingFalse
	case l.FixedAt != nil:
		return FindingFixed
	case j != nil:
		return FindingAccepted
	default:
		return FindingOpen
	}
}

// Judge gives findings what their account has said of them, oldest first, by one
// version of the fingerprints.
func Judge(findings []*Lasting, judgements []domain.Judgement, of domain.Fingerprinter) {
	type about struct {
		target string
		f      domain.Fingerprint
	}
	by := map[about]*Lasting{}
	for _, l := range findings {
		by[about{l.Target.Value, l.Fingerprint}] = l
	}
	for _, j := range judgements {
		told := map[*Lasting]bool{}
		for _, s := range j.Seen {
			if l := by[about{j.Target.Value, of(j.Target, s.Rule, s.Where)}]; l != nil && !told[l] {
				told[l], l.Judgements = true, append(l.Judgements, j)
			}
		}
	}
}

// FindingFilter chooses lasting findings. What is empty chooses all.
type FindingFilter struct {
	State    FindingState
	Severity domain.Severity
	Target   string // in normal form
	Tool     domain.Tool
	CVE      string
	Score    float64 // at least; 0 for any, and for none
	Text     string  // in the title, the rule or the place, in any case
	Sort     string  // a key of FindingOrders; with a hyphen before it the other way round
}

// Matches says whether a finding is one that the filter chooses, at a moment.
func (f FindingFilter) Matches(l *Lasting, now time.Time) bool {
	shown := l.Shown()
	return (f.State == "" || l.State(now) == f.State) && (f.Severity == "" || shown.Severity == f.Severity) &&
		(f.Target == "" || l.Target.Value == f.Target) && (f.Tool == "" || l.witness(f.Tool)) && (f.CVE == "" || l.numbered(f.CVE)) &&
		(f.Score == 0 || l.scored() >= f.Score) &&
		(f.Text == "" || l.says(strings.ToLower(f.Text)))
}

func (l *Lasting) witness(t domain.Tool) bool {
	return slices.ContainsFunc(l.Witnesses, func(w Witness) bool { return w.Tool == t })
}

func (l *Lasting) numbered(cve string) bool {
	return slices.ContainsFunc(l.CVE(), func(c string) bool { return strings.EqualFold(c, cve) })
}

func (l *Lasting) says(text string) bool {
	return slices.ContainsFunc(l.Witnesses, func(w Witness) bool {
		return strings.Contains(strings.ToLower(w.Title+"\n"+w.Rule+"\n"+w.Where), text)
	})
}

// CVE are the numbers that any witness knows it by, in order.
func (l *Lasting) CVE() []string {
	all := []string{}
	for _, w := range l.Witnesses {
		all = append(all, w.Sighting.CVE...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// CVSS are the ratings by those who see it, else by those who have seen it last:
// of each version the worst, the newest version first.
func (l *Lasting) CVSS() []domain.Rating {
	all := []domain.Rating{}
	seen := slices.ContainsFunc(l.Witnesses, Witness.Sees)
	for _, w := range l.Witnesses {
		if w.Sees() == seen {
			all = append(all, w.Sighting.CVSS...)
		}
	}
	slices.SortStableFunc(all, domain.Newest)
	return slices.CompactFunc(all, func(a, b domain.Rating) bool { return a.Version == b.Version })
}

// Score is the CVSS score that counts; nil where nobody has rated it.
func (l *Lasting) Score() *float64 { return domain.ScoreOf(l.CVSS()) }

// scored is the score for comparing: what has none is below all.
func (l *Lasting) scored() float64 {
	if s := l.Score(); s != nil {
		return *s
	}
	return -1
}

// FindingOrders are the orders of a list.
var FindingOrders = map[string]func(a, b *Lasting) int{
	"severity": func(a, b *Lasting) int { return worse(a.Shown().Severity, b.Shown().Severity) },
	"score": func(a, b *Lasting) int {
		return cmp.Or(cmp.Compare(b.scored(), a.scored()), worse(a.Shown().Severity, b.Shown().Severity))
	},
	"first_seen": func(a, b *Lasting) int { return a.FirstSeen.Compare(b.FirstSeen) },
	"last_seen":  func(a, b *Lasting) int { return a.LastSeen.Compare(b.LastSeen) },
	"title":      func(a, b *Lasting) int { return cmp.Compare(a.Shown().Title, b.Shown().Title) },
	"target":     func(a, b *Lasting) int { return cmp.Compare(a.Target.Value, b.Target.Value) },
}

// Choose returns the findings that the filter chooses at a moment, in its order:
// the worst first where it has none. What is equal in that is in the order in
// which it was first seen.
func (f FindingFilter) Choose(findings []*Lasting, now time.Time) []*Lasting {
	var chosen []*Lasting
	for _, l := range findings {
		if f.Matches(l, now) {
			chosen = append(chosen, l)
		}
	}
	key, backwards := strings.CutPrefix(cmp.Or(f.Sort, "severity"), "-")
	order := FindingOrders[key]
	slices.SortStableFunc(chosen, func(a, b *Lasting) int {
		if backwards {
			a, b = b, a
		}
		return order(a, b)
	})
	return chosen
}

// FindingOf is the finding with an id among an account's; nil when it is unknown.
func FindingOf(findings []*Lasting, id uuid.UUID) *Lasting {
	for _, l := range findings {
		if l.ID() == id {
			return l
		}
	}
	return nil
}

// SubjectOf is what the finding with an id is known again by, by the sightings of
// its account; NotFound when it is unknown.
func SubjectOf(scans []SightingsRow, id uuid.UUID) (domain.Subject, error) {
	l := FindingOf(LastingOf(scans), id)
	if l == nil {
		return domain.Subject{}, domain.Errorf(domain.NotFound, "Finding not found")
	}
	return l.Subject(), nil
}

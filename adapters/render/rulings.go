package render

import (
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Ruled is what an account says of a finding, and that holds.
type Ruled struct {
	Ruling domain.Ruling
	Why    string
	By     string // the actor
	At     time.Time
	Until  *time.Time // nil for ever
}

// RulingsOf are the rulings on a target's findings that hold at a moment. Open opens their reasons.
func RulingsOf(d projections.Document, said []domain.Judgement, now time.Time, open func(domain.Sealed) (string, error)) (map[domain.Fingerprint]Ruled, error) {
	all := map[domain.Fingerprint]Ruled{}
	for _, j := range said {
		if j.Target.Value != d.Target.Value {
			continue
		}
		for _, s := range j.Seen {
			f := domain.FingerprintOf(j.Target, s.Rule, s.Where)
			delete(all, f)
			if !j.Stands(now) {
				continue
			}
			why, err := open(j.Reason)
			if err != nil {
				return nil, err
			}
			all[f] = Ruled{j.Ruling, why, j.Actor, j.At, j.Until}
		}
	}
	return all, nil
}

// ruled is what is said of a finding of a target; nil for nothing.
func (o Options) ruled(t domain.Target, f projections.ReportedFinding) *Ruled {
	if len(o.Rulings) == 0 {
		return nil
	}
	if r, said := o.Rulings[domain.FingerprintOf(t, f.ID, f.Where)]; said {
		return &r
	}
	return nil
}

// says is the ruling in words.
func (r Ruled) says() string {
	if r.Why == "" {
		return rulingWords[r.Ruling]
	}
	return rulingWords[r.Ruling] + ": " + r.Why
}

// rulingWords are how reports call rulings.
var rulingWords = map[domain.Ruling]string{domain.RiskAccepted: "accepted risk", domain.FalsePositive: "false positive"}

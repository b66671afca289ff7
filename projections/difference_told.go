package projections

import (
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// ToldDifference is a difference as it is told over HTTP and on the command line.
type ToldDifference struct {
	Scan           uuid.UUID     `json:"scan"`
	Against        uuid.UUID     `json:"against"`
	Target         string        `json:"target"`
	New            []ToldFinding `json:"new"`
	Fixed          []ToldFinding `json:"fixed"`
	Reopened       []ToldFinding `json:"reopened"`
	Unchanged      []ToldFinding `json:"unchanged"`
	NotTestedAgain []ToldFinding `json:"not_tested_again"`
}

// ToldFinding is a lasting finding in a difference, as of the scan that is compared.
type ToldFinding struct {
	ID          uuid.UUID          `json:"id"`
	Fingerprint domain.Fingerprint `json:"fingerprint"`
	Severity    domain.Severity    `json:"severity"`
	Score       *float64           `json:"score"` // by CVSS; null where nobody has rated it
	CVE         []string           `json:"cve"`
	Title       string             `json:"title"`
	Rule        string             `json:"rule"`
	Where       string             `json:"where"`
	Scanners    []domain.Tool      `json:"scanners"` // that have seen it
	FirstSeen   time.Time          `json:"first_seen"`
	LastSeen    time.Time          `json:"last_seen"`
	FixedAt     *time.Time         `json:"fixed_at"` // null while it is there
	Ruling      domain.Ruling      `json:"ruling"`   // of the account, as it stands when it is told; "" for none
}

// Told is the difference as it is told at a moment, with nothing null in it.
func (d Difference) Told(now time.Time) ToldDifference {
	told := func(findings []*Lasting) []ToldFinding { return told(findings, now) }
	return ToldDifference{
		Scan: d.Scan.Scan, Against: d.Against.Scan, Target: d.Scan.TargetValue, New: told(d.New), Fixed: told(d.Fixed),
		Reopened: told(d.Reopened), Unchanged: told(d.Unchanged), NotTestedAgain: told(d.NotTestedAgain),
	}
}

func told(findings []*Lasting, now time.Time) []ToldFinding {
	out := make([]ToldFinding, len(findings))
	for i, l := range findings {
		shown := l.Shown()
		out[i] = ToldFinding{
			ID: l.ID(), Fingerprint: l.Fingerprint, Severity: shown.Severity, Score: l.Score(), CVE: l.CVE(), Title: shown.Title, Rule: shown.Rule, Where: shown.Where,
			Scanners: []domain.Tool{}, FirstSeen: l.FirstSeen, LastSeen: l.LastSeen, FixedAt: l.FixedAt,
		}
		if j := l.Ruling(now); j != nil {
			out[i].Ruling = j.Ruling
		}
		for _, w := range l.Witnesses {
			out[i].Scanners = append(out[i].Scanners, w.Tool)
		}
	}
	return out
}

// AgainstOf reads which scan another one is compared with: an id, or "previous"
// or nothing for the newest before it. What is neither is Invalid.
func AgainstOf(text string) (uuid.UUID, error) {
	if text == "" || text == "previous" {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 || id == uuid.Nil {
		return uuid.Nil, domain.Errorf(domain.Invalid, "against must be the id of a scan, or previous")
	}
	return id, nil
}

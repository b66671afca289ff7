package account

import (
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// lastingFinding is a finding of a target, as all scans of it together have it.
type lastingFinding struct {
	ID          uuid.UUID                `json:"id"`
	Fingerprint domain.Fingerprint       `json:"fingerprint"`
	State       projections.FindingState `json:"state"`
	Severity    domain.Severity          `json:"severity"`
	Title       string                   `json:"title"`
	Rule        string                   `json:"rule"`
	Where       string                   `json:"where"`
	Target      string                   `json:"target"`
	CWE         int                      `json:"cwe"` // 0 for none
	CVE         []string                 `json:"cve"`
	CVSS        []domain.Rating          `json:"cvss"`  // the newest version first
	Score       *float64                 `json:"score"` // that of the newest version; null where it has none
	FirstSeen   time.Time                `json:"first_seen"`
	LastSeen    time.Time                `json:"last_seen"`
	FixedAt     *time.Time               `json:"fixed_at"`    // null while it is there
	ReopenedAt  *time.Time               `json:"reopened_at"` // null for never
	Reopened    int                      `json:"reopened"`    // how often
	Witnesses   []findingWitness         `json:"witnesses"`
	EPSS        *projections.Chance      `json:"epss"`   // of the likeliest of its CVEs; null where nothing is known
	KEV         *projections.Exploited   `json:"kev"`    // null where none of its CVEs is known to be exploited
	Ruling      *findingRuling           `json:"ruling"` // null where none holds
}

// findingWitness is a scanner that has seen it.
type findingWitness struct {
	Scanner    domain.Tool            `json:"scanner"`
	Rule       string                 `json:"rule"`
	Where      string                 `json:"where"`
	Severity   domain.Severity        `json:"severity"`
	CVSS       []domain.Rating        `json:"cvss"`
	Scan       uuid.UUID              `json:"scan"` // the last that saw it
	Sees       bool                   `json:"sees"`
	FirstSeen  time.Time              `json:"first_seen"`
	LastSeen   time.Time              `json:"last_seen"`
	LastLooked time.Time              `json:"last_looked"`
	Presence   []projections.Interval `json:"presence"`
}

// findingRuling is what the account says of it.
type findingRuling struct {
	Ruling domain.Ruling `json:"ruling"`
	Reason string        `json:"reason"`
	Until  *time.Time    `json:"until"` // null for never
	At     time.Time     `json:"at"`
	By     string        `json:"by"`
}

// findingStory is a finding with what became of it, oldest first.
type findingStory struct {
	lastingFinding
	History []findingChange `json:"history"`
}

// findingChange is something that became of a finding: of scans it has the scan
// and the scanner, of the account who it was, why and until when.
type findingChange struct {
	At      time.Time  `json:"at"`
	Event   string     `json:"event"`
	Scan    *uuid.UUID `json:"scan,omitempty"`
	Scanner string     `json:"scanner,omitempty"`
	By      string     `json:"by,omitempty"`
	Reason  string     `json:"reason,omitempty"`
	Until   *time.Time `json:"until,omitempty"`
}

// ruling is the body of POST /api/v1/findings/{id}/accept/ and false-positive/,
// and without an end of reopen/.
type ruling struct {
	Reason string  `json:"reason"`
	Until  *string `json:"until"` // RFC 3339; null for never
}

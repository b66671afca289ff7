package projections

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// SightingsRow is what one scan saw of its target's weaknesses, each under its
// fingerprint, and what it has looked at.
type SightingsRow struct {
	Scan        uuid.UUID      `db:"scan"`
	Number      int64          `db:"number"`  // position of its first event: scans are in this order
	Version     int            `db:"version"` // the last event that is in it
	Account     uuid.UUID      `db:"account"`
	TargetValue string         `db:"target_value"`
	Target      domain.Target  `db:"target"`
	Profile     domain.Profile `db:"profile"`
	RequestedAt time.Time      `db:"requested_at"`
	Looks       []domain.Look  `db:"looks"` // of the probes that have ended
	Seen        []Sighting     `db:"seen"`  // in the order in which they were seen
}

// Sighting is a weakness as one probe saw it.
type Sighting struct {
	Fingerprint domain.Fingerprint `json:"fingerprint"`
	Tool        domain.Tool        `json:"tool"`
	domain.Spot
	Title    string          `json:"title"`
	Severity domain.Severity `json:"severity"`
	CWE      int             `json:"cwe"`
	CVE      []string        `json:"cve"`
	CVSS     []domain.Rating `json:"cvss,omitempty"`
	At       time.Time       `json:"at"`
}

// Sightings is the read model of what was seen, one row for each scan, by the
// present fingerprints.
var Sightings = SightingsBy(domain.FingerprintOf)

// SightingsBy is the read model by one version of the fingerprints: a replay gives
// them to all that was ever seen.
func SightingsBy(of domain.Fingerprinter) Fold[SightingsRow] {
	return Fold[SightingsRow]{
		Name: "sightings", Family: domain.ScanFamily, Key: sightingsKey,
		Next:  func(r SightingsRow, e domain.Envelope) SightingsRow { return nextSightings(r, e, of) },
		Kinds: kinds(domain.ScanRequested{}, domain.FindingRaised{}, domain.ProbeFinished{}),
	}
}

func sightingsKey(e domain.Envelope) (string, bool) {
	switch e.Event.(type) {
	case domain.ScanRequested, domain.FindingRaised, domain.ProbeFinished:
		return string(e.Stream), true
	default:
		return "", false
	}
}

func nextSightings(r SightingsRow, e domain.Envelope, of domain.Fingerprinter) SightingsRow {
	switch event := e.Event.(type) {
	case domain.ScanRequested:
		r = SightingsRow{
			Scan: event.Scan, Number: e.Position, Account: event.Account, TargetValue: event.Target.Value, Target: event.Target,
			Profile: event.Profile, RequestedAt: e.At, Looks: []domain.Look{}, Seen: []Sighting{},
		}
	case domain.FindingRaised:
		r.Seen = append(r.Seen, Sighting{
			Fingerprint: of(r.Target, event.Finding, event.Where), Tool: event.Tool, Spot: domain.Spot{Rule: event.Finding, Where: event.Where},
			Title: event.Title, Severity: event.Severity, CWE: event.CWE, CVE: event.CVE,
			CVSS: ratings(event), At: e.At,
		})
	case domain.ProbeFinished:
		r.Looks = append(r.Looks, domain.LookOf(event, e.At))
	}
	r.Version = e.Version
	return r
}

// look is what a probe of the scan has looked at; false where it has not ended.
func (r SightingsRow) look(t domain.Tool) (domain.Look, bool) {
	for _, l := range r.Looks {
		if l.Tool == t {
			return l, true
		}
	}
	return domain.Look{}, false
}

// tested says whether any probe of the scan has looked at anything.
func (r SightingsRow) tested() bool {
	for _, l := range r.Looks {
		if len(l.Tested) > 0 {
			return true
		}
	}
	return false
}

// SightingsReader answers from the read model of sightings. As Reader, it is never
// older than what was acknowledged before it was asked.
type SightingsReader interface {
	// Sightings are those of an account's scans, or of its scans of one target in
	// normal form, in the order of the scans.
	Sightings(ctx context.Context, account uuid.UUID, target string) ([]SightingsRow, error)
}

// ReadSubject is SubjectOf, of all that a reader has of an account.
func ReadSubject(ctx context.Context, r SightingsReader, account, finding uuid.UUID) (domain.Subject, error) {
	rows, err := r.Sightings(ctx, account, "")
	if err != nil {
		return domain.Subject{}, err
	}
	return SubjectOf(rows, finding)
}

// ReadComparison is ComparisonOf, of what a reader has of an account's target.
func ReadComparison(ctx context.Context, r SightingsReader, account uuid.UUID, target string, scan uuid.UUID, said []domain.Judgement, now time.Time) (domain.ScanCompared, error) {
	rows, err := r.Sightings(ctx, account, target)
	if err != nil {
		return domain.ScanCompared{}, err
	}
	return ComparisonOf(rows, scan, said, now)
}

package domain

import "github.com/google/uuid"

// ScanCompared says what a scan that is over found beside what was known of its
// target as of the scan before. It is what was known then, by the fingerprints
// of then: of a scan that is erased later, or known by other fingerprints, the
// difference may be asked for anew.
type ScanCompared struct {
	Against            uuid.UUID `json:"against"`             // the newest scan before of the same target that had looked at anything
	FingerprintVersion int       `json:"fingerprint_version"` // the version of their rules
	Worst              Severity  `json:"worst,omitempty"`     // of what is new or reopened; absent where nothing is
	New                Compared  `json:"new"`
	Fixed              Compared  `json:"fixed"`
	Reopened           Compared  `json:"reopened"`
	Unchanged          Compared  `json:"unchanged"`
	NotTestedAgain     Compared  `json:"not_tested_again"`
}

// Compared are findings of which a comparison says the same.
type Compared struct {
	Count        int           `json:"count"`
	Fingerprints []Fingerprint `json:"fingerprints"` // of the first thousand
}

// MaxCompared is how many fingerprints a list of a comparison has at most, so
// that a target with very many weaknesses makes no event that no broker takes.
const MaxCompared = 1000

// ComparedOf is a list of findings as a comparison tells it.
func ComparedOf(all []Fingerprint) Compared {
	return Compared{Count: len(all), Fingerprints: append([]Fingerprint{}, all[:min(len(all), MaxCompared)]...)}
}

// Kind implements Event.
func (ScanCompared) Kind() string { return "scan.compared" }

// Compare notes what a scan that is over found beside the one before; only the
// first time is an event. A scan that still runs is refused with Conflict, and
// of one that is erased nothing is told any more.
func (s *Scan) Compare(c ScanCompared) ([]Event, error) {
	switch {
	case s.State == ErasedScan || s.Compared:
		return nil, nil
	case !s.State.Over():
		return nil, Errorf(Conflict, "scan %s is not over", s.ScanRequested.Scan)
	default:
		return []Event{c}, nil
	}
}

package domain

import (
	"encoding/json"

	"github.com/google/uuid"
)

// ScanRequested opens a scan. It is version 1 of every scan's stream.
type ScanRequested struct {
	Scan     uuid.UUID `json:"scan"`
	Account  uuid.UUID `json:"account"`
	Contract Contract  `json:"contract"`
	Target   Target    `json:"target"`
	Profile  Profile   `json:"profile"`
	Probes   []Tool    `json:"probes"`             // the tools that run it, which may stand in for the scanner that was asked for
	Options  Options   `json:"options,omitzero"`   // of the scanner; absent where it has none
	RetestOf uuid.UUID `json:"retest_of,omitzero"` // the scan that is run again; absent when it is none
	// Verified says that the target was proven to be the account's when the scan
	// was asked for, and so may be sent what its visitors would not send. It is
	// looked at only where the profile does.
	Verified bool `json:"verified,omitempty"`
}

// ScanRequestedV2 opens a scan. It is version 1 of every scan's stream.
type ScanRequestedV2 struct {
	Scan     uuid.UUID `json:"scan"`
	Account  uuid.UUID `json:"account"`
	Contract Contract  `json:"contract"`
	Target   Target    `json:"target"`
	Profile  Profile   `json:"profile"`
	Probes   []Tool    `json:"probes"`             // the tools that run it, which may stand in for the scanner that was asked for
	Options  Options   `json:"options,omitzero"`   // of the scanner; absent where it has none
	RetestOf uuid.UUID `json:"retest_of,omitzero"` // the scan that is run again; absent when it is none
}

// lift is the event in its present shape.
func (r ScanRequestedV2) lift() Event {
	return ScanRequested{
		Scan: r.Scan, Account: r.Account, Contract: r.Contract, Target: r.Target,
		Profile: r.Profile, Probes: r.Probes, Options: r.Options, RetestOf: r.RetestOf,
	}
}

// ScanRequestedV1 opens a scan. It is version 1 of every scan's stream.
type ScanRequestedV1 struct {
	Scan     uuid.UUID `json:"scan"`
	Account  uuid.UUID `json:"account"`
	Contract Contract  `json:"contract"`
	Target   Target    `json:"target"`
	Profile  Profile   `json:"profile"`
	Probes   []Tool    `json:"probes"`
	RetestOf uuid.UUID `json:"retest_of,omitzero"` // the scan that is run again; absent when it is none
}

// lift is the event in its present shape.
func (r ScanRequestedV1) lift() Event {
	return ScanRequested{
		Scan: r.Scan, Account: r.Account, Contract: r.Contract, Target: r.Target,
		Profile: r.Profile, Probes: r.Probes, RetestOf: r.RetestOf,
	}
}

// ScanStarted says that a worker took the first probe.
type ScanStarted struct {
	Worker string `json:"worker"`
}

// ProbeProgressed says how far a probe has come.
type ProbeProgressed struct {
	Tool    Tool `json:"tool"`
	Lease   int  `json:"lease"`
	Percent int  `json:"percent"`
}

// PortFound is an open port.
type PortFound struct {
	Tool  Tool `json:"tool"`
	Lease int  `json:"lease"`
	Port
}

// ServiceIdentified is what speaks on an open port.
type ServiceIdentified struct {
	Tool  Tool `json:"tool"`
	Lease int  `json:"lease"`
	Service
}

// ObservationRecorded is any other fact. Name says which, and so what shape
// Value has: schemas/facts has one for each name.
type ObservationRecorded struct {
	Tool  Tool            `json:"tool"`
	Lease int             `json:"lease"`
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// FindingRaised is a weakness of the target. Finding and Where together name
// it within the scan.
type FindingRaised struct {
	Tool        Tool     `json:"tool"`
	Lease       int      `json:"lease"`
	Finding     string   `json:"finding"` // the advisory's id
	Where       string   `json:"where"`
	Title       string   `json:"title"`
	Severity    Severity `json:"severity"`
	CWE         int      `json:"cwe"` // 0 where there is none
	CVE         []string `json:"cve"`
	CVSS        []Rating `json:"cvss"` // at most one of each version, the newest first; empty where none makes sense
	Description string   `json:"description"`
	Detail      string   `json:"detail"`
	Remedy      string   `json:"remedy"`
	References  []string `json:"references"`
	Evidence    Hash     `json:"evidence"` // "" where the detail says it all
}

// FindingRaisedV1 is a weakness of the target. Finding and Where together name
// it within the scan.
type FindingRaisedV1 struct {
	Tool        Tool     `json:"tool"`
	Lease       int      `json:"lease"`
	Finding     string   `json:"finding"` // the advisory's id
	Where       string   `json:"where"`
	Title       string   `json:"title"`
	Severity    Severity `json:"severity"`
	CWE         int      `json:"cwe"` // 0 where there is none
	CVE         []string `json:"cve"`
	Description string   `json:"description"`
	Detail      string   `json:"detail"`
	Remedy      string   `json:"remedy"`
	References  []string `json:"references"`
	Evidence    Hash     `json:"evidence"` // "" where the detail says it all
}

// lift is the event in its present shape.
func (f FindingRaisedV1) lift() Event {
	return FindingRaised{
		Tool: f.Tool, Lease: f.Lease, Finding: f.Finding, Where: f.Where, Title: f.Title, Severity: f.Severity,
		CWE: f.CWE, CVE: f.CVE, CVSS: []Rating{}, Description: f.Description, Detail: f.Detail, Remedy: f.Remedy,
		References: f.References, Evidence: f.Evidence,
	}
}

// ProbeFinished ends one probe, one way or another. What was not tested is
// in it with the reason.
type ProbeFinished struct {
	Tool     Tool       `json:"tool"`
	Lease    int        `json:"lease"`
	Attempt  int        `json:"attempt"`
	Outcome  Outcome    `json:"outcome"`
	Reason   string     `json:"reason"` // empty when tested
	Coverage []Coverage `json:"coverage"`
}

// ScanCompleted closes a scan that could look, with its scores.
type ScanCompleted struct {
	Scores
}

// ScanFailed closes a scan in which no probe could look.
type ScanFailed struct {
	Reason string `json:"reason"`
}

// ScanCancelled closes a scan at its owner's word.
type ScanCancelled struct {
	By string `json:"by"`
}

// Kind implements Event.
func (ScanRequested) Kind() string       { return "scan.requested" }
func (ScanStarted) Kind() string         { return "scan.started" }
func (ProbeProgressed) Kind() string     { return "probe.progressed" }
func (PortFound) Kind() string           { return "port.found" }
func (ServiceIdentified) Kind() string   { return "service.identified" }
func (ObservationRecorded) Kind() string { return "observation.recorded" }
func (FindingRaised) Kind() string       { return "finding.raised" }
func (ProbeFinished) Kind() string       { return "probe.finished" }
func (ScanCompleted) Kind() string       { return "scan.completed" }
func (ScanFailed) Kind() string          { return "scan.failed" }
func (ScanCancelled) Kind() string       { return "scan.cancelled" }

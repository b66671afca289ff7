package projections

import (
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// ScanRow is a scan as status answers and lists show it.
type ScanRow struct {
	Scan        uuid.UUID                    `db:"scan"`
	Number      int64                        `db:"number"` // position of its first event: an integer id, unique and rising
	Version     int                          `db:"version"`
	Account     uuid.UUID                    `db:"account"`
	Contract    domain.Contract              `db:"contract"` // through which it was created
	TargetValue string                       `db:"target_value"`
	Target      domain.Target                `db:"target"`
	Profile     domain.Profile               `db:"profile"`
	State       domain.State                 `db:"state"`
	Probes      map[domain.Tool]domain.Probe `db:"probes"`
	Progress    int                          `db:"progress"`
	Scores      *domain.Scores               `db:"scores"` // nil until it is completed
	Findings    map[domain.Severity]int      `db:"findings"`
	OpenPorts   int                          `db:"open_ports"`
	Reason      string                       `db:"reason"` // why it failed
	RetestOf    uuid.UUID                    `db:"retest_of"`
	RequestedAt time.Time                    `db:"requested_at"`
	StartedAt   *time.Time                   `db:"started_at"`
	FinishedAt  *time.Time                   `db:"finished_at"`
}

// Scans is the read model of all scans, one row each.
var Scans = Fold[ScanRow]{
	Name: "scans", Family: domain.ScanFamily, Key: whole, Next: nextScan,
	Kinds: kinds(domain.ScanRequested{}, domain.ScanStarted{}, domain.ProbeProgressed{}, domain.ProbeFinished{}, domain.PortFound{},
		domain.FindingRaised{}, domain.ScanCompleted{}, domain.ScanFailed{}, domain.ScanCancelled{}, domain.ScanRegraded{}),
}

func nextScan(r ScanRow, e domain.Envelope) ScanRow {
	r.Version = e.Version
	switch event := e.Event.(type) {
	case domain.ScanRequested:
		r = requestedScan(e, event)
	case domain.ScanStarted:
		r.State, r.StartedAt = domain.Started, &e.At
	case domain.ProbeProgressed:
		p := r.Probes[event.Tool]
		p.Percent = max(p.Percent, event.Percent)
		r.Probes[event.Tool] = p
	case domain.ProbeFinished:
		r.Probes[event.Tool] = domain.Probe{Lease: event.Lease, Percent: 100, Outcome: event.Outcome, Reason: event.Reason}
	case domain.PortFound:
		r.OpenPorts++
	case domain.FindingRaised:
		r.Findings[event.Severity]++
	case domain.ScanCompleted:
		r.State, r.FinishedAt, r.Scores = domain.Completed, &e.At, &event.Scores
	case domain.ScanRegraded:
		r.Scores = &event.Scores
	case domain.ScanFailed:
		r.State, r.FinishedAt, r.Reason = domain.ScanFail, &e.At, event.Reason
	case domain.ScanCancelled:
		r.State, r.FinishedAt = domain.Cancelled, &e.At
	}
	r.Progress = domain.Progress(r.State, r.Probes)
	return r
}

func requestedScan(e domain.Envelope, s domain.ScanRequested) ScanRow {
	r := ScanRow{
		Scan: s.Scan, Number: e.Position, Version: e.Version, Account: s.Account, Contract: s.Contract,
		TargetValue: s.Target.Value, Target: s.Target, Profile: s.Profile, State: domain.Requested,
		Probes: map[domain.Tool]domain.Probe{}, Findings: map[domain.Severity]int{},
		RetestOf: s.RetestOf, RequestedAt: e.At,
	}
	for _, t := range s.Probes {
		r.Probes[t] = domain.Probe{}
	}
	return r
}

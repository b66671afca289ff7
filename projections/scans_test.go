package projections

import (
	"reflect"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestScans goes through a scan event by event: change says what each one does
// to the row that was there before.
func TestScans(t *testing.T) {
	probe := func(tool domain.Tool, p domain.Probe) func(*ScanRow) {
		return func(r *ScanRow) { r.Probes[tool] = p }
	}
	steps := []struct {
		event    domain.Event
		change   func(*ScanRow)
		progress int
	}{
		{asked, func(r *ScanRow) {
			*r = ScanRow{
				Scan: scan, Number: 101, Account: account, Contract: domain.ScannerAPI, TargetValue: target.Value, Target: target,
				Profile: domain.Quick, State: domain.Requested, Probes: map[domain.Tool]domain.Probe{domain.Ports: {}, domain.Headers: {}},
				Findings: map[domain.Severity]int{}, RetestOf: asked.RetestOf, RequestedAt: at(1),
			}
		}, 0},
		{domain.ScanStarted{Worker: "w"}, func(r *ScanRow) { s := at(2); r.State, r.StartedAt = domain.Started, &s }, 0},
		{domain.ProbeProgressed{Tool: domain.Ports, Lease: 1, Percent: 40}, probe(domain.Ports, domain.Probe{Percent: 40}), 20},
		{domain.ProbeProgressed{Tool: domain.Ports, Lease: 2, Percent: 30}, nil, 20},
		{domain.PortFound{Tool: domain.Ports, Port: port80}, func(r *ScanRow) { r.OpenPorts = 1 }, 20},
		{domain.ServiceIdentified{Tool: domain.Ports}, nil, 20},
		{recorded("site.visit", domain.Visit{URL: "u"}), nil, 20},
		{raised, func(r *ScanRow) { r.Findings[domain.High] = 1 }, 20},
		{
			domain.ProbeFinished{Tool: domain.Ports, Lease: 2, Outcome: domain.TimedOut, Reason: "slow"},
			probe(domain.Ports, domain.Probe{Lease: 2, Percent: 100, Outcome: domain.TimedOut, Reason: "slow"}), 50,
		},
		{
			domain.ProbeFinished{Tool: domain.Headers, Lease: 1, Outcome: domain.Tested},
			probe(domain.Headers, domain.Probe{Lease: 1, Percent: 100, Outcome: domain.Tested}), 99,
		},
		{domain.ScanCompleted{Scores: domain.Scores{Security: new(91)}}, func(r *ScanRow) {
			f := at(11)
			r.State, r.FinishedAt, r.Scores = domain.Completed, &f, &domain.Scores{Security: new(91)}
		}, 100},
		{anew, func(r *ScanRow) { r.Scores = &anew.Scores }, 100},
	}
	var want ScanRow
	var events []domain.Event
	for i, s := range steps {
		events = append(events, s.event)
		if s.change != nil {
			s.change(&want)
		}
		want.Version, want.Progress = i+1, s.progress
		if got := fold(t, Scans, events...); !reflect.DeepEqual(got, want) {
			t.Errorf("after %T\n got %+v\nwant %+v", s.event, got, want)
		}
	}
}

func TestScansThatEndOtherwise(t *testing.T) {
	failed := fold(t, Scans, asked, domain.ScanFailed{Reason: "why"})
	if failed.State != domain.ScanFail || failed.Reason != "why" || !failed.FinishedAt.Equal(at(2)) || failed.Scores != nil || failed.Progress != 100 {
		t.Errorf("failed %+v", failed)
	}
	cancelled := fold(t, Scans, asked, domain.ScanCancelled{By: "x"})
	if cancelled.State != domain.Cancelled || !cancelled.FinishedAt.Equal(at(2)) || cancelled.Scores != nil || cancelled.Progress != 100 {
		t.Errorf("cancelled %+v", cancelled)
	}
}

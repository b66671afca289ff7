package projections

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	scan    = uuid.UUID{1}
	account = uuid.UUID{2}
	stream  = domain.NewStream(domain.ScanFamily, scan)
	target  = domain.Target{Kind: domain.URLTarget, Value: "https://a.example/", Host: "a.example", Domain: "a.example", Scheme: "https", Port: 443, Path: "/"}
	asked   = domain.ScanRequested{
		Scan: scan, Account: account, Contract: domain.ScannerAPI, Target: target, Profile: domain.Quick,
		Probes: []domain.Tool{domain.Ports, domain.Headers}, RetestOf: uuid.UUID{7},
	}
	anew = domain.ScanRegraded{
		Scores: domain.Scores{Grader: 2, Security: new(90), Grade: "A"}, Before: domain.Scores{Security: new(91)},
		Change: domain.Change{Total: new(-1), Site: new(0), Ruler: new(-1)}, Since: &domain.Earlier{Scan: uuid.UUID{8}, Score: new(1)},
	}
	raised = domain.FindingRaised{
		Tool: domain.Headers, Lease: 1, Finding: "f", Where: "443/tcp", Title: "t", Severity: domain.High, CWE: 1, CVE: []string{"c"},
		CVSS:        []domain.Rating{{Version: "3.1", Vector: "CVSS:3.1/AV:N", Score: 7.5}},
		Description: "d", Detail: "e", Remedy: "r", References: []string{"https://example.com/"}, Evidence: "00",
	}
	port80 = domain.Port{Port: 80, Protocol: "tcp"}
)

// at is when the version was appended.
func at(version int) time.Time { return time.Date(2026, 1, 1, 0, 0, version, 0, time.UTC) }

// history puts events into envelopes, at positions from 101 on.
func history(events ...domain.Event) []domain.Envelope {
	out := make([]domain.Envelope, len(events))
	for i, e := range events {
		out[i] = domain.Envelope{Position: 101 + int64(i), Stream: stream, Version: i + 1, Owner: account, At: at(i + 1), Event: e}
	}
	return out
}

func recorded(name string, value any) domain.ObservationRecorded {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return domain.ObservationRecorded{Tool: domain.Headers, Lease: 1, Name: name, Value: text}
}

// fold is the only row that a history leads to.
func fold[R any](t *testing.T, f Fold[R], events ...domain.Event) R {
	t.Helper()
	rows := f.Rows(map[string]R{}, history(events...))
	if len(rows) != 1 {
		t.Fatalf("%d rows: %+v", len(rows), rows)
	}
	for _, r := range rows {
		return r
	}
	panic("unreachable")
}

// TestOthersMeanNothing folds an account's events.
func TestOthersMeanNothing(t *testing.T) {
	e := domain.Envelope{Stream: domain.NewStream(domain.AccountFamily, account), Version: 1, Event: domain.AccountRegistered{Account: account}}
	for name, n := range map[string]int{
		"scans":    len(Scans.Rows(map[string]ScanRow{}, []domain.Envelope{e})),
		"findings": len(Findings.Rows(map[string]FindingRow{}, []domain.Envelope{e})),
		"reports":  len(Reports.Rows(map[string]ReportRow{}, []domain.Envelope{e})),
	} {
		if n != 0 {
			t.Errorf("%s has %d rows of an account", name, n)
		}
	}
}

// TestErasedHasNoRows folds a scan to its erasure, among others, and what is
// left of it in the log.
func TestErasedHasNoRows(t *testing.T) {
	whole := history(asked, domain.ScanStarted{Worker: "w"}, raised, domain.ScanCancelled{By: "x"}, domain.ScanErased{Reason: "account"})
	left := history(domain.Erased{Event: asked}, domain.Erased{Event: raised}, domain.ScanErased{Reason: "account"})
	other := history(asked, raised)
	for i := range other {
		other[i].Stream = stream + "0" // a longer name is another
	}
	for name, events := range map[string][]domain.Envelope{"whole": whole, "what is left": left} {
		all := slices.Concat(other, events)
		for model, n := range map[string]int{
			"scans":    len(Scans.Rows(map[string]ScanRow{}, all)),
			"findings": len(Findings.Rows(map[string]FindingRow{}, all)),
			"reports":  len(Reports.Rows(map[string]ReportRow{}, all)),
		} {
			if n != 1 {
				t.Errorf("%s, %s has %d rows, want the other scan's", name, model, n)
			}
		}
	}
}

// TestAsOf stops at each version of a history.
func TestAsOf(t *testing.T) {
	all := history(asked, domain.ScanStarted{Worker: "w"}, raised, domain.ScanCancelled{By: "x"})
	for version, want := range map[int]domain.State{1: domain.Requested, 2: domain.Started, 3: domain.Started, 4: domain.Cancelled} {
		row, report, err := AsOf(all, version)
		if err != nil || row.State != want || report.Document.State != want || row.Version != version || report.Version != row.Version {
			t.Errorf("as of %d: %q at %d, %q at %d, %v, want %q", version, row.State, row.Version, report.Document.State, report.Version, err, want)
		}
	}
	for _, version := range []int{-1, 0, 5, 9} {
		if row, _, err := AsOf(all, version); domain.CodeOf(err) != domain.NotFound || row.Version != 0 {
			t.Errorf("as of %d: %+v, %v", version, row, err)
		}
	}
}

func TestScanFilter(t *testing.T) {
	row := ScanRow{Scan: scan, Account: account, TargetValue: "a", State: domain.Started}
	for _, c := range []struct {
		filter ScanFilter
		want   bool
	}{
		{ScanFilter{Account: account}, true},
		{ScanFilter{}, false},
		{ScanFilter{Account: uuid.UUID{9}}, false},
		{ScanFilter{Account: account, Target: "a", State: domain.Started, Scan: scan}, true},
		{ScanFilter{Account: account, Target: "b"}, false},
		{ScanFilter{Account: account, State: domain.Completed}, false},
		{ScanFilter{Account: account, Scan: uuid.UUID{9}}, false},
	} {
		if got := c.filter.Matches(row); got != c.want {
			t.Errorf("%+v chooses: %v", c.filter, got)
		}
	}
}

// TestRequests puts a call into its columns.
func TestRequests(t *testing.T) {
	e := domain.Envelope{ID: uuid.UUID{5}, At: at(1), Event: domain.RequestServed{
		Account: account, Key: uuid.UUID{6}, Contract: domain.ScannerAPI, Operation: "/o", Method: "GET", Status: 200, DurationUS: 7, BytesIn: 8, BytesOut: 9,
	}}
	want := []any{uuid.UUID{5}, at(1), account, uuid.UUID{6}, "scanner", "/o", "GET", uint16(200), uint64(7), uint64(8), uint64(9)}
	if got := Requests.Values(e); !reflect.DeepEqual(got, want) || len(got) != len(Requests.Columns) || Requests.Kind != e.Event.Kind() || Requests.Account(e) != account {
		t.Errorf("columns %v\ngot  %v\nwant %v", Requests.Columns, got, want)
	}
}

package projections

import (
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestTotals(t *testing.T) {
	var got Totals
	for _, r := range []ScanRow{
		{State: domain.Completed, Findings: map[domain.Severity]int{domain.Critical: 2, domain.Informational: 3}},
		{State: domain.Started, Findings: map[domain.Severity]int{domain.Critical: 1, domain.High: 1, domain.Medium: 1, domain.Low: 1}},
		{State: domain.Completed, Findings: map[domain.Severity]int{}},
		{State: domain.Requested},
		{State: domain.ScanFail, Findings: map[domain.Severity]int{domain.High: 1}},
		{State: domain.Cancelled},
	} {
		got = got.Plus(r)
	}
	if want := (Totals{Scans: 6, Completed: 2, Findings: 10, Critical: 3}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

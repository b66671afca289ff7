package projections

import "github.com/scanledger/scanledger/domain"

// Totals is what an account's scans come to. Scans that are erased are in no
// number.
type Totals struct {
	Scans     int // all that were asked for, whatever became of them
	Completed int
	Findings  int // of all severities, seen by any of the scans: one that two scans see counts twice
	Critical  int // those among them that are critical
}

// Plus adds a scan.
func (t Totals) Plus(r ScanRow) Totals {
	t.Scans++
	if r.State == domain.Completed {
		t.Completed++
	}
	for _, n := range r.Findings {
		t.Findings += n
	}
	t.Critical += r.Findings[domain.Critical]
	return t
}

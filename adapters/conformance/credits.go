package conformance

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func tenForTen(t *testing.T, d desks) {
	by := d.register(t, 10)
	var mu sync.Mutex
	accepted := map[uuid.UUID]bool{}
	atOnce(200, func(i int) {
		scan, err := d.ask(t, i, by, unlimited, domain.NmapFull)
		switch domain.CodeOf(err) {
		case "":
			mu.Lock()
			accepted[scan] = true
			mu.Unlock()
		case domain.Payment:
		default:
			t.Errorf("refused: %v", err)
		}
	})
	l := d.ledger(t, by)
	if len(accepted) != 10 || len(l.Charges) != 10 || l.Balance() != 0 {
		t.Errorf("%d scans are accepted and %d charged, and %d credits left", len(accepted), len(l.Charges), l.Balance())
	}
	for scan := range accepted {
		if !l.Charges[scan].Open() {
			t.Errorf("scan %s has the charge %+v", scan, l.Charges[scan])
		}
	}
}

// unlimited is a contract that has no limit of scans: what they cost is the same
// through all of them.
const unlimited = domain.SevenAzzani

// mixed are profiles of all prices, 1 to 20.
var mixed = []domain.Profile{
	domain.NmapFull, domain.NucleiQuick, domain.NucleiFull, domain.ZAPBaseline,
	domain.ZAPFull, domain.OpenVASDiscovery, domain.OpenVASFullFast, domain.OpenVASDeep,
}

// creditsExact lets 200 scans of all prices go for ten credits. What is
// accepted completes, fails, or is cancelled before or after it has begun.
func creditsExact(t *testing.T, d desks) {
	by := d.register(t, 10)
	var mu sync.Mutex
	paid, back := map[uuid.UUID]int{}, map[uuid.UUID]int{}
	atOnce(200, func(i int) {
		p := mixed[i%len(mixed)]
		scan, err := d.ask(t, i, by, unlimited, p)
		if err != nil {
			wantShort(t, err, p)
			return
		}
		settled, err := d.end(t, i, by, scan, p)
		if err != nil {
			t.Errorf("scan %d of %s: %v", i, p, err)
		}
		mu.Lock()
		defer mu.Unlock()
		if settled {
			paid[scan] = p.Cost()
		} else {
			back[scan] = p.Cost()
		}
	})
	l := d.ledger(t, by)
	left := 10
	for scan, cost := range paid {
		left -= cost
		if c := l.Charges[scan]; c.Held != cost || c.Settled != cost || c.Back != 0 {
			t.Errorf("a scan of %d credits that was run has the charge %+v", cost, c)
		}
	}
	for scan, cost := range back {
		if c := l.Charges[scan]; c.Held != cost || c.Settled != 0 || c.Back != cost {
			t.Errorf("a scan of %d credits that is given back has the charge %+v", cost, c)
		}
	}
	if l.Balance() != left || left < 0 || len(l.Charges) != len(paid)+len(back) || len(l.Charges) == 0 {
		t.Errorf("%d credits are left of 10, want %d; %d charges for %d and %d scans", l.Balance(), left, len(l.Charges), len(paid), len(back))
	}
}

// end ends a scan in one of four ways, and says whether it has to be paid for.
func (d desks) end(t *testing.T, i int, by commands.Caller, scan uuid.UUID, p domain.Profile) (paid bool, err error) {
	cancel := func() error { return d[i%2].CancelScan(t.Context(), commands.CancelScan{By: by, Scan: scan}) }
	switch i % 9 {
	case 0:
		return true, d.run(t, i, scan, p, domain.Tested)
	case 1:
		if _, err := d[i%2].TakeProbe(t.Context(), commands.Lease{Scan: scan, Tool: p.Tools()[0], Token: 1, Attempt: 1}, "w"); err != nil {
			return false, err
		}
		return true, cancel()
	case 2, 3, 4:
		return false, d.run(t, i, scan, p, domain.Failed)
	default:
		return false, cancel()
	}
}

// wantShort expects a refusal that says what the scan costs and that there was
// less.
func wantShort(t *testing.T, err error, p domain.Profile) {
	t.Helper()
	var e *domain.Error
	if !errors.As(err, &e) || e.Code != domain.Payment || e.Short == nil {
		t.Errorf("refused: %v", err)
		return
	}
	if s := e.Short; s.Required != p.Cost() || s.Available >= s.Required || s.Available < 0 || s.Available != s.Monthly+s.Purchased {
		t.Errorf("a scan of %d credits is refused with %+v", p.Cost(), *s)
	}
}

// settledOnce lets a worker finish a scan while its owner cancels it: whoever
// is first, the charge is closed once.
func settledOnce(t *testing.T, d desks) {
	by := d.register(t, 200)
	for n := range 20 {
		scan, err := d.ask(t, n, by, unlimited, domain.ZAPFull)
		if err != nil {
			t.Fatal(err)
		}
		errs := make([]error, 3)
		atOnce(3, func(i int) {
			if i == 0 {
				errs[i] = d[n%2].CancelScan(t.Context(), commands.CancelScan{By: by, Scan: scan})
			} else {
				errs[i] = d.run(t, i, scan, domain.ZAPFull, domain.Tested)
			}
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if domain.CodeOf(err) != domain.Over {
				t.Errorf("scan %d: %v", n, err)
			}
		}
		if c := d.ledger(t, by).Charges[scan]; won != 1 || c.Open() || c.Settled+c.Back != 10 {
			t.Errorf("%d have ended scan %d, whose charge is %+v", won, n, c)
		}
	}
}

// monthOnce has everybody open the month at the same time.
func monthOnce(t *testing.T, d desks) {
	by := d.register(t, 0)
	if err := d[0].SetPlan(t.Context(), commands.SetPlan{Account: by.Account, Contract: domain.SecAbly, Plan: "startup"}); err != nil {
		t.Fatal(err)
	}
	atOnce(40, func(i int) {
		if i%4 == 0 {
			if _, err := d[i/4%2].Ledger(t.Context(), by, by.Account); err != nil {
				t.Errorf("ledger: %v", err)
			}
		} else if _, err := d.ask(t, i, by, unlimited, domain.NmapFull); err != nil {
			t.Errorf("refused: %v", err)
		}
	})
	if l := d.ledger(t, by); l.Balance() != 20 || len(l.Entries) != 31 {
		t.Errorf("%d credits are left after %d entries", l.Balance(), len(l.Entries))
	}
}

// allGetOn asks for a hundred scans and ends them all at the same time: nobody
// is sent away because of the others.
func allGetOn(t *testing.T, d desks) {
	by := d.register(t, 100)
	atOnce(100, func(i int) {
		scan, err := d.ask(t, i, by, unlimited, domain.NmapFull)
		if err == nil {
			err = d.run(t, i, scan, domain.NmapFull, domain.Tested)
		}
		if err != nil {
			t.Errorf("scan %d: %v", i, err)
		}
	})
	if l := d.ledger(t, by); l.Balance() != 0 || len(l.Charges) != 100 || len(l.Entries) != 201 {
		t.Errorf("%d credits, %d charges, %d entries", l.Balance(), len(l.Charges), len(l.Entries))
	}
}

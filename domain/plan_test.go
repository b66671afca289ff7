package domain

import "testing"

// TestPlans has the figures of the published documents, and that every
// contract with plans has a free one and one without limits, each once.
func TestPlans(t *testing.T) {
	for _, c := range []struct {
		contract          Contract
		name              string
		scans, requestsPM int
	}{
		{IsSafeSite, "free", 3, 10}, {IsSafeSite, "pro", 100, 60}, {IsSafeSite, "enterprise", 0, 300}, {IsSafeSite, "internal", 0, 0},
		{ScannerAPI, "free", 0, 0}, {ScannerAPI, "internal", 0, 0},
	} {
		p, ok := PlanOf(c.contract, c.name)
		if want := (Plan{c.contract, c.name, c.scans, c.requestsPM}); !ok || p != want {
			t.Errorf("plan %+v, want %+v", p, want)
		}
	}
	names := map[Contract]map[string]int{}
	for _, p := range Plans {
		if names[p.Contract] == nil {
			names[p.Contract] = map[string]int{}
		}
		names[p.Contract][p.Name]++
	}
	for c, n := range names {
		for name, times := range n {
			if times != 1 {
				t.Errorf("%s has %d plans %q", c, times, name)
			}
		}
		if n[FreePlan] != 1 || n[InternalPlan] != 1 {
			t.Errorf("%s has plans %v", c, n)
		}
	}
	for _, c := range []Plan{{Contract: IsSafeSite, Name: "gold"}, {Contract: "none", Name: FreePlan}, {Contract: IsSafeSite}} {
		if p, ok := PlanOf(c.Contract, c.Name); ok {
			t.Errorf("%s has the plan %+v", c.Contract, p)
		}
	}
}

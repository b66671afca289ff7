package domain

import (
	"testing"
	"time"
)

// TestPlans has the figures of the published documents, and that every
// contract with plans has a free one and one without limits, each once.
func TestPlans(t *testing.T) {
	for _, want := range []Plan{
		{Contract: SevenAzzani, Name: "free", RequestsPerMin: 100, RequestsPerSec: 10}, {Contract: SevenAzzani, Name: "internal"},
		{Contract: SecAbly, Name: "free", ScansPerHour: 10, RequestsPerMonth: 100, Targets: 5, ScheduleEvery: 24 * time.Hour},
		{Contract: SecAbly, Name: "indie", ScansPerHour: 10, RequestsPerMonth: 2000, Targets: 20, Credits: 10, ScheduleEvery: 6 * time.Hour},
		{Contract: SecAbly, Name: "startup", ScansPerHour: 10, RequestsPerMonth: 10000, Targets: 100, Credits: 50, ScheduleEvery: time.Hour},
		{Contract: SecAbly, Name: "business", ScansPerHour: 10, RequestsPerMonth: 50000, Targets: 500, Credits: 200, ScheduleEvery: 15 * time.Minute},
		{Contract: SecAbly, Name: "enterprise", ScansPerHour: 10, Credits: 1000, ScheduleEvery: 5 * time.Minute}, {Contract: SecAbly, Name: "internal"},
		{Contract: IsSafeSite, Name: "free", ScansPerMonth: 3, RequestsPerMin: 10},
		{Contract: IsSafeSite, Name: "pro", ScansPerMonth: 100, RequestsPerMin: 60},
		{Contract: IsSafeSite, Name: "enterprise", RequestsPerMin: 300}, {Contract: IsSafeSite, Name: "internal"},
		{Contract: ScannerAPI, Name: "free"}, {Contract: ScannerAPI, Name: "internal"},
	} {
		if p, ok := PlanOf(want.Contract, want.Name); !ok || p != want || p.Unlimited() != (p.Name == "internal") {
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

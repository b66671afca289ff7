package projections

import (
	"reflect"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

func TestPlanChanges(t *testing.T) {
	at := func(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }
	history := []domain.Envelope{
		{Version: 1, At: at(1), Event: domain.AccountRegistered{}},
		{Version: 2, At: at(2), Actor: "operator", Event: domain.PlanChanged{Contract: domain.SecAbly, Plan: "indie"}},
		{Version: 3, At: at(3), Event: domain.CreditsGranted{Amount: 1}},
		{Version: 4, At: at(4), Actor: "account:a", Event: domain.PlanChanged{Contract: domain.SecAbly, Plan: "free", Reason: "sealed"}},
	}
	want := []PlanChange{{at(4), "account:a", domain.SecAbly, "free", "sealed"}, {at(2), "operator", domain.SecAbly, "indie", ""}}
	if got := PlanChanges(history); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := PlanChanges(history[:1]); got == nil || len(got) != 0 {
		t.Errorf("of none %#v", got)
	}
}

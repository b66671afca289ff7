package domain

import (
	"reflect"
	"testing"

	"github.com/google/uuid"
)

func TestAccount(t *testing.T) {
	key, other := uuid.UUID{1}, uuid.UUID{2}
	a := new(Account)
	if a.Exists() {
		t.Error("an account without events exists")
	}
	for i, e := range []Event{
		AccountRegistered{Account: uuid.UUID{9}, Email: "sealed", Operator: true},
		KeyIssued{Key: key}, KeyIssued{Key: other}, KeyRevoked{Key: other}, PlanChanged{Contract: IsSafeSite, Plan: "pro"},
	} {
		a.Apply(Envelope{Version: i + 1, Event: e})
	}
	if !a.Exists() || !a.Operator || a.Email != "sealed" || a.Version != 5 {
		t.Errorf("account %+v", a)
	}
	if events, err := a.Revoke(key); err != nil || !reflect.DeepEqual(events, []Event{KeyRevoked{Key: key}}) {
		t.Errorf("revoke: %v, %v", events, err)
	}
	if events, err := a.Revoke(other); err != nil || events != nil {
		t.Errorf("revoke again: %v, %v", events, err)
	}
	if _, err := a.Revoke(uuid.UUID{3}); CodeOf(err) != NotFound {
		t.Errorf("revoke an unknown key: %v", err)
	}
	if p := a.Plan(IsSafeSite); p.Name != "pro" {
		t.Errorf("plan %+v", p)
	}
	if p := a.Plan(ScannerAPI); p.Name != FreePlan {
		t.Errorf("plan to begin with %+v", p)
	}
	a.Apply(Envelope{Version: 6, Event: PlanChanged{Contract: IsSafeSite, Plan: "a plan of former days"}})
	if p := a.Plan(IsSafeSite); p.Name != FreePlan {
		t.Errorf("a plan that is no more is %+v", p)
	}
	for i, e := range a.Delete() {
		if e != (AccountDeleted{Account: uuid.UUID{9}}) {
			t.Errorf("deleted by %+v", e)
		}
		a.Apply(Envelope{Version: 7 + i, Event: e})
	}
	if a.Exists() || a.Version != 7 {
		t.Errorf("a deleted account: %+v", a)
	}
}

// TestAccountClone changes a copy in every way, and the account stays.
func TestAccountClone(t *testing.T) {
	scan := uuid.UUID{3}
	account := func() *Account {
		a := new(Account)
		for _, e := range []Event{
			AccountRegistered{Account: uuid.UUID{9}}, KeyIssued{Key: uuid.UUID{1}}, CreditsGranted{Pool: PurchasedPool, Amount: 9},
			CreditsHeld{Scan: scan, Profile: ZAPBaseline, Split: Split{Purchased: 5}},
		} {
			a.Apply(Envelope{Version: a.Version + 1, Event: e})
		}
		return a
	}
	a := account()
	c := a.Clone()
	for _, e := range []Event{
		KeyRevoked{Key: uuid.UUID{1}}, PlanChanged{Contract: SecAbly, Plan: "indie"},
		CreditsSettled{Scan: scan, Amount: 5}, CreditsGranted{Pool: MonthlyPool, Month: "2026-05", Amount: 1},
	} {
		c.Apply(Envelope{Version: c.Version + 1, Event: e})
	}
	if !reflect.DeepEqual(a, account()) || c.Version != 8 || c.Keys[uuid.UUID{1}] || c.Credits.Balance() != 5 {
		t.Errorf("the account is %+v, and its copy %+v", a, c)
	}
}

func TestSetOperator(t *testing.T) {
	a := new(Account)
	a.Apply(Envelope{Version: 1, Event: AccountRegistered{Account: uuid.UUID{9}}})
	for i, step := range []struct {
		operator bool
		want     []Event
	}{{false, nil}, {true, []Event{OperatorAdded{}}}, {true, nil}, {false, []Event{OperatorRemoved{}}}, {false, nil}} {
		events := a.SetOperator(step.operator)
		if !reflect.DeepEqual(events, step.want) {
			t.Errorf("step %d: %+v, want %+v", i, events, step.want)
		}
		for _, e := range events {
			a.Apply(Envelope{Version: a.Version + 1, Event: e})
		}
		if a.Operator != step.operator {
			t.Errorf("step %d leaves %+v", i, a)
		}
	}
}

package commands_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func operates(account uuid.UUID, operator bool) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.SetOperator(s.t.Context(), commands.SetOperator{Account: account, Operator: operator})
	}
}

func TestSetOperator(t *testing.T) {
	given(t).when(operates(ann, true)).then(domain.OperatorAdded{})
	given(t).when(operates(ann, false)).then()
	given(t, did(operates(ann, true))).when(operates(ann, true)).then()
	given(t, did(operates(ann, true))).when(operates(ann, false)).then(domain.OperatorRemoved{})
	given(t).when(operates(id(9), true)).refused(domain.NotFound)
}

// TestOperatorNoMore uses one key before, while and after its account is an
// operator: what it opens follows at once.
func TestOperatorNoMore(t *testing.T) {
	s := given(t)
	key := s.issue(ann, 0)
	for _, operator := range []bool{false, true, false} {
		if err := operates(ann, operator)(s); err != nil {
			t.Fatal(err)
		}
		if g, err := s.desk.GrantOf(t.Context(), key); err != nil || g.Standing.Operator != operator {
			t.Errorf("of an operator %t the key opens %+v, %v", operator, g.Standing, err)
		}
	}
}

// TestReasons are sealed with the key of the account that they are about.
func TestReasons(t *testing.T) {
	const why = "A gift for Ann, ünïcödé"
	plan := func(account uuid.UUID, reason string) func(*scenario) error {
		return func(s *scenario) error {
			return s.desk.SetPlan(s.t.Context(), commands.SetPlan{Account: account, Contract: domain.SecAbly, Plan: "indie", Reason: reason})
		}
	}
	credits := func(account uuid.UUID, reason string) func(*scenario) error {
		return func(s *scenario) error {
			return s.desk.GrantCredits(s.t.Context(), commands.GrantCredits{Account: account, Amount: 7, Reason: reason})
		}
	}
	for name, command := range map[string]func(uuid.UUID, string) func(*scenario) error{"a plan": plan, "credits": credits} {
		s := given(t).when(command(ann, why))
		if s.err != nil {
			t.Fatalf("%s: %v", name, s.err)
		}
		stored := s.log.Stored(s.mark)
		event, err := stored[0].Read()
		if err != nil || strings.Contains(string(stored[0].Payload), "Ann") {
			t.Errorf("%s leaves %s, %v", name, stored[0].Payload, err)
		}
		var reason domain.Sealed
		switch e := event.(type) {
		case domain.PlanChanged:
			reason = e.Reason
		case domain.CreditsGranted:
			reason = e.Reason
		}
		if told := s.open(ann, reason); told != why {
			t.Errorf("%s for %q, want %q", name, told, why)
		}
		given(t).when(command(ann, strings.Repeat("ü", 501))).refused(domain.Invalid)
		given(t).when(command(ann, "two\nlines")).refused(domain.Invalid)
		given(t).when(command(ann, "turned \u202e round")).refused(domain.Invalid)
		given(t).when(command(id(9), why)).refused(domain.NotFound)
	}
}

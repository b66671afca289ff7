package commands_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func TestSignUp(t *testing.T) {
	signUp := func(password string) func(*scenario) error {
		return func(s *scenario) error {
			_, err := s.desk.SignUp(s.t.Context(), commands.SignUp{Email: cleo, Password: password, FirstName: "Cleo", LastName: "Ü"})
			return err
		}
	}
	given(t).when(signUp("password123")).refused(domain.Invalid)
	given(t).when(signUp("seven77")).refused(domain.Invalid)
	given(t, did(register(cleo, password))).when(signUp(password)).refused(domain.Conflict)
	s := given(t).when(signUp(strings.Repeat("x", 64)))
	account, err := s.desk.AccountByEmail(t.Context(), cleo)
	if s.err != nil || err != nil {
		t.Fatal(s.err, err)
	}
	p, err := s.desk.PersonOf(t.Context(), account)
	if err != nil || p.Email != cleo || p.FirstName != "Cleo" || p.LastName != "Ü" || p.ID != account || !p.Joined.Equal(s.now) || p.Number != 3 {
		t.Errorf("person %+v, %v", p, err)
	}
	if plan := p.Plan(domain.SecAbly); plan.Name != domain.FreePlan {
		t.Errorf("plan %+v", plan)
	}
}

func TestChangeProfile(t *testing.T) {
	text := func(s string) *string { return &s }
	change := func(account uuid.UUID, first, last *string) func(*scenario) error {
		return func(s *scenario) error {
			return s.desk.ChangeProfile(s.t.Context(), commands.ChangeProfile{By: commands.Caller{Account: account}, FirstName: first, LastName: last})
		}
	}
	for name, c := range map[string]struct {
		first, last *string
		then        [2]string
		events      int
	}{
		"one name":     {text("Dan"), nil, [2]string{"Dan", ""}, 1},
		"the other":    {nil, text("O'Ü 🙂"), [2]string{"Cleo", "O'Ü 🙂"}, 1},
		"both":         {text("Dan"), text("Dee"), [2]string{"Dan", "Dee"}, 1},
		"taken away":   {text(""), nil, [2]string{"", ""}, 1},
		"none":         {nil, nil, [2]string{"Cleo", ""}, 0},
		"the same":     {text("Cleo"), text(""), [2]string{"Cleo", ""}, 0},
		"a long one":   {text(strings.Repeat("ü", 150)), nil, [2]string{strings.Repeat("ü", 150), ""}, 1},
		"a mark of it": {text("<b>"), nil, [2]string{"<b>", ""}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, account := signedUp(t)
			s.when(change(account, c.first, c.last))
			p, err := s.desk.PersonOf(t.Context(), account)
			if s.err != nil || err != nil || [2]string{p.FirstName, p.LastName} != c.then || p.Email != cleo {
				t.Errorf("person %+v, %v, %v", p, s.err, err)
			}
			stored := s.log.Stored(s.mark)
			if len(stored) != c.events {
				t.Errorf("%d events, want %d", len(stored), c.events)
			}
			for _, e := range stored {
				if e.Type != "profile.changed" || strings.Contains(string(e.Payload), "Dan") {
					t.Errorf("%s: %s", e.Type, e.Payload)
				}
			}
		})
	}
	s, account := signedUp(t)
	for _, wrong := range []string{strings.Repeat("x", 151), "a\nb", "\x00"} {
		s.when(change(account, text(wrong), nil)).refused(domain.Invalid)
		s.when(change(account, nil, text(wrong))).refused(domain.Invalid)
	}
	s.when(change(id(99), text("Dan"), nil)).refused(domain.NotFound)
}

// TestKeyUse notes when a key was last used, and nothing of access tokens.
func TestKeyUse(t *testing.T) {
	s, account := signedUp(t)
	g, err := s.desk.GrantOf(t.Context(), s.issue(account, 0))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := s.desk.Use(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		later(20 * time.Second)(s)
	}
	g.Key = uuid.Nil
	if err := s.desk.Use(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	if last, err := s.desk.Uses.LastUses(t.Context(), account); err != nil || len(last) != 1 {
		t.Errorf("last uses %v, %v", last, err)
	}
}

// TestRevokeKeyOfAnother is for operators alone.
func TestRevokeKeyOfAnother(t *testing.T) {
	s := given(t)
	key := s.issue(ann, 0)
	g, err := s.desk.GrantOf(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	revoke := func(by commands.Caller) func(*scenario) error {
		return func(s *scenario) error {
			return s.desk.RevokeKey(s.t.Context(), commands.RevokeKey{By: by, Key: g.Key})
		}
	}
	s.when(revoke(byBob)).refused(domain.NotFound)
	s.when(revoke(byAnn)).then(domain.KeyRevoked{Key: g.Key})
}

func TestTeam(t *testing.T) {
	operator := commands.Caller{Operator: true}
	cyd := uuid.MustParse("cccccccc-0000-4000-8000-000000000000")
	withCyd := func(s *scenario) { s.registered(cyd) }
	add := func(by commands.Caller, team, member uuid.UUID) func(*scenario) error {
		return func(s *scenario) error {
			return s.desk.AddMember(s.t.Context(), commands.AddMember{By: by, Team: team, Member: member})
		}
	}
	remove := func(by commands.Caller, team, member uuid.UUID) func(*scenario) error {
		return func(s *scenario) error {
			return s.desk.RemoveMember(s.t.Context(), commands.RemoveMember{By: by, Team: team, Member: member})
		}
	}
	keys := map[uuid.UUID]string{}
	team := func(s *scenario, account uuid.UUID, want ...uuid.UUID) {
		t.Helper()
		g, err := s.desk.GrantOf(t.Context(), keys[account])
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.desk.TeamOf(t.Context(), g); err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("team of %s: %v, %v, want %v", account, got, err, want)
		}
	}
	given(t).when(add(operator, ann, bob)).then(domain.MemberAdded{Member: bob})
	given(t).when(add(byAnn, ann, bob)).then(domain.MemberAdded{Member: bob})
	given(t).when(add(byBob, ann, bob)).refused(domain.NotFound)
	given(t).when(add(operator, ann, ann)).refused(domain.Invalid)
	given(t).when(add(operator, ann, id(99))).refused(domain.NotFound)
	given(t).when(add(operator, id(99), ann)).refused(domain.NotFound)
	given(t).when(remove(operator, ann, bob)).refused(domain.NotFound)

	s := given(t, withCyd, did(add(operator, ann, bob)))
	for _, account := range []uuid.UUID{ann, bob, cyd} {
		keys[account] = s.issue(account, 0)
	}
	team(s, ann, bob)
	team(s, bob, ann)
	team(s, cyd)
	s.when(add(operator, ann, bob)).then()
	s.when(add(operator, cyd, bob)).refused(domain.Conflict) // who belongs to one team
	s.when(add(operator, bob, cyd)).refused(domain.Conflict) // a member has no team of its own
	s.when(add(operator, cyd, ann)).refused(domain.Conflict) // nor does its head belong to another
	s.when(add(operator, ann, cyd)).then(domain.MemberAdded{Member: cyd})
	team(s, cyd, ann, bob)
	s.when(remove(byBob, ann, cyd)).refused(domain.NotFound)
	s.when(remove(byAnn, ann, bob)).then(domain.MemberRemoved{Member: bob})
	team(s, bob)
	team(s, ann, cyd)
	s.when(remove(operator, ann, cyd)).then(domain.MemberRemoved{Member: cyd})
	team(s, ann)
	s.when(add(operator, bob, ann)).then(domain.MemberAdded{Member: ann}) // now that both are free
}

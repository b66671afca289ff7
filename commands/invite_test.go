package commands_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// named gives an account an e-mail address by which it is found.
func (s *scenario) named(account uuid.UUID, email string) {
	s.t.Helper()
	stream := domain.NewStream(domain.AccountFamily, account)
	history, err := s.log.Read(s.t.Context(), stream, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	w := commands.Write{Stream: stream, Owner: account, After: len(history), Claims: []commands.Claim{{Name: commands.EmailClaim(email)}}, Events: []domain.Envelope{{
		ID: uuid.New(), Stream: stream, Version: len(history) + 1, Owner: account, At: s.clock(), Event: domain.ProfileChanged{},
	}}}
	if _, err := s.log.Append(s.t.Context(), w); err != nil {
		s.t.Fatal(err)
	}
}

// people gives all three accounts their addresses.
func people(s *scenario) {
	s.registered(cyd)
	s.named(ann, "ann@example.com")
	s.named(bob, "bob@example.com")
	s.named(cyd, "cyd@example.com")
}

var (
	cyd   = uuid.MustParse("cccccccc-0000-4000-8000-000000000000")
	byCyd = commands.Caller{Account: cyd, Request: "request-3"}
)

func invite(by commands.Caller, email string, joins bool) func(*scenario) error {
	return func(s *scenario) error {
		s.t.Helper()
		joined, err := s.desk.InviteMember(s.t.Context(), commands.InviteMember{By: by, Email: email})
		if err == nil && joined != joins {
			s.t.Errorf("joined is %v", joined)
		}
		return err
	}
}

func part(by commands.Caller, email string) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.PartWith(s.t.Context(), commands.PartWith{By: by, Email: email})
	}
}

// teamOf is an account's team, as a key of its own opens it.
func (s *scenario) teamOf(account uuid.UUID) ([]uuid.UUID, error) {
	s.t.Helper()
	g, err := s.desk.GrantOf(s.t.Context(), s.issue(account, 0))
	if err != nil {
		return nil, err
	}
	return s.desk.TeamOf(s.t.Context(), g)
}

// TestInvite makes a team of two who have both asked for it, and of nobody else.
func TestInvite(t *testing.T) {
	s := given(t, people)
	team := func(account uuid.UUID, want ...uuid.UUID) {
		t.Helper()
		if got, err := s.teamOf(account); err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("team of %s: %v, %v; want %v", account, got, err, want)
		}
	}
	s.when(invite(byAnn, "bob@example.com", false)).then(domain.MemberInvited{Member: bob})
	team(ann)
	team(bob)
	s.when(invite(byAnn, "bob@example.com", false)).then()
	s.when(invite(byAnn, "cyd@example.com", false)).then(domain.MemberInvited{Member: cyd})
	s.when(invite(byBob, "ann@example.com", true)).then(domain.MemberAdded{Member: bob})
	team(ann, bob)
	team(bob, ann)
	s.when(invite(byBob, "ann@example.com", true)).then()
	s.when(invite(byAnn, "bob@example.com", true)).then()
	s.when(invite(byBob, "cyd@example.com", false)).refused(domain.Conflict) // the team is ann's
	s.when(invite(byCyd, "bob@example.com", false)).then(domain.MemberInvited{Member: bob})
	s.when(invite(byBob, "cyd@example.com", false)).refused(domain.Conflict)
	s.when(invite(byAnn, "ann@example.com", false)).refused(domain.Invalid)
	s.when(invite(byAnn, "nobody@example.com", false)).refused(domain.NotFound)
	s.when(invite(byAnn, "nonsense", false)).refused(domain.Invalid)
	got, err := s.desk.Team(t.Context(), ann)
	if want := (commands.Team{Owner: ann, Members: []uuid.UUID{bob}, Invited: []uuid.UUID{cyd}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("team %+v, %v", got, err)
	}
	if got, err := s.desk.Team(t.Context(), bob); err != nil || got.Owner != ann || got.Invited != nil {
		t.Errorf("team as a member sees it %+v, %v", got, err)
	}
}

// TestPartWith ends what is between two accounts, from either side, and nothing
// else.
func TestPartWith(t *testing.T) {
	team := func(s *scenario) {
		did(invite(byAnn, "bob@example.com", false))(s)
		did(invite(byBob, "ann@example.com", true))(s)
		did(invite(byAnn, "cyd@example.com", false))(s)
	}
	given(t, people, team).when(part(byAnn, "bob@example.com")).then(domain.MemberRemoved{Member: bob})
	given(t, people, team).when(part(byBob, "ann@example.com")).then(domain.MemberRemoved{Member: bob})
	given(t, people, team).when(part(byAnn, "cyd@example.com")).then(domain.MemberRemoved{Member: cyd})
	given(t, people, team).when(part(byCyd, "ann@example.com")).then(domain.MemberRemoved{Member: cyd})
	for _, email := range []string{"cyd@example.com", "bob@example.com", "nobody@example.com"} {
		given(t, people, team).when(part(byBob, email)).refused(domain.NotFound)
	}
	s := given(t, people, team, did(part(byAnn, "cyd@example.com")))
	s.when(invite(byCyd, "ann@example.com", false)).then(domain.MemberInvited{Member: ann}) // ann's invitation is over
	if got, err := s.teamOf(ann); err != nil || len(got) != 1 {
		t.Errorf("bob is out of the team with cyd's invitation: %v, %v", got, err)
	}
	s.when(part(byBob, "ann@example.com")).then(domain.MemberRemoved{Member: bob})
	s.when(invite(byAnn, "cyd@example.com", true)).then(domain.MemberAdded{Member: ann}) // she is free to be a member elsewhere
}

// keyed is a caller with a key of ann's.
func keyed(s *scenario, c commands.IssueKey) commands.Caller {
	s.t.Helper()
	c.Account, c.Name = ann, "key"
	key, _, err := s.desk.IssueKey(s.t.Context(), c)
	if err != nil {
		s.t.Fatal(err)
	}
	return commands.Caller{Account: ann, Key: key, Request: "request-4"}
}

// TestBoundKeys do nothing that outlives them or opens more than they do.
func TestBoundKeys(t *testing.T) {
	for name, c := range map[string]struct {
		by   commands.IssueKey
		free bool
	}{
		"a key without restrictions": {commands.IssueKey{}, true},
		"one that expires":           {commands.IssueKey{Expires: time.Hour}, false},
		"one that ends at a moment":  {commands.IssueKey{Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, false},
		"one bound to an address":    {commands.IssueKey{AllowIP: []string{"203.0.113.7"}}, false},
		"one bound to all addresses": {commands.IssueKey{AllowIP: []string{"0.0.0.0/0"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, people)
			other, by := keyed(s, commands.IssueKey{}), keyed(s, c.by)
			for what, command := range map[string]func(*scenario) error{
				"issue": func(s *scenario) error {
					_, _, err := s.desk.IssueKey(t.Context(), commands.IssueKey{By: by, Account: ann, Name: "k", AllowIP: c.by.AllowIP, Expires: time.Minute})
					return err
				},
				"revoke": func(s *scenario) error {
					return s.desk.RevokeKey(t.Context(), commands.RevokeKey{By: by, Key: other.Key})
				},
				"invite": invite(by, "bob@example.com", false),
				"part":   part(by, "bob@example.com"),
			} {
				s.when(command)
				if c.free && what == "part" {
					continue // it has somebody to part with, or not, as the order is
				}
				if c.free && s.err != nil {
					t.Errorf("%s is refused: %v", what, s.err)
				} else if !c.free {
					s.refused(domain.Denied)
				}
			}
			s.when(func(s *scenario) error {
				return s.desk.RevokeKey(t.Context(), commands.RevokeKey{By: by, Key: by.Key})
			}).then(domain.KeyRevoked{Key: by.Key})
			s.when(func(s *scenario) error {
				_, _, err := s.desk.IssueKey(t.Context(), commands.IssueKey{By: by, Account: ann, Name: "k"})
				return err
			}).refused(domain.Denied)
		})
	}
}

// TestKeyEnds reads when a key ends.
func TestKeyEnds(t *testing.T) {
	s := given(t)
	now := s.clock()
	for _, c := range []struct {
		in   time.Duration
		at   time.Time
		want *time.Time
		code domain.Code
	}{
		{},
		{in: time.Hour, want: ptr(now.Add(time.Hour))},
		{at: now.Add(time.Second).In(time.FixedZone("", 3600)), want: ptr(now.Add(time.Second))},
		{at: now, code: domain.Invalid},
		{in: -1, code: domain.Invalid},
		{in: time.Hour, at: now.Add(time.Hour), code: domain.Invalid},
	} {
		id, key, err := s.desk.IssueKey(t.Context(), commands.IssueKey{Account: ann, Name: "k", Expires: c.in, Until: c.at})
		if domain.CodeOf(err) != c.code {
			t.Errorf("%+v: %v", c, err)
		}
		if err != nil {
			continue
		}
		if grant, err := s.desk.GrantOf(t.Context(), key); err != nil || grant.Key != id || !reflect.DeepEqual(grant.Expires, c.want) {
			t.Errorf("%+v: grant %+v, %v", c, grant, err)
		}
	}
	if _, _, err := s.desk.IssueKey(t.Context(), commands.IssueKey{Account: ann, Name: "k", AllowIP: make([]string, 101)}); domain.CodeOf(err) != domain.Invalid {
		t.Errorf("101 addresses: %v", err)
	}
}

func ptr[T any](v T) *T { return &v }

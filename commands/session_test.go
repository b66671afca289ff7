package commands_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

const cleo = "cleo@example.com"

// signedUp is a scenario with cleo's account.
func signedUp(t *testing.T, steps ...step) (*scenario, uuid.UUID) {
	t.Helper()
	s := given(t, append([]step{did(register(cleo, password))}, steps...)...)
	account, err := s.desk.AccountByEmail(t.Context(), cleo)
	if err != nil {
		t.Fatal(err)
	}
	return s, account
}

// logIn logs cleo in.
func (s *scenario) logIn(password string) commands.Login {
	s.t.Helper()
	l, err := s.desk.LogIn(s.t.Context(), commands.LogIn{Email: cleo, Password: password})
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (s *scenario) refresh(token string) (commands.Login, error) {
	return s.desk.RefreshSession(s.t.Context(), commands.RefreshSession{Token: token})
}

// opens expects that an access token opens an account, or nothing.
func (s *scenario) opens(when, access string, want domain.Code) {
	s.t.Helper()
	if g, err := s.desk.GrantOf(s.t.Context(), access); domain.CodeOf(err) != want || err != nil && g.Account != uuid.Nil {
		s.t.Errorf("%s: it opens %s, %v, want %q", when, g.Account, err, want)
	}
}

func TestLogIn(t *testing.T) {
	s, account := signedUp(t)
	l := s.logIn(password)
	g, err := s.desk.GrantOf(t.Context(), l.Access)
	if err != nil || g.Account != account || g.Key != uuid.Nil || l.Account != account {
		t.Errorf("login %+v opens %+v, %v", l, g, err)
	}
	s.when(func(s *scenario) error {
		_, err := s.desk.LogIn(t.Context(), commands.LogIn{Email: " CLEO@example.com", Password: password})
		return err
	}).then()
	later(15*time.Minute - time.Second)(s)
	s.opens("just before its end", l.Access, "")
	later(time.Second)(s)
	s.opens("at its end", l.Access, domain.BadKey)
	s.opens("the refresh token", l.Refresh, domain.BadKey)
}

// TestLogInRefuses tells nobody whether an address has an account: the answers
// are equal, and a password is compared each time.
func TestLogInRefuses(t *testing.T) {
	s, _ := signedUp(t)
	var told []string
	for _, c := range []commands.LogIn{
		{Email: cleo, Password: password + "x"}, {Email: cleo, Password: ""}, {Email: "nobody@example.com", Password: password},
		{Email: "", Password: password}, {Email: "no address", Password: password}, {Email: "dan@example.com", Password: ""},
	} {
		before := s.passwords.checked.Load()
		_, err := s.desk.LogIn(t.Context(), c)
		if domain.CodeOf(err) != domain.BadKey || s.passwords.checked.Load() != before+1 {
			t.Errorf("%+v: %v after %d comparisons", c, err, s.passwords.checked.Load()-before)
		}
		told = append(told, err.Error())
	}
	for _, text := range told {
		if text != told[0] {
			t.Errorf("refusals are told apart: %q", told)
		}
	}
	s.passwords.full = true
	if _, err := s.desk.LogIn(t.Context(), commands.LogIn{Email: cleo, Password: password}); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("when too many wait: %v", err)
	}
}

// TestRehash makes a hash anew whose parameters are out of date, once.
func TestRehash(t *testing.T) {
	s, account := signedUp(t)
	name := "password:" + account.String()
	stored, err := s.log.Secret(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	former := "old " + string(stored.Value)
	s.passwords.outdated[former] = true
	if err := s.log.Replace(t.Context(), stored, []byte(former)); err != nil {
		t.Fatal(err)
	}
	before := s.logIn(password)
	now, err := s.log.Secret(t.Context(), name)
	if err != nil || !bytes.Equal(now.Value, stored.Value) {
		t.Errorf("the hash is %q, %v", now.Value, err)
	}
	s.logIn(password)
	s.opens("after the hash has changed", before.Access, "")
}

func TestRefresh(t *testing.T) {
	s, account := signedUp(t)
	l := s.logIn(password)
	seen := map[string]bool{l.Refresh: true}
	for range 29 {
		later(24 * time.Hour)(s)
		next, err := s.refresh(l.Refresh)
		if err != nil || seen[next.Refresh] || !strings.HasPrefix(next.Refresh, "rt_") || len(next.Refresh) != 46 || next.Account != account {
			t.Fatalf("refresh: %+v, %v", next, err)
		}
		s.opens("the next access token", next.Access, "")
		l, seen[next.Refresh] = next, true
	}
	later(24 * time.Hour)(s)
	if _, err := s.refresh(l.Refresh); domain.CodeOf(err) != domain.BadKey {
		t.Errorf("after thirty days: %v", err)
	}
	for _, token := range []string{"", "rt_", "x", l.Access, "rt_" + strings.Repeat("A", 43), strings.TrimPrefix(l.Refresh, "rt_")} {
		if _, err := s.refresh(token); domain.CodeOf(err) != domain.BadKey {
			t.Errorf("%q: %v", token, err)
		}
	}
}

// TestRefreshAgain ends a session whose spent token is shown again, with all
// that it has opened.
func TestRefreshAgain(t *testing.T) {
	s, _ := signedUp(t)
	other := s.logIn(password)
	first := s.logIn(password)
	second, err := s.refresh(first.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.refresh(first.Refresh); domain.CodeOf(err) != domain.BadKey {
		t.Errorf("a spent token: %v", err)
	}
	if _, err := s.refresh(second.Refresh); domain.CodeOf(err) != domain.BadKey {
		t.Errorf("its successor: %v", err)
	}
	s.opens("the first access token", first.Access, domain.BadKey)
	s.opens("the second", second.Access, domain.BadKey)
	s.opens("that of another session", other.Access, "")
}

// TestRefreshAtOnce lets one of many who spend a token at once have a successor,
// which is over when the others have come.
func TestRefreshAtOnce(t *testing.T) {
	s, _ := signedUp(t)
	l := s.logIn(password)
	successors, errs := make([]string, 50), make([]error, 50)
	var wg sync.WaitGroup
	for i := range successors {
		wg.Go(func() {
			next, err := s.refresh(l.Refresh)
			successors[i], errs[i] = next.Refresh, err
		})
	}
	wg.Wait()
	won := slices.DeleteFunc(successors, func(token string) bool { return token == "" })
	if len(won) != 1 {
		t.Fatalf("%d clients got a successor", len(won))
	}
	for _, err := range errs {
		if err != nil && domain.CodeOf(err) != domain.BadKey {
			t.Errorf("a client who was late: %v", err)
		}
	}
	if _, err := s.refresh(won[0]); domain.CodeOf(err) != domain.BadKey {
		t.Errorf("the successor: %v", err)
	}
}

func changePassword(account uuid.UUID, old, to string) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.ChangePassword(s.t.Context(), commands.ChangePassword{By: commands.Caller{Account: account}, Old: old, New: to})
	}
}

// TestChangePassword ends everything that the old password has opened, and
// leaves API keys as they are.
func TestChangePassword(t *testing.T) {
	s, account := signedUp(t)
	a, b, key := s.logIn(password), s.logIn(password), s.issue(account, 0)
	s.when(changePassword(account, password, "another horse")).then(domain.PasswordChanged{})
	for _, l := range []commands.Login{a, b} {
		s.opens("an access token of before", l.Access, domain.BadKey)
		if _, err := s.refresh(l.Refresh); domain.CodeOf(err) != domain.BadKey {
			t.Errorf("a refresh token of before: %v", err)
		}
	}
	s.opens("a key", key, "")
	if _, err := s.desk.LogIn(t.Context(), commands.LogIn{Email: cleo, Password: password}); domain.CodeOf(err) != domain.BadKey {
		t.Errorf("the old password: %v", err)
	}
	s.opens("an access token of after", s.logIn("another horse").Access, "")
	for _, e := range s.log.Stored(0) {
		if text, _ := json.Marshal(e); bytes.Contains(text, []byte("horse")) {
			t.Errorf("a password is in an event: %s", text)
		}
	}
}

func TestChangePasswordRefuses(t *testing.T) {
	for name, c := range map[string]struct{ old, to string }{
		"a wrong old one": {"wrong horse", "another horse"}, "no old one": {"", "another horse"},
		"a short one": {password, "seven77"}, "a long one": {password, strings.Repeat("x", 257)}, "a common one": {password, "password123"},
	} {
		t.Run(name, func(t *testing.T) {
			s, account := signedUp(t)
			l := s.logIn(password)
			s.when(changePassword(account, c.old, c.to)).refused(domain.Invalid)
			s.opens("what was open before", l.Access, "")
		})
	}
	given(t).when(changePassword(id(99), password, "another horse")).refused(domain.NotFound)
}

// TestChangePasswordAtOnce lets one of those win who change a password at once:
// the others have a wrong old one by then.
func TestChangePasswordAtOnce(t *testing.T) {
	s, account := signedUp(t)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = changePassword(account, password, "another horse "+string(rune('a'+i)))(s) })
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			s.logIn("another horse " + string(rune('a'+i)))
		} else if domain.CodeOf(err) != domain.Invalid {
			t.Errorf("one who comes late: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d have changed it", won)
	}
}

// TestLogInWhileThePasswordChanges opens no session that outlives the password
// which has opened it.
func TestLogInWhileThePasswordChanges(t *testing.T) {
	s, account := signedUp(t)
	secrets := &overtaken{Secrets: s.log, name: "password:" + account.String(), then: func() {
		if err := changePassword(account, password, "another horse")(&scenario{t: t, desk: s.plain()}); err != nil {
			t.Error(err)
		}
	}}
	s.desk.Secrets = secrets
	l, err := s.desk.LogIn(t.Context(), commands.LogIn{Email: cleo, Password: password})
	if err != nil {
		t.Fatalf("the password was right when it was read: %v", err)
	}
	s.desk.Secrets = s.log
	s.opens("a session of the old password", l.Access, domain.BadKey)
	if _, err := s.refresh(l.Refresh); domain.CodeOf(err) != domain.BadKey {
		t.Errorf("its refresh token: %v", err)
	}
}

// plain is the scenario's desk with its own secrets.
func (s *scenario) plain() commands.Desk {
	d := s.desk
	d.Secrets = s.log
	return d
}

// overtaken lets something happen once a secret has been read.
type overtaken struct {
	commands.Secrets
	name string
	then func()
}

func (o *overtaken) Secret(ctx context.Context, name string) (commands.Secret, error) {
	s, err := o.Secrets.Secret(ctx, name)
	if name == o.name && o.then != nil {
		then := o.then
		o.then = nil
		then()
	}
	return s, err
}

// TestForgottenAccount opens nothing for an account whose secrets are gone.
func TestForgottenAccount(t *testing.T) {
	s, account := signedUp(t)
	l := s.logIn(password)
	w := commands.Write{Stream: domain.NewStream(domain.ScanFamily, id(77)), Owner: account, Events: []domain.Envelope{{ID: id(78), Stream: domain.NewStream(domain.ScanFamily, id(77)), Version: 1, Owner: account, At: s.clock(), Event: domain.ScanStarted{}}},
		Forget: []string{"epoch:" + account.String(), "password:" + account.String(), "vault:" + account.String()}}
	if _, err := s.log.Append(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	s.opens("its access token", l.Access, domain.BadKey)
	_, refreshed := s.refresh(l.Refresh)
	_, loggedIn := s.desk.LogIn(t.Context(), commands.LogIn{Email: cleo, Password: password})
	for what, err := range map[string]error{"refresh": refreshed, "log in": loggedIn} {
		if domain.CodeOf(err) != domain.BadKey {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := s.desk.PersonOf(t.Context(), account); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("who it was: %v", err)
	}
}

var errAway = errors.New("away")

// away is a store that does not answer.
type away struct{ commands.Secrets }

func (away) Secret(context.Context, string) (commands.Secret, error) {
	return commands.Secret{}, errAway
}
func (away) Claimed(context.Context, string) (domain.Stream, error) { return "", errAway }
func (away) Look(context.Context, commands.Look) (commands.Seen, error) {
	return commands.Seen{}, errAway
}

// TestStoreAway tells nobody that credentials are wrong which could not be
// looked at.
func TestStoreAway(t *testing.T) {
	s, account := signedUp(t)
	l, key := s.logIn(password), s.issue(account, 0)
	s.desk.Secrets = away{}
	_, loggedIn := s.desk.LogIn(t.Context(), commands.LogIn{Email: cleo, Password: password})
	_, granted := s.desk.GrantOf(t.Context(), l.Access)
	_, opened := s.desk.GrantOf(t.Context(), key)
	_, refreshed := s.refresh(l.Refresh)
	for what, err := range map[string]error{"log in": loggedIn, "access token": granted, "key": opened, "refresh": refreshed} {
		if !errors.Is(err, errAway) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

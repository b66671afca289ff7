package commands_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

const password = "correct horse"

func register(email, password string) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.RegisterAccount(s.t.Context(), commands.RegisterAccount{Email: email, Password: password, FirstName: "Cleo"})
		return err
	}
}

func TestRegisterAccount(t *testing.T) {
	s := given(t).when(register(" Cleo@Example.com ", password))
	if s.err != nil {
		t.Fatal(s.err)
	}
	stored := s.log.Stored(s.mark)
	event, err := domain.Decode(stored[0].Type, stored[0].Schema, stored[0].Payload)
	e, _ := event.(domain.AccountRegistered)
	if err != nil || len(stored) != 1 || e.Account != id(1) || e.Operator || e.LastName != "" || stored[0].Actor != "operator" {
		t.Errorf("appended %+v by %q, %v", e, stored[0].Actor, err)
	}
	for _, plain := range []string{"leo", "xample", password} {
		if bytes.Contains(stored[0].Payload, []byte(plain)) {
			t.Errorf("%q is in the event: %s", plain, stored[0].Payload)
		}
	}
	if email, name := s.open(e.Account, e.Email), s.open(e.Account, e.FirstName); email != "cleo@example.com" || name != "Cleo" {
		t.Errorf("sealed are %q and %q", email, name)
	}
	kept, err := s.log.Secret(t.Context(), "password:"+e.Account.String())
	if err != nil || !strings.HasPrefix(string(kept.Value), "hash of 13 characters") || kept.Owner != e.Account {
		t.Errorf("of the password is kept %q of %s, %v", kept.Value, kept.Owner, err)
	}
	if found, err := s.desk.AccountByEmail(t.Context(), "CLEO@example.com"); err != nil || found != e.Account {
		t.Errorf("by e-mail: %s, %v", found, err)
	}
}

// open unseals a text with its account's key.
func (s *scenario) open(account uuid.UUID, text domain.Sealed) string {
	s.t.Helper()
	key, err := s.log.Secret(s.t.Context(), "vault:"+account.String())
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := base64.RawStdEncoding.DecodeString(string(text))
	if err != nil {
		s.t.Fatal(err)
	}
	block, err := aes.NewCipher(key.Value)
	if err != nil {
		s.t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		s.t.Fatal(err)
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(plain)
}

func TestRegisterAccountRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		email, password string
		code            domain.Code
	}{
		"a taken address":          {"ann@example.com", password, domain.Conflict},
		"one that differs by case": {"ANN@example.COM", password, domain.Conflict},
		"a short password":         {"new@example.com", "seven77", domain.Invalid},
		"a long password":          {"new@example.com", strings.Repeat("x", 257), domain.Invalid},
		"no address":               {"", password, domain.Invalid},
		"no domain":                {"ann", password, domain.Invalid},
		"a name with it":           {"Ann <new@example.com>", password, domain.Invalid},
		"two addresses":            {"a@example.com, b@example.com", password, domain.Invalid},
		"a long address":           {strings.Repeat("x", 64) + "@" + strings.Repeat("y.", 100) + "example", password, domain.Invalid},
		"a line break":             {"new@example.com\r\nBcc: x@example.com", password, domain.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			given(t, did(register("ann@example.com", password))).when(register(c.email, c.password)).refused(c.code)
		})
	}
	for _, fits := range []string{"eight888", "ünïcödé!", strings.Repeat("ü", 256)} {
		if s := given(t).when(register("new@example.com", fits)); s.err != nil {
			t.Errorf("password %q: %v", fits, s.err)
		}
	}
	s := given(t, did(register("ann@example.com", password))).when(register("ann@example.com", password))
	var e *domain.Error
	if errors.As(s.err, &e); e.Existing != "" {
		t.Errorf("the refusal names the account: %+v", e)
	}
	if _, err := s.desk.AccountByEmail(t.Context(), "nobody@example.com"); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("by an unknown address: %v", err)
	}
}

func TestSetPlan(t *testing.T) {
	set := func(account uuid.UUID, c domain.Contract, plan string) func(*scenario) error {
		return func(s *scenario) error {
			return s.desk.SetPlan(s.t.Context(), commands.SetPlan{Account: account, Contract: c, Plan: plan})
		}
	}
	changed := domain.PlanChanged{Contract: domain.IsSafeSite, Plan: "pro"}
	given(t).when(set(ann, domain.IsSafeSite, "pro")).then(changed)
	given(t, onPlan(ann, domain.IsSafeSite, "pro")).when(set(ann, domain.IsSafeSite, "pro")).then()
	given(t).when(set(ann, domain.IsSafeSite, domain.FreePlan)).then()
	given(t, onPlan(ann, domain.IsSafeSite, "pro")).when(set(ann, domain.IsSafeSite, domain.FreePlan)).
		then(domain.PlanChanged{Contract: domain.IsSafeSite, Plan: domain.FreePlan})
	given(t).when(set(ann, domain.IsSafeSite, "gold")).refused(domain.Invalid)
	given(t).when(set(ann, "none", domain.FreePlan)).refused(domain.Invalid)
	given(t).when(set(id(9), domain.IsSafeSite, "pro")).refused(domain.NotFound)

	s := given(t, onPlan(ann, domain.IsSafeSite, "pro"))
	g, err := s.desk.GrantOf(t.Context(), s.issue(ann, 0))
	if err != nil {
		t.Fatal(err)
	}
	if p := g.Standing.Plan(domain.IsSafeSite); p.Name != "pro" || p.ScansPerMonth != 100 {
		t.Errorf("plan %+v", p)
	}
}

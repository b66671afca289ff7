package commands

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/mail"
	"strings"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// RegisterAccount opens an account.
type RegisterAccount struct {
	By        Caller
	Email     string
	Password  string
	FirstName string
	LastName  string
	Operator  bool
}

// The bounds of a password's length, in characters (OWASP ASVS 5.0.0, 6.2.1 and 6.2.9).
const (
	minPassword = 8
	maxPassword = 256
)

// maxName is how many characters a first or a last name may have.
const maxName = 150

// RegisterAccount returns the new account's id. It answers Invalid for an
// address or a password that cannot be used, Conflict for an address that has
// an account.
func (d Desk) RegisterAccount(ctx context.Context, c RegisterAccount) (uuid.UUID, error) {
	email, err := parseEmail(c.Email)
	if err != nil {
		return uuid.Nil, err
	}
	if err := fitPassword("password", c.Password); err != nil {
		return uuid.Nil, err
	}
	if err := errors.Join(fitName("first_name", c.FirstName), fitName("last_name", c.LastName)); err != nil {
		return uuid.Nil, err
	}
	hash, err := d.Passwords.Hash(ctx, c.Password)
	if err != nil {
		return uuid.Nil, err
	}
	id := d.NewID()
	vault := newVault(d.Random)
	registered := domain.AccountRegistered{
		Account: id, Operator: c.Operator, Email: vault.seal(email),
		FirstName: vault.seal(c.FirstName), LastName: vault.seal(c.LastName),
	}
	appended, err := decide(ctx, d, c.By.act("register_account"), accountStream(id), newAccount, func(*domain.Account) (Write, []domain.Event, error) {
		return Write{
			Owner:  id,
			Claims: []Claim{{Name: EmailClaim(email)}},
			Secrets: []Secret{
				{Name: vaultSecret(id), Owner: id, Value: vault.key},
				{Name: passwordSecret(id), Owner: id, Value: []byte(hash)},
				d.newEpoch(id),
			},
		}, []domain.Event{registered}, nil
	})
	if domain.CodeOf(err) == domain.Conflict {
		return uuid.Nil, domain.Errorf(domain.Conflict, "there is an account with this e-mail address already")
	}
	if err != nil {
		return uuid.Nil, err
	}
	return appended[0].Stream.ID(), nil
}

// fitPassword refuses a password by its length.
func fitPassword(field, password string) error {
	if n := len([]rune(password)); n < minPassword || n > maxPassword {
		return domain.Errorf(domain.Invalid, "%s must have %d to %d characters", field, minPassword, maxPassword)
	}
	return nil
}

// fitName refuses a name that is too long or no text.
func fitName(field, name string) error {
	if len([]rune(name)) > maxName || strings.ContainsFunc(name, unseen) {
		return domain.Errorf(domain.Invalid, "%s must have at most %d characters, and no control characters", field, maxName)
	}
	return nil
}

// AccountByEmail finds an account; NotFound when there is none.
func (d Desk) AccountByEmail(ctx context.Context, email string) (uuid.UUID, error) {
	address, err := parseEmail(email)
	if err != nil {
		return uuid.Nil, err
	}
	stream, err := d.Secrets.Claimed(ctx, EmailClaim(address))
	if domain.CodeOf(err) == domain.NotFound {
		return uuid.Nil, domain.Errorf(domain.NotFound, "there is no account with the address %s", address)
	}
	return stream.ID(), err
}

// EmailClaim is the claim that an address holds: a hash, so that the claim is
// no list of addresses.
func EmailClaim(email string) string {
	sum := sha256.Sum256([]byte("email:" + email))
	return "email:" + hex.EncodeToString(sum[:])
}

func parseEmail(s string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(s))
	if err != nil || a.Name != "" || len(a.Address) > 254 {
		return "", domain.Errorf(domain.Invalid, "email must be an address such as ann@example.com")
	}
	return strings.ToLower(a.Address), nil
}

func passwordSecret(account uuid.UUID) string { return "password:" + account.String() }
func vaultSecret(account uuid.UUID) string    { return "vault:" + account.String() }

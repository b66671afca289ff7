package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// SignUp opens an account for whoever asks.
type SignUp struct {
	By        Caller
	Email     string
	Password  string
	FirstName string
	LastName  string
}

// SignUp returns the new account's id. It answers Invalid for a password that
// is one of the most common, and otherwise what RegisterAccount answers.
func (d Desk) SignUp(ctx context.Context, c SignUp) (uuid.UUID, error) {
	if err := d.ownPassword("password", c.Password); err != nil {
		return uuid.Nil, err
	}
	return d.RegisterAccount(ctx, RegisterAccount{
		By: c.By, Email: c.Email, Password: c.Password, FirstName: c.FirstName, LastName: c.LastName,
	})
}

// ownPassword refuses what nobody should choose for themselves.
func (d Desk) ownPassword(field, password string) error {
	if err := fitPassword(field, password); err != nil {
		return err
	}
	if d.Passwords.Common(password) {
		return domain.Errorf(domain.Invalid, "%s is one of the most common passwords: it is among the first that are tried", field)
	}
	return nil
}

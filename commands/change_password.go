package commands

import (
	"bytes"
	"context"

	"github.com/scanledger/scanledger/domain"
)

// ChangePassword gives the caller's account another password.
type ChangePassword struct {
	By  Caller
	Old string
	New string
}

// ChangePassword ends everything that was opened by the old password: refresh
// tokens, and access tokens at once. It answers Invalid for a wrong old
// password, and for a new one that cannot be used.
func (d Desk) ChangePassword(ctx context.Context, c ChangePassword) error {
	by := c.By.act("change_password")
	if len(by.done) > 0 { // the old password is the new one by now
		return nil
	}
	if err := d.ownPassword("new_password", c.New); err != nil {
		return err
	}
	account := c.By.Account
	stored, err := d.Secrets.Secret(ctx, passwordSecret(account))
	if err != nil {
		return err
	}
	wrong := domain.Errorf(domain.Invalid, "old_password is wrong")
	fits, _, err := d.Passwords.Check(ctx, string(stored.Value), c.Old)
	if err != nil {
		return err
	}
	if !fits {
		return wrong
	}
	hash, err := d.Passwords.Hash(ctx, c.New)
	if err != nil {
		return err
	}
	_, err = decide(ctx, d, by, accountStream(account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		present, err := d.Secrets.Secret(ctx, passwordSecret(account))
		if err != nil {
			return Write{}, nil, err
		}
		if !bytes.Equal(present.Value, stored.Value) { // another change came first
			return Write{}, nil, wrong
		}
		return Write{
			Owner:   a.ID,
			Secrets: []Secret{{Name: passwordSecret(account), Owner: account, Value: []byte(hash)}, d.newEpoch(account)},
		}, []domain.Event{domain.PasswordChanged{}}, nil
	})
	return err
}

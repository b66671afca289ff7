package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// RevokeKey ends an API key at once.
type RevokeKey struct {
	By  Caller
	Key uuid.UUID
}

// RevokeKey answers NotFound for a key that is unknown or another account's,
// but for an operator, and Denied where a key that is bound would revoke
// another than itself. To revoke a key again changes nothing.
func (d Desk) RevokeKey(ctx context.Context, c RevokeKey) error {
	stream, err := d.Secrets.Claimed(ctx, keyClaim(c.Key))
	if err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			return domain.Errorf(domain.NotFound, "there is no key %s", c.Key)
		}
		return err
	}
	if c.By.Account != uuid.Nil && stream != accountStream(c.By.Account) {
		return domain.Errorf(domain.NotFound, "there is no key %s", c.Key)
	}
	name, err := d.Secrets.Secret(ctx, keyNameSecret(c.Key))
	if err != nil && domain.CodeOf(err) != domain.NotFound {
		return err
	}
	_, err = decide(ctx, d, c.By.act("revoke_key"), stream, newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		if err := a.Free(c.By.Key); err != nil && c.By.Key != c.Key {
			return Write{}, nil, err
		}
		events, err := a.Revoke(c.Key)
		return Write{Owner: a.ID, Forget: []string{string(name.Value), keyNameSecret(c.Key)}}, events, err
	})
	return err
}

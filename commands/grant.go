package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Grant is what credentials open, an API key or an access token, and how their
// account stood at that moment.
type Grant struct {
	KeyGrant                 // of an access token the account alone
	Standing *domain.Account // for reading: others have the same state
	team     domain.Stream   // of the account whose team it belongs to; "" for none
}

// GrantOf returns what credentials open at this moment: an API key or an access
// token. It answers BadKey when they are unknown, revoked or expired.
func (d Desk) GrantOf(ctx context.Context, credentials string) (Grant, error) {
	if strings.HasPrefix(credentials, KeyPrefix) {
		return d.keyGrant(ctx, credentials)
	}
	access, err := d.Tokens.Read(credentials, d.Now())
	if err != nil {
		return Grant{}, err
	}
	bad := domain.Errorf(domain.BadKey, "The access token is unknown, revoked or expired")
	s, err := d.Sessions.Session(ctx, access.Session)
	if domain.CodeOf(err) == domain.NotFound || err == nil && s.Account != access.Account {
		return Grant{}, bad
	}
	if err != nil {
		return Grant{}, err
	}
	seen, err := d.Secrets.Look(ctx, around(epochSecret(s.Account), s.Account))
	if err != nil {
		return Grant{}, err
	}
	if seen.Secret.Name == "" || string(seen.Secret.Value) != s.Epoch || !d.Now().Before(s.Ends) {
		return Grant{}, bad
	}
	return d.grant(ctx, KeyGrant{Account: s.Account}, seen, bad)
}

// keyGrant returns what an API key opens. A key that is mistyped is told without
// asking the store. What the key has opened before tells where to look for the
// rest; whether it still does is looked at each time.
func (d Desk) keyGrant(ctx context.Context, key string) (Grant, error) {
	bad := domain.Errorf(domain.BadKey, "The API key is unknown, revoked or expired")
	if !wellFormed(key) {
		return Grant{}, bad
	}
	name := keySecret(key)
	known := d.Accounts.opened(name)
	for {
		seen, err := d.Secrets.Look(ctx, around(name, known.grant.Account))
		if err != nil {
			return Grant{}, err
		}
		if seen.Secret.Name == "" {
			return Grant{}, bad
		}
		before := known.grant.Account
		if !bytes.Equal(known.value, seen.Secret.Value) {
			known = opening{value: seen.Secret.Value}
			if err := json.Unmarshal(known.value, &known.grant); err != nil {
				return Grant{}, fmt.Errorf("key grant: %w", err)
			}
			d.Accounts.open(name, known)
		}
		if known.grant.Expires != nil && !d.Now().Before(*known.grant.Expires) {
			return Grant{}, bad
		}
		if known.grant.Account == before {
			return d.grant(ctx, known.grant, seen, bad)
		}
	}
}

// around is what a grant of an account needs.
func around(secret string, account uuid.UUID) Look {
	return Look{Secret: secret, Claim: teamClaim(account), Stream: accountStream(account)}
}

// grant adds how the account stands; bad where it is no more.
func (d Desk) grant(ctx context.Context, g KeyGrant, seen Seen, bad error) (Grant, error) {
	a, err := d.accountAt(ctx, g.Account, seen.Version)
	if domain.CodeOf(err) == domain.NotFound {
		err = bad
	}
	return Grant{g, a, seen.Holder}, err
}

// Use notes that a grant was used, for whoever looks at a key's last use.
func (d Desk) Use(ctx context.Context, g Grant) error {
	if g.Key == uuid.Nil {
		return nil
	}
	return d.Uses.Used(ctx, g.Account, g.Key, d.Now())
}

// TeamOf returns the accounts of the team of a grant's account, but for itself.
func (d Desk) TeamOf(ctx context.Context, g Grant) ([]uuid.UUID, error) {
	if g.team == "" {
		return nil, nil
	}
	a := g.Standing
	if g.team != accountStream(a.ID) {
		var err error
		if a, err = d.account(ctx, g.team.ID()); err != nil {
			return nil, err
		}
	}
	all := append([]uuid.UUID{a.ID}, a.Members...)
	return slices.DeleteFunc(all, func(m uuid.UUID) bool { return m == g.Account }), nil
}

package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// LogIn opens a session by a password.
type LogIn struct {
	By       Caller
	Email    string
	Password string
}

// Login is what a session's holder gets. Both tokens are shown once.
type Login struct {
	Account uuid.UUID
	Access  string // access token, for the header Authorization
	Refresh string // refresh token, for the next pair
}

// LogIn answers BadKey for an address that has no account and for a wrong
// password alike, in the same time. A hash whose parameters are out of date is
// made anew.
func (d Desk) LogIn(ctx context.Context, c LogIn) (Login, error) {
	account, err := d.AccountByEmail(ctx, c.Email)
	var epoch string
	var stored Secret
	if err == nil {
		// The epoch is read before the password: who changes it in between ends this session too.
		epoch, err = d.epoch(ctx, account)
	}
	if err == nil {
		stored, err = d.Secrets.Secret(ctx, passwordSecret(account))
	}
	if code := domain.CodeOf(err); err != nil && code != domain.NotFound && code != domain.Invalid {
		return Login{}, err
	}
	fits, outdated, err := d.Passwords.Check(ctx, string(stored.Value), c.Password)
	if err != nil {
		return Login{}, err
	}
	if !fits {
		return Login{}, domain.Errorf(domain.BadKey, "The e-mail address or the password is wrong")
	}
	if outdated {
		if err := d.rehash(ctx, stored, c.Password); err != nil {
			return Login{}, err
		}
	}
	return d.open(ctx, c.By.act("log_in"), account, epoch)
}

// rehash puts a new hash of the same password in the place of the old one. One
// that has changed meanwhile stays as it is.
func (d Desk) rehash(ctx context.Context, stored Secret, password string) error {
	hash, err := d.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	err = d.Secrets.Replace(ctx, stored, []byte(hash))
	if domain.CodeOf(err) == domain.Stale {
		return nil
	}
	return err
}

// open begins a session and returns its first pair of tokens. All attempts at
// one request begin the same session.
func (d Desk) open(ctx context.Context, by act, account uuid.UUID, epoch string) (Login, error) {
	refresh, now := refreshToken(by.secret(d)), d.Now()
	s := Session{ID: sessionOf(refresh), Account: account, Epoch: epoch, Ends: now.Add(sessionTime)}
	if err := d.Sessions.Open(ctx, s, hashOf(refresh), now); err != nil {
		return Login{}, err
	}
	return d.pair(s, refresh)
}

// pair is a refresh token with an access token beside it.
func (d Desk) pair(s Session, refresh string) (Login, error) {
	now := d.Now()
	access, err := d.Tokens.Sign(Access{Account: s.Account, Session: s.ID, Issued: now, Expires: now.Add(accessTime)})
	return Login{Account: s.Account, Access: access, Refresh: refresh}, err
}

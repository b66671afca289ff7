package commands

import (
	"context"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// RefreshSession spends a refresh token for the next pair of tokens.
type RefreshSession struct {
	By    Caller
	Token string
}

// RefreshSession answers BadKey for a token that is unknown or over. A token
// that is spent already was copied: its whole session ends. Who may have to ask
// again, because an answer can be lost, asks with an Idempotency-Key.
func (d Desk) RefreshSession(ctx context.Context, c RefreshSession) (Login, error) {
	bad := domain.Errorf(domain.BadKey, "The refresh token is unknown, expired or used")
	if !strings.HasPrefix(c.Token, refreshPrefix) {
		return Login{}, bad
	}
	salt := c.By.act("refresh_session").secret(d)
	s, salt, err := d.Sessions.Rotate(ctx, Rotation{
		Token: hashOf(c.Token), Successor: hashOf(successor(c.Token, salt)), Salt: salt, At: d.Now(),
	})
	if err == nil {
		err = d.stands(ctx, s)
	}
	if domain.CodeOf(err) == domain.NotFound {
		return Login{}, bad
	}
	if err != nil {
		return Login{}, err
	}
	return d.pair(s, successor(c.Token, salt))
}

package commands

import (
	"context"

	"github.com/scanledger/scanledger/domain"
)

// DeleteLink ends a link of the caller's.
type DeleteLink struct {
	By   Caller
	Link string // id or code
}

// DeleteLink frees the link's code for its account alone, and destroys its
// password. It answers NotFound for a link that is unknown, another's or deleted
// already.
func (d Desk) DeleteLink(ctx context.Context, c DeleteLink) error {
	stream, err := d.linkNamed(ctx, c.Link)
	if err != nil {
		return err
	}
	_, err = decide(ctx, d, c.By.act("delete_link"), stream, newLink, func(l *domain.Link) (Write, []domain.Event, error) {
		if err := myLink(l, c.By); err != nil {
			return Write{}, nil, err
		}
		events, err := l.Delete()
		return Write{Owner: l.Account, Release: []string{domain.LinkClaim(l.Code)}, Forget: unlocked(l.Lock)}, events, err
	})
	return err
}

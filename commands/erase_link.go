package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// EraseLink takes away what a link's stream has said.
type EraseLink struct {
	By     Caller
	ID     uuid.UUID
	Reason string // domain.ForAccount
}

// EraseLink takes the payloads of a link's events and its row away, in the
// transaction of its event. Its code is free then, and leads nowhere. It answers
// NotFound for an unknown link. To erase one again changes nothing.
func (d Desk) EraseLink(ctx context.Context, c EraseLink) error {
	_, err := decide(ctx, d, c.By.act("erase_link"), linkStream(c.ID), newLink, func(l *domain.Link) (Write, []domain.Event, error) {
		if l.State == "" {
			return Write{}, nil, noLink()
		}
		return Write{Owner: l.Account, Erase: true, Forget: unlocked(l.Lock)}, l.Erase(c.Reason), nil
	})
	return err
}

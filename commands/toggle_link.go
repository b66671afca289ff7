package commands

import (
	"context"

	"github.com/scanledger/scanledger/domain"
)

// ToggleLink lets a link of the caller's lead nowhere, or on again.
type ToggleLink struct {
	By   Caller
	Link string // id or code
}

// ToggleLink returns the link's history up to the event that did. It answers
// NotFound for a link that is unknown, another's or deleted.
func (d Desk) ToggleLink(ctx context.Context, c ToggleLink) ([]domain.Envelope, error) {
	stream, err := d.linkNamed(ctx, c.Link)
	if err != nil {
		return nil, err
	}
	appended, err := decide(ctx, d, c.By.act("toggle_link"), stream, newLink, func(l *domain.Link) (Write, []domain.Event, error) {
		if err := myLink(l, c.By); err != nil {
			return Write{}, nil, err
		}
		events, err := l.Toggle(l.State != domain.LinkOn)
		return Write{Owner: l.Account}, events, err
	})
	return d.upTo(ctx, stream, appended, err)
}

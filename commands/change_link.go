package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// ChangeLink gives a link of the caller's other details.
type ChangeLink struct {
	By       Caller
	Link     string                                          // id or code
	To       func(now domain.LinkDetails) domain.LinkDetails // what the details become; nil leaves them. Lists are not to be changed in place
	Password *string                                         // "" for none; nil leaves it
	Enabled  *bool
	Here     string // as in ShortenLink
}

// ChangeLink returns the link's history up to the event that did; details that it
// has already are changed without an event. It answers NotFound for a link that is
// unknown, another's or deleted, and otherwise what ShortenLink answers.
func (d Desk) ChangeLink(ctx context.Context, c ChangeLink) ([]domain.Envelope, error) {
	stream, err := d.linkNamed(ctx, c.Link)
	if err != nil {
		return nil, err
	}
	appended, err := decide(ctx, d, c.By.act("change_link"), stream, newLink, func(l *domain.Link) (Write, []domain.Event, error) {
		if err := myLink(l, c.By); err != nil {
			return Write{}, nil, err
		}
		return d.changeLink(ctx, l, c)
	})
	return d.upTo(ctx, stream, appended, err)
}

func (d Desk) changeLink(ctx context.Context, l *domain.Link, c ChangeLink) (w Write, events []domain.Event, err error) {
	w.Owner = l.Account
	to := l.LinkDetails
	if c.To != nil {
		to = c.To(to)
	}
	var judged []string
	if l.Blocked == nil {
		judged = l.Destinations()
	}
	if to, err = d.wanted(ctx, to, c.Here, judged); err != nil {
		return w, nil, err
	}
	if c.Password != nil {
		w.Forget = unlocked(l.Lock)
		if to.Lock = uuid.Nil; *c.Password != "" {
			if to.Lock, w.Secrets, err = d.lock(ctx, l.Account, *c.Password); err != nil {
				return w, nil, err
			}
		}
	}
	if events, err = l.Change(to, d.Now()); err != nil || c.Enabled == nil {
		return w, events, err
	}
	toggled, err := l.Toggle(*c.Enabled)
	return w, append(events, toggled...), err
}

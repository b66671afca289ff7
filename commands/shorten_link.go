package commands

import (
	"context"
	"errors"

	"github.com/scanledger/scanledger/domain"
)

// ShortenLink makes a short link of the caller's.
type ShortenLink struct {
	By       Caller
	Code     string             // "" for one that is drawn
	Details  domain.LinkDetails // destinations as they are given; Lock is left to the command
	Password string             // "" for none
	Here     string             // the host that the request was sent to, to which no link leads
}

// codeDraws is how many codes are drawn at most until one is free. With as many
// links as there are people three in four are.
const codeDraws = 64

// ShortenLink returns the event that made the link. It answers a *domain.Error:
// Invalid for details that cannot be used, Forbidden for a destination that links
// may not lead to, Conflict for a code that another link has, or that a deleted
// link of another account had.
func (d Desk) ShortenLink(ctx context.Context, c ShortenLink) (domain.Envelope, error) {
	by := c.By.act("shorten_link")
	if len(by.done) > 0 {
		return by.done[0], nil
	}
	if c.Code != "" {
		if err := domain.CheckCode(c.Code); err != nil {
			return domain.Envelope{}, err
		}
	}
	if _, err := d.standing(ctx, c.By); err != nil {
		return domain.Envelope{}, err
	}
	details, err := d.wanted(ctx, c.Details, c.Here, nil)
	if err != nil {
		return domain.Envelope{}, err
	}
	w := Write{Owner: c.By.Account}
	if c.Password != "" {
		if details.Lock, w.Secrets, err = d.lock(ctx, c.By.Account, c.Password); err != nil {
			return domain.Envelope{}, err
		}
	}
	by.opens = true
	if c.Code != "" {
		return d.shorten(ctx, by, w, domain.LinkShortened{Account: c.By.Account, Code: c.Code, LinkDetails: details})
	}
	for range codeDraws {
		drawn := make([]byte, domain.CodeDraw)
		d.Random(drawn)
		code, ok := domain.DrawCode(drawn)
		if !ok {
			continue
		}
		made, err := d.shorten(ctx, by, w, domain.LinkShortened{Account: c.By.Account, Code: code, LinkDetails: details})
		if domain.CodeOf(err) != domain.Conflict {
			return made, err
		}
	}
	return domain.Envelope{}, domain.Errorf(domain.Unavailable, "No code is free just now. Try again.")
}

// shorten makes the link under a code: one that nobody has had, or that a deleted
// link of the same account had.
func (d Desk) shorten(ctx context.Context, by act, w Write, e domain.LinkShortened) (domain.Envelope, error) {
	first := []Claim{{Name: domain.LinkClaim(e.Code)}, {Name: domain.FirstLinkClaim(e.Code)}}
	made, err := d.shortenAs(ctx, by, w, e, first)
	var taken *domain.Error
	if !errors.As(err, &taken) || taken.Code != domain.Conflict {
		return made, err
	}
	history, failed := d.Log.Read(ctx, taken.Existing, 0)
	if failed != nil {
		return made, failed
	}
	before := domain.Fold(newLink(), history)
	if before.Account == e.Account && before.State == domain.LinkGone {
		made, err = d.shortenAs(ctx, by, w, e, first[:1])
	}
	if errors.As(err, &taken) && taken.Code == domain.Conflict {
		err = &domain.Error{Code: domain.Conflict, Existing: taken.Existing, Message: "The code " + e.Code + " is taken: choose another custom_code"}
	}
	return made, err
}

func (d Desk) shortenAs(ctx context.Context, by act, w Write, e domain.LinkShortened, claims []Claim) (domain.Envelope, error) {
	appended, err := decide(ctx, d, by, linkStream(d.NewID()), newLink, func(l *domain.Link) (Write, []domain.Event, error) {
		events, err := l.Shorten(e, d.Now())
		write := w
		write.Claims = claims
		return write, events, err
	})
	if err != nil {
		return domain.Envelope{}, err
	}
	return appended[0], nil
}

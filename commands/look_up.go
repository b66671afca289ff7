package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Directory knows what registries and the DNS say of names and numbers.
type Directory interface {
	// LookUp asks for a subject. What could not be found out is in the record's
	// parts, with the reason. It answers a *domain.Error: Forbidden for a subject
	// or a resolver that is not public, Invalid for a resolver that cannot be one.
	LookUp(ctx context.Context, q domain.LookupQuestion) (domain.LookupRecord, error)
}

// LookUp asks registries and the DNS for a subject.
type LookUp struct {
	By       Caller
	Question domain.LookupQuestion
}

// LookUp returns the event that has what was found out. It answers the errors of
// Directory.
func (d Desk) LookUp(ctx context.Context, c LookUp) (domain.Envelope, error) {
	by := c.By.act("look_up")
	if len(by.done) > 0 { // it was asked, whatever would be answered now
		return by.done[0], nil
	}
	record, err := d.Directory.LookUp(ctx, c.Question)
	if err != nil {
		return domain.Envelope{}, err
	}
	by.opens = true
	appended, err := decide(ctx, d, by, lookupStream(d.NewID()), newLookup, func(l *domain.Lookup) (Write, []domain.Event, error) {
		events, err := l.Note(domain.LookupCompleted{
			Account: c.By.Account, Subject: c.Question.Subject, Type: c.Question.Type, Resolver: c.Question.Resolver, Record: record,
		})
		return Write{Owner: c.By.Account}, events, err
	})
	if err != nil {
		return domain.Envelope{}, err
	}
	return appended[0], nil
}

func newLookup() *domain.Lookup               { return new(domain.Lookup) }
func lookupStream(id uuid.UUID) domain.Stream { return domain.NewStream(domain.LookupFamily, id) }

package projections

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// LookupRow is a look-up and what it has found out.
type LookupRow struct {
	ID       uuid.UUID           `db:"id"`
	Number   int64               `db:"number"` // position of its event: they rise with time
	Version  int                 `db:"version"`
	Account  uuid.UUID           `db:"account"`
	Subject  string              `db:"subject"` // in normal form
	Kind     domain.LookupKind   `db:"kind"`
	Type     domain.LookupType   `db:"lookup_type"`
	Resolver string              `db:"resolver"` // that was chosen; "" for the installation's own
	Record   domain.LookupRecord `db:"record"`
	At       time.Time           `db:"at"`
}

// Lookups is the read model of all look-ups, one row each.
var Lookups = Fold[LookupRow]{Name: "lookups", Family: domain.LookupFamily, Key: ofLookup, Next: nextLookup}

func ofLookup(e domain.Envelope) (string, bool) {
	return string(e.Stream), e.Stream.Family() == domain.LookupFamily
}

func nextLookup(r LookupRow, e domain.Envelope) LookupRow {
	r.Version = e.Version
	if event, is := e.Event.(domain.LookupCompleted); is {
		r = LookupRow{
			ID: e.Stream.ID(), Number: e.Position, Version: e.Version, Account: event.Account, Subject: event.Subject.Name, Kind: event.Subject.Kind,
			Type: event.Type, Resolver: event.Resolver, Record: event.Record, At: e.At,
		}
	}
	return r
}

// LookupOf is the row of a look-up's event.
func LookupOf(e domain.Envelope) LookupRow { return nextLookup(LookupRow{}, e) }

// LookupReader answers from the read model of look-ups. As Reader, it is never
// older than what was acknowledged before it was asked.
type LookupReader interface {
	// Lookup returns an account's look-up; NotFound when it is unknown, another's
	// or erased.
	Lookup(ctx context.Context, account, id uuid.UUID) (LookupRow, error)
	// Lookups returns a page of an account's look-ups, newest first, and how many
	// there are in all.
	Lookups(ctx context.Context, f LookupFilter) (page []LookupRow, total int, err error)
}

// LookupFilter chooses look-ups.
type LookupFilter struct {
	Account uuid.UUID
	Subject string // of this one alone, in normal form; "" for all
	Before  int64  // with a smaller number alone; 0 for all
	Offset  int
	Limit   int
}

// Matches says whether a row is one that the filter chooses.
func (f LookupFilter) Matches(r LookupRow) bool {
	return r.Account == f.Account && (f.Subject == "" || r.Subject == f.Subject) && (f.Before == 0 || r.Number < f.Before)
}

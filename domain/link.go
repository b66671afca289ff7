package domain

import (
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Link is a short link: the state behind a link's stream.
type Link struct {
	Account uuid.UUID
	Number  int64 // position of its first event: an integer id, unique and rising
	Version int
	State   LinkState // "" before it is shortened
	Code    string
	LinkDetails
	Blocked *Blocking // nil unless a destination is blocked
}

// LinkState is where a link stands.
type LinkState string

// The states.
const (
	LinkOn    LinkState = "enabled"
	LinkOff   LinkState = "disabled"
	LinkGone  LinkState = "deleted"
	LinkEmpty LinkState = "erased"
)

// Blocking is why a link leads nowhere, whatever its owner wants: one of its
// destinations, or a place where one of them sends its readers on to.
type Blocking struct {
	Destination string      `json:"destination"`
	Reason      BlockReason `json:"reason"`
	At          time.Time   `json:"at"`
}

// Apply folds one event into the state.
func (l *Link) Apply(e Envelope) {
	l.Version = e.Version
	switch event := e.Event.(type) {
	case LinkShortened:
		l.Account, l.Number, l.State, l.Code, l.LinkDetails = event.Account, e.Position, LinkOn, event.Code, event.LinkDetails
	case LinkChanged:
		l.LinkDetails, l.Blocked = event.LinkDetails, nil
	case LinkEnabled:
		l.State = LinkOn
	case LinkDisabled:
		l.State = LinkOff
	case LinkBlocked:
		l.Blocked = &Blocking{event.Destination, event.Reason, e.At}
	case LinkCleared:
		l.Blocked = nil
	case LinkDeleted:
		l.State = LinkGone
	case LinkErased:
		l.State = LinkEmpty
	}
}

// Shorten makes the link, at a time.
func (l *Link) Shorten(e LinkShortened, now time.Time) ([]Event, error) {
	if l.State != "" {
		return nil, Errorf(Conflict, "the link is there already")
	}
	if err := e.fit(LinkDetails{}, now); err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// Change gives the link other details, at a time. Those that it has already are
// no event. NotFound when it is deleted.
func (l *Link) Change(to LinkDetails, now time.Time) ([]Event, error) {
	if err := l.there(); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(to, l.LinkDetails) {
		return nil, nil
	}
	if err := to.fit(l.LinkDetails, now); err != nil {
		return nil, err
	}
	return []Event{LinkChanged{to}}, nil
}

// Toggle lets the link lead on, or nowhere; what it does already is no event.
func (l *Link) Toggle(on bool) ([]Event, error) {
	switch err := l.there(); {
	case err != nil, on == (l.State == LinkOn):
		return nil, err
	case on:
		return []Event{LinkEnabled{}}, nil
	default:
		return []Event{LinkDisabled{}}, nil
	}
}

// Judge notes what was found of the link's destinations: the one that is to be
// blocked, or nil. What is known is no event.
func (l *Link) Judge(found *LinkBlocked) ([]Event, error) {
	switch err := l.there(); {
	case err != nil:
		return nil, err
	case found == nil && l.Blocked == nil:
		return nil, nil
	case found == nil:
		return []Event{LinkCleared{}}, nil
	case l.Blocked != nil && l.Blocked.Destination == found.Destination && l.Blocked.Reason == found.Reason:
		return nil, nil
	default:
		return []Event{*found}, nil
	}
}

// BlockedOnward says whether the link is blocked for where a destination sends its
// readers, and not for the destination itself.
func (l *Link) BlockedOnward() bool {
	return l.Blocked != nil && !slices.Contains(l.Destinations(), l.Blocked.Destination)
}

// Delete ends the link; NotFound when that has been done.
func (l *Link) Delete() ([]Event, error) {
	if err := l.there(); err != nil {
		return nil, err
	}
	return []Event{LinkDeleted{}}, nil
}

// Erase takes away what the stream has said; only the first time is an event.
func (l *Link) Erase(reason string) []Event {
	if l.State == "" || l.State == LinkEmpty {
		return nil
	}
	return []Event{LinkErased{Reason: reason}}
}

func (l *Link) there() error {
	if l.State != LinkOn && l.State != LinkOff {
		return Errorf(NotFound, "Link not found")
	}
	return nil
}

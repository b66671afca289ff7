package domain

import (
	"time"

	"github.com/google/uuid"
)

// LinkShortened makes a short link. It is version 1 of its stream.
type LinkShortened struct {
	Account uuid.UUID `json:"account"`
	Code    string    `json:"code"` // as it is shown; upper and lower case are the same
	LinkDetails
}

// LinkChanged says how a link stands from now on: all of it, not only what is
// new. Its destinations were looked at again: nothing of them is blocked.
type LinkChanged struct {
	LinkDetails
}

// LinkDetails are what a link's owner says of it.
type LinkDetails struct {
	Destination string         `json:"destination"` // an http or https URL, in ASCII
	ExpiresAt   *time.Time     `json:"expires_at"`  // null for never
	MaxClicks   int            `json:"max_clicks"`  // of people; 0 for any number
	Fallback    string         `json:"fallback"`    // where one leads that has expired or is used up; "" for nowhere
	Lock        uuid.UUID      `json:"lock"`        // names its password's hash, another one with each password; nil UUID for none
	Rules       []RedirectRule `json:"rules"`       // the first that matches leads elsewhere
	Tags        []string       `json:"tags"`
	UTM         UTM            `json:"utm"`
	Forward     bool           `json:"forward_query,omitzero"` // whether a visitor's query is passed on; absent where it is not
}

// LinkShortenedV1 makes a short link. It is version 1 of its stream.
type LinkShortenedV1 struct {
	Account uuid.UUID `json:"account"`
	Code    string    `json:"code"` // as it is shown; upper and lower case are the same
	LinkDetailsV1
}

// lift is the event in its present shape.
func (l LinkShortenedV1) lift() Event {
	return LinkShortened{Account: l.Account, Code: l.Code, LinkDetails: l.details()}
}

// LinkChangedV1 says how a link stands from now on: all of it, not only what is
// new. Its destinations were looked at again: nothing of them is blocked.
type LinkChangedV1 struct {
	LinkDetailsV1
}

// lift is the event in its present shape.
func (l LinkChangedV1) lift() Event { return LinkChanged{l.details()} }

// LinkDetailsV1 are what a link's owner says of it, before queries were passed on.
type LinkDetailsV1 struct {
	Destination string         `json:"destination"` // an http or https URL, in ASCII
	ExpiresAt   *time.Time     `json:"expires_at"`  // null for never
	MaxClicks   int            `json:"max_clicks"`  // of people; 0 for any number
	Fallback    string         `json:"fallback"`    // where one leads that has expired or is used up; "" for nowhere
	Lock        uuid.UUID      `json:"lock"`        // names its password's hash, another one with each password; nil UUID for none
	Rules       []RedirectRule `json:"rules"`       // the first that matches leads elsewhere
	Tags        []string       `json:"tags"`
	UTM         UTM            `json:"utm"`
}

func (d LinkDetailsV1) details() LinkDetails {
	return LinkDetails{
		Destination: d.Destination, ExpiresAt: d.ExpiresAt, MaxClicks: d.MaxClicks, Fallback: d.Fallback, Lock: d.Lock, Rules: d.Rules, Tags: d.Tags, UTM: d.UTM,
	}
}

// RedirectRule leads some of the visitors elsewhere: those of whom all is true
// that the rule asks for. It asks for nothing where a list is empty.
type RedirectRule struct {
	Name        string     `json:"name"`
	Destination string     `json:"destination"`
	Devices     []string   `json:"devices"`   // "desktop", "mobile", "tablet", "android", "ios"
	Languages   []string   `json:"languages"` // in lower case; "pt" is "pt-br" too
	Countries   []string   `json:"countries"` // ISO 3166-1 alpha-2
	From        *time.Time `json:"from"`      // not before
	Until       *time.Time `json:"until"`     // before
}

// UTM is by what a destination's statistics know where its visitors are from.
type UTM struct {
	Source   string `json:"source"`
	Medium   string `json:"medium"`
	Campaign string `json:"campaign"`
	Term     string `json:"term"`
	Content  string `json:"content"`
}

// LinkEnabled lets a link lead on again.
type LinkEnabled struct{}

// LinkDisabled lets a link lead nowhere until it is enabled.
type LinkDisabled struct{}

// LinkBlocked says that a link leads nowhere, for what one of its destinations
// was found to be.
type LinkBlocked struct {
	Destination string      `json:"destination"`
	Reason      BlockReason `json:"reason"`
}

// LinkCleared says that all of a link's destinations were found to be in order
// again.
type LinkCleared struct{}

// BlockReason is why a destination is blocked.
type BlockReason string

// The reasons.
const (
	BlockedListed    BlockReason = "listed"    // it stands on a block list of the operator
	BlockedForbidden BlockReason = "forbidden" // its addresses are none that links may lead to
	BlockedLoop      BlockReason = "loop"      // it leads back to this installation
)

// LinkDeleted ends a link. Its code is free for its account alone.
type LinkDeleted struct{}

// LinkErased is the last event of a link's stream: what those before it said is
// gone, in the log and in the read model.
type LinkErased struct {
	Reason string `json:"reason"` // "account"
}

// Kind implements Event.
func (LinkShortened) Kind() string { return "link.shortened" }
func (LinkChanged) Kind() string   { return "link.changed" }
func (LinkEnabled) Kind() string   { return "link.enabled" }
func (LinkDisabled) Kind() string  { return "link.disabled" }
func (LinkBlocked) Kind() string   { return "link.blocked" }
func (LinkCleared) Kind() string   { return "link.cleared" }
func (LinkDeleted) Kind() string   { return "link.deleted" }
func (LinkErased) Kind() string    { return "link.erased" }

package domain

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// Event is something that has happened. Kind is its name on every wire,
// "scan.requested"; it is written down, never derived from the Go type.
type Event interface{ Kind() string }

// Stream names one aggregate's history: "<aggregate>-<uuid>".
type Stream string

// The aggregates, each with a topic of its own.
const (
	ScanFamily    = "scan"
	AccountFamily = "account"
	TargetFamily  = "target"
)

// NewStream names the stream of the aggregate id of a family.
func NewStream(family string, id uuid.UUID) Stream {
	return Stream(family + "-" + id.String())
}

// Family is the aggregate's kind, "scan"; "" for what is no stream's name.
func (s Stream) Family() string {
	family, _, _ := strings.Cut(string(s), "-")
	return family
}

// ID is the aggregate's id; uuid.Nil for what is no stream's name.
func (s Stream) ID() uuid.UUID {
	_, id, _ := strings.Cut(string(s), "-")
	parsed, err := uuid.Parse(id)
	if err != nil {
		return uuid.Nil
	}
	return parsed
}

// Envelope is an event with what is known about it.
type Envelope struct {
	Position int64     // in the log; rises with every append, has gaps; 0 before it is appended
	ID       uuid.UUID // of the event; the key by which duplicates are known
	Stream   Stream
	Version  int       // in the stream: 1, 2, 3 without a gap
	Owner    uuid.UUID // the account whose stream it is
	At       time.Time // UTC, whole microseconds
	Actor    string    // who: "key:<id>", "operator", "worker:<name>"
	Cause    string    // why: the id of the request or of the event that led to it
	Trace    string    // W3C traceparent, where there is one
	Event    Event
}

// Fold applies a history to a state, oldest first.
func Fold[S interface{ Apply(Envelope) }](state S, history []Envelope) S {
	for _, e := range history {
		state.Apply(e)
	}
	return state
}

package stream

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Metadata of a message, each one a header of the record: CloudEvents 1.0,
// Kafka protocol binding, binary mode. An attribute that would be empty is
// left out.
const (
	contentType = "content-type"
	specVersion = "ce_specversion"
	ceID        = "ce_id"
	ceSource    = "ce_source"
	ceType      = "ce_type"
	ceTime      = "ce_time"
	ceSchema    = "ce_dataschema"
	ceSubject   = "ce_subject" // the stream
	// The record's key: the partitioning extension.
	cePartitionKey = "ce_partitionkey"
	// The version in the stream, in ten digits: the sequence extension asks
	// for a string whose lexical order is the order of the events.
	ceSequence = "ce_sequence"
	// W3C traceparent: the distributed tracing extension.
	ceTrace = "ce_traceparent"
	// Attributes of our own.
	cePosition = "ce_position" // in the log
	ceActor    = "ce_actor"
	ceCause    = "ce_cause"
	ceOwner    = "ce_owner"
)

// Source is the CloudEvents source of every event.
const Source = "/scanledger"

// SchemaBase is what the names of schemas are relative to.
const SchemaBase = "https://github.com/scanledger/scanledger/schemas/events/"

// timeLayout is RFC 3339 in UTC with all six digits of the microseconds.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// Encode puts an event that was written in a version of its schema into a
// message. The payload is what the log holds, byte for byte. The message's key
// is the stream, so that a stream's events stay in order; an event without a
// stream has its owner as key, and one without an owner its own id.
func Encode(e domain.Envelope, schema int, payload []byte) (*message.Message, error) {
	if e.Event == nil {
		return nil, fmt.Errorf("event %s of stream %q has no content", e.ID, e.Stream)
	}
	return EncodeStored(domain.Stored{Envelope: e, Type: e.Event.Kind(), Schema: schema, Payload: payload})
}

// EncodeStored puts an event into a message as the log holds it. Its payload is
// not read.
func EncodeStored(s domain.Stored) (*message.Message, error) {
	if s.ID == uuid.Nil || s.Payload == nil {
		return nil, fmt.Errorf("event %s of stream %q has no id or no content", s.ID, s.Stream)
	}
	var room [mostHeaders]header
	id := s.ID.String()
	m := &message.Message{UUID: id, Payload: s.Payload, Metadata: make(message.Metadata, mostHeaders)}
	for _, h := range appendHeaders(room[:0], s, id) {
		m.Metadata[h.name] = h.value
	}
	return m, nil
}

// header is one of a message.
type header struct{ name, value string }

// mostHeaders is how many a message has at most.
const mostHeaders = 15

// appendHeaders adds the headers of an event, whose id is given as text.
func appendHeaders(to []header, s domain.Stored, id string) []header {
	to = append(to,
		header{contentType, "application/json"},
		header{specVersion, "1.0"},
		header{ceID, id},
		header{ceSource, Source},
		header{ceType, s.Type},
		header{ceTime, s.At.UTC().Format(timeLayout)},
		header{ceSchema, SchemaBase + s.Type + ".v" + strconv.Itoa(s.Schema) + ".json"},
		header{cePartitionKey, keyOf(s.Envelope)},
	)
	for _, h := range [...]header{{ceSubject, string(s.Stream)}, {ceActor, s.Actor}, {ceCause, s.Cause}, {ceTrace, s.Trace}} {
		if h.value != "" {
			to = append(to, h)
		}
	}
	if s.Version != 0 {
		to = append(to, header{ceSequence, fmt.Sprintf("%010d", s.Version)})
	}
	if s.Position != 0 {
		to = append(to, header{cePosition, strconv.FormatInt(s.Position, 10)})
	}
	if s.Owner != uuid.Nil {
		to = append(to, header{ceOwner, s.Owner.String()})
	}
	return to
}

func keyOf(e domain.Envelope) string {
	switch {
	case e.Stream != "":
		return string(e.Stream)
	case e.Owner != uuid.Nil:
		return e.Owner.String()
	default:
		return e.ID.String()
	}
}

// Decode reads a message back. The envelope is the one that was encoded, with
// its event lifted to the present shape. It answers an *UnreadableError for
// everything that will not get better by reading it again.
func Decode(m *message.Message) (domain.Envelope, error) {
	return DecodeRecord(m.Metadata.Get, m.Payload)
}

// DecodeRecord is Decode for what is no message yet: header returns a header's
// value, "" when there is none. The envelope holds on to what it is given.
func DecodeRecord(header func(name string) string, payload []byte) (domain.Envelope, error) {
	s, err := decodeHeaders(header)
	if err != nil {
		return domain.Envelope{}, err
	}
	event, err := domain.Decode(s.Type, s.Schema, payload)
	if err != nil {
		return domain.Envelope{}, &UnreadableError{Reason: err.Error()}
	}
	s.Event = event
	return s.Envelope, nil
}

// decodeHeaders reads all of an event but its payload.
func decodeHeaders(header func(name string) string) (domain.Stored, error) {
	r := reader{header: header}
	s := domain.Stored{Envelope: domain.Envelope{
		ID:       r.id(ceID),
		Stream:   domain.Stream(header(ceSubject)),
		Version:  int(r.number(ceSequence, 31)),
		Position: r.number(cePosition, 63),
		Owner:    r.optionalID(ceOwner),
		At:       r.time(ceTime),
		Actor:    header(ceActor),
		Cause:    header(ceCause),
		Trace:    header(ceTrace),
	}}
	if header(specVersion) != "1.0" {
		r.fail(specVersion)
	}
	s.Type, s.Schema = r.schema()
	return s, r.err
}

// reader reads headers and keeps the first fault.
type reader struct {
	header func(name string) string
	err    error
}

func (r *reader) fail(name string) {
	if r.err == nil {
		r.err = &UnreadableError{Reason: fmt.Sprintf("header %s is %.100q", name, r.header(name))}
	}
}

func (r *reader) id(name string) uuid.UUID {
	id, err := uuid.Parse(r.header(name))
	if err != nil || id == uuid.Nil {
		r.fail(name)
	}
	return id
}

func (r *reader) optionalID(name string) uuid.UUID {
	if r.header(name) == "" {
		return uuid.Nil
	}
	return r.id(name)
}

func (r *reader) number(name string, bits int) int64 {
	text := r.header(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		r.fail(name)
	}
	return int64(n)
}

func (r *reader) time(name string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, r.header(name))
	if err != nil {
		r.fail(name)
	}
	return at.UTC().Truncate(time.Microsecond)
}

// schema returns the event's kind and the version of its shape, from a name
// such as ".../port.found.v1.json".
func (r *reader) schema() (kind string, version int) {
	kind, number, ok := cutLast(strings.TrimSuffix(path.Base(r.header(ceSchema)), ".json"), ".v")
	version, err := strconv.Atoi(number)
	if !ok || err != nil {
		r.fail(ceSchema)
	}
	if kind != r.header(ceType) {
		r.fail(ceType)
	}
	return kind, version
}

func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}

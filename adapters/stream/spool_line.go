package stream

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// spooled is an event on its way to its topic, with its payload alone.
type spooled struct {
	topic string
	domain.Stored
}

// size is about what its message has, in bytes.
func (e *spooled) size() int {
	const rest = 600 // what headers have that are always of one size
	return rest + len(e.Payload) + 2*len(e.Stream) + len(e.Actor) + len(e.Cause) + len(e.Trace)
}

// appendLine writes an event as a line, as encoding/json would, behind its checksum.
func appendLine(text []byte, e *spooled) []byte {
	start := len(text)
	text = append(text, "00000000 "...)
	text = domain.AppendText(append(text, `{"topic":`...), e.topic)
	text = domain.AppendID(append(text, `,"id":`...), e.ID)
	text = domain.AppendText(append(text, `,"stream":`...), string(e.Stream))
	text = domain.AppendID(append(text, `,"owner":`...), e.Owner)
	text = e.At.AppendFormat(append(text, `,"at":"`...), time.RFC3339Nano)
	text = domain.AppendText(append(text, `","actor":`...), e.Actor)
	text = domain.AppendText(append(text, `,"cause":`...), e.Cause)
	text = domain.AppendText(append(text, `,"trace":`...), e.Trace)
	text = domain.AppendText(append(text, `,"type":`...), e.Type)
	text = strconv.AppendInt(append(text, `,"schema":`...), int64(e.Schema), 10)
	text = append(append(text, `,"payload":`...), e.Payload...)
	text = append(text, '}')
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE(text[start+9:]))
	hex.Encode(text[start:], sum[:])
	return append(text, '\n')
}

// line is an event in a file. Before there were the other fields, all of it was in the
// headers of its message.
type line struct {
	Topic   string          `json:"topic"`
	ID      uuid.UUID       `json:"id"`
	Stream  domain.Stream   `json:"stream"`
	Owner   uuid.UUID       `json:"owner"`
	At      time.Time       `json:"at"`
	Actor   string          `json:"actor"`
	Cause   string          `json:"cause"`
	Trace   string          `json:"trace"`
	Type    string          `json:"type"`
	Schema  int             `json:"schema"`
	Payload json.RawMessage `json:"payload"`

	Headers message.Metadata `json:"headers"`
}

// parse reads one line; false for one that is torn or damaged.
func parse(text []byte) (e *spooled, ok bool) {
	var sum uint32
	if len(text) < 10 || text[8] != ' ' || text[len(text)-1] != '\n' {
		return nil, false
	}
	if _, err := fmt.Sscanf(string(text[:8]), "%08x", &sum); err != nil {
		return nil, false
	}
	text = text[9 : len(text)-1]
	var l line
	if crc32.ChecksumIEEE(text) != sum || json.Unmarshal(text, &l) != nil || l.Topic == "" || l.ID == uuid.Nil || l.Payload == nil {
		return nil, false
	}
	e = &spooled{topic: l.Topic, Stored: domain.Stored{
		Envelope: domain.Envelope{ID: l.ID, Stream: l.Stream, Owner: l.Owner, At: l.At, Actor: l.Actor, Cause: l.Cause, Trace: l.Trace},
		Type:     l.Type, Schema: l.Schema, Payload: l.Payload,
	}}
	if l.Headers == nil {
		return e, true
	}
	stored, err := decodeHeaders(l.Headers.Get)
	if err != nil || json.Unmarshal(l.Payload, &stored.Payload) != nil {
		return nil, false
	}
	e.Stored = stored
	return e, true
}

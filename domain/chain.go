package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// Stored is an event as the log has it: with the bytes of its payload.
type Stored struct {
	Envelope
	Type    string // the kind of event, as written
	Schema  int    // the version of the payload's shape
	Payload []byte // JSON, byte for byte as it was appended
}

// Digest is the SHA-256 of the payload.
func (s Stored) Digest() []byte {
	sum := sha256.Sum256(s.Payload)
	return sum[:]
}

// ChainHash is the event's own hash: SHA-256 over the hash of the event before
// it in the stream (nothing for the first one) and, a line each, the event's
// id, stream, version, owner, type and schema version, time, actor, cause and
// the digest of its payload. Actor and cause, which may have line breaks, stand
// behind their length in bytes and a colon. Changing any of them changes every
// later hash.
func (s Stored) ChainHash(before []byte) []byte { return s.chainHash(before, s.Digest()) }

// chainHash is the hash for a payload of which only the digest is known.
func (s Stored) chainHash(before, digest []byte) []byte {
	h := sha256.New()
	h.Write(before)
	fmt.Fprintf(h, "%s\n%s\n%d\n%s\n%s.v%d\n%s\n", s.ID, s.Stream, s.Version, s.Owner,
		s.Type, s.Schema, s.At.UTC().Format(time.RFC3339Nano))
	for _, text := range []string{s.Actor, s.Cause} {
		fmt.Fprintf(h, "%d:%s\n", len(text), text)
	}
	io.WriteString(h, hex.EncodeToString(digest)+"\n")
	return h.Sum(nil)
}

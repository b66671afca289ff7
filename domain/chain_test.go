package domain

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/uuid"
)

func storedEvent() Stored {
	return Stored{
		Envelope: Envelope{
			ID: uuid.MustParse("01234567-89ab-4def-8123-456789abcdef"), Stream: "scan-a", Version: 3,
			Owner: uuid.MustParse("11111111-1111-4111-8111-111111111111"), At: time.Date(2026, 1, 2, 3, 4, 5, 600000, time.UTC),
			Actor: "operator", Cause: "request",
		},
		Type: "scan.started", Schema: 1, Payload: []byte(`{"worker":"w"}`),
	}
}

// TestChainHashStands keeps the definition: hashes that are in a log have to
// be found again for ever.
func TestChainHashStands(t *testing.T) {
	const want = "5d0514898c5ee3fbb1f0205b38af303f1f287353c0f424e4fb26263aa9d9bd88"
	if got := hex.EncodeToString(storedEvent().ChainHash([]byte("before"))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestChainHashChanges(t *testing.T) {
	before := []byte("before")
	hash := storedEvent().ChainHash(before)
	for name, change := range map[string]func(*Stored){
		"id":      func(s *Stored) { s.ID[15]++ },
		"stream":  func(s *Stored) { s.Stream += "b" },
		"version": func(s *Stored) { s.Version++ },
		"owner":   func(s *Stored) { s.Owner[0]++ },
		"type":    func(s *Stored) { s.Type = "scan.failed" },
		"schema":  func(s *Stored) { s.Schema++ },
		"at":      func(s *Stored) { s.At = s.At.Add(time.Microsecond) },
		"actor":   func(s *Stored) { s.Actor = "w" },
		"cause":   func(s *Stored) { s.Cause = "" },
		"payload": func(s *Stored) { s.Payload = []byte(`{"worker": "w"}`) },
		"a line moved from the cause to the actor": func(s *Stored) { s.Actor, s.Cause = "operator\nrequest", "" },
	} {
		s := storedEvent()
		change(&s)
		if bytes.Equal(s.ChainHash(before), hash) {
			t.Errorf("another %s has the same hash", name)
		}
	}
	if bytes.Equal(storedEvent().ChainHash(nil), hash) || bytes.Equal(storedEvent().ChainHash([]byte("befor")), hash) {
		t.Error("another event before has the same hash")
	}
	elsewhere := storedEvent()
	elsewhere.At = elsewhere.At.In(time.FixedZone("", 7200))
	elsewhere.Position, elsewhere.Event = 17, ScanStarted{}
	if !bytes.Equal(elsewhere.ChainHash(before), hash) {
		t.Error("the reader's time zone and the log's position change the hash")
	}
	one, other := storedEvent(), storedEvent()
	one.Actor, one.Cause = "a", "b\nc"
	other.Actor, other.Cause = "a\nb", "c"
	if bytes.Equal(one.ChainHash(before), other.ChainHash(before)) {
		t.Error("actor and cause can be moved into each other")
	}
}

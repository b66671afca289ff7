package domain

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/uuid"
)

// TestReadStored reads an event with its payload and without: what is erased
// keeps its kind, folds into anything without a trace, and is never written.
func TestReadStored(t *testing.T) {
	whole := storedEvent()
	if e, err := whole.Read(); err != nil || e != (ScanStarted{Worker: "w"}) {
		t.Errorf("%+v, %v", e, err)
	}
	for _, entry := range Catalog {
		e, err := Stored{Type: entry.Kind, Schema: entry.Version}.Read()
		if _, gone := e.(Erased); err != nil || !gone || e.Kind() != entry.Kind {
			t.Fatalf("%s: %+v, %v", entry.Kind, e, err)
		}
		if text, err := json.Marshal(e); err != nil || string(text) != "null" {
			t.Errorf("%s is written as %s, %v", entry.Kind, text, err)
		}
		if _, payload, err := Encode(e); err == nil {
			t.Errorf("%s is encoded as %s", entry.Kind, payload)
		}
		for _, state := range []interface{ Apply(Envelope) }{new(Scan), new(Account)} {
			state.Apply(Envelope{Event: e})
			if !reflect.ValueOf(state).Elem().IsZero() {
				t.Errorf("%s changes a state: %+v", entry.Kind, state)
			}
		}
	}
	if e, err := (Stored{Type: "never.heard", Schema: 1}).Read(); err == nil {
		t.Errorf("an unknown kind: %v", e)
	}
	empty := storedEvent()
	empty.Payload = []byte{}
	if e, err := empty.Read(); err == nil {
		t.Errorf("an empty payload is taken for an erased one: %v", e)
	}
}

// TestKeyIssuedLift reads the first version of key.issued, in which nothing
// was sealed.
func TestKeyIssuedLift(t *testing.T) {
	e, err := Decode("key.issued", 1, []byte(`{"key":"01234567-89ab-4def-8123-456789abcdef","name":"ci","prefix":"7AZ_abcd","allow_ip":["192.0.2.0/24"],"expires_at":null}`))
	want := KeyIssued{
		Key: uuid.MustParse("01234567-89ab-4def-8123-456789abcdef"), Name: "clear:ci", Prefix: "7AZ_abcd", AllowIP: []Sealed{"clear:192.0.2.0/24"},
	}
	if err != nil || !reflect.DeepEqual(e, want) {
		t.Errorf("%+v, %v", e, err)
	}
	for _, c := range []struct {
		stream  Stream
		kind    string
		version int
		goes    bool
	}{
		{"account-x", "key.issued", 1, true},
		{"account-x", "key.issued", 2, false},
		{"account-x", "account.registered", 1, false},
		{"scan-x", "scan.requested", 1, true},
	} {
		if Erasable(c.stream, c.kind, c.version) != c.goes {
			t.Errorf("%s.v%d in %s: %v", c.kind, c.version, c.stream, !c.goes)
		}
	}
}

func TestEraseScan(t *testing.T) {
	for _, end := range []Event{ScanCompleted{}, ScanFailed{}, ScanCancelled{}} {
		s := scanWith(end)
		events, err := s.Erase(ForRetention)
		if err != nil || !reflect.DeepEqual(events, []Event{ScanErased{Reason: "retention"}}) {
			t.Errorf("after %T: %v, %v", end, events, err)
		}
		s.Apply(Envelope{Version: 3, Event: events[0]})
		if again, err := s.Erase(ForAccount); err != nil || again != nil {
			t.Errorf("again: %v, %v", again, err)
		}
	}
	for _, runs := range []*Scan{new(Scan), scanWith(), scanWith(ScanStarted{})} {
		if events, err := runs.Erase(ForAccount); CodeOf(err) != Conflict {
			t.Errorf("%q: %v, %v", runs.State, events, err)
		}
	}
}

// end appends the event that erases a stream, and takes the payloads before it.
func end(events []Kept, kind string) []Kept {
	for i := range events {
		if Erasable(events[i].Stream, events[i].Type, events[i].Schema) {
			events[i].Payload = nil
		}
	}
	last := events[len(events)-1]
	k := last
	k.Version, k.Type, k.Payload = last.Version+1, kind, []byte(`{}`)
	k.Sum, k.Hash = k.Digest(), k.ChainHash(last.Hash)
	return append(events, k)
}

// TestChainErased has payloads that are gone: an event that says so is all
// that makes it good.
func TestChainErased(t *testing.T) {
	account := func(schema int) []Kept {
		events := keptEvents(2)
		for i := range events {
			events[i].Type, events[i].Schema = "key.issued", schema
		}
		return rechained(events, "account-a")
	}
	for _, c := range []struct {
		name   string
		events []Kept
		erased int
		what   string
		at     int
	}{
		{"a scan, whole", end(keptEvents(3), "scan.erased"), 3, "", 0},
		{"an account's events in clear", end(account(1), "account.deleted"), 2, "", 0},
		{"an account's sealed events stay", end(account(2), "account.deleted"), 0, "", 0},
		{"one without a word", without(keptEvents(3), 2), 1, "payload", 2},
		{"the newest without a word", without(keptEvents(3), 3), 1, "payload", 3},
		{"the word itself", without(end(keptEvents(3), "scan.erased"), 4), 4, "payload", 1},
		{"a sealed event", without(end(account(2), "account.deleted"), 1), 1, "payload", 1},
		{"one of which the payload is still there", with(end(keptEvents(3), "scan.erased"), 2), 2, "payload that is erased", 2},
		{"one more after the end", with(end(end(keptEvents(3), "scan.erased"), "scan.erased"), 4), 3, "nothing after the stream is erased", 5},
	} {
		v := new(Verdict)
		chain := NewChain(c.events[0].Stream, keptOwner, nil, v)
		for _, k := range c.events {
			chain.Next(k)
		}
		chain.End(headOf(c.events[len(c.events)-1]))
		v.Close()
		named := c.what == "" && v.OK || len(v.Faults) > 0 && v.Faults[0].What == c.what && v.Faults[0].Version == c.at
		if !named || v.Checked.Erased != c.erased {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

func without(events []Kept, version int) []Kept {
	events[version-1].Payload = nil
	return events
}

func with(events []Kept, version int) []Kept {
	k := &events[version-1]
	if k.Payload = storedEvent().Payload; Erases(k.Type) {
		k.Payload = []byte(`{}`)
	}
	return events
}

// rechained chains events anew, as those of another stream.
func rechained(events []Kept, s Stream) []Kept {
	var before []byte
	for i := range events {
		events[i].Stream = s
		before = events[i].ChainHash(before)
		events[i].Hash = before
	}
	return events
}

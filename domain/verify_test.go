package domain

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

var keptOwner = uuid.MustParse("11111111-1111-4111-8111-111111111111")

// keptEvents are n events of one stream, chained as the log chains them.
func keptEvents(n int) []Kept {
	var out []Kept
	var before []byte
	for i := range n {
		k := Kept{Stored: storedEvent()}
		k.ID, k.Version, k.Owner = uuid.UUID{15: byte(i)}, i+1, keptOwner
		k.Sum, k.Hash = k.Digest(), k.ChainHash(before)
		before = k.Hash
		out = append(out, k)
	}
	return out
}

// chained verifies events up to a head, which is that of the last one unless
// it is given.
func chained(events []Kept, head *Head, signed ...Head) *Verdict {
	v := new(Verdict)
	c := NewChain("scan-a", keptOwner, signed, v)
	for _, k := range events {
		c.Next(k)
	}
	c.End(head)
	v.Close()
	return v
}

func headOf(k Kept) *Head {
	return &Head{Stream: k.Stream, Owner: k.Owner, Version: k.Version, Hash: k.Hash}
}

func TestChainHolds(t *testing.T) {
	events := keptEvents(4)
	head := headOf(events[3])
	if v := chained(events, head, *headOf(events[1]), *head); !v.OK || v.Checked.Events != 4 || v.Checked.Streams != 1 {
		t.Errorf("%+v", v)
	}
	if v := chained(nil, nil); !v.OK {
		t.Errorf("nothing: %+v", v)
	}
}

// TestChainBreaks changes one thing, and looks that it is named, once, at its
// version.
func TestChainBreaks(t *testing.T) {
	other := bytes.Repeat([]byte{1}, 32)
	for _, c := range []struct {
		name    string
		change  func(e []Kept, h *Head) []Kept
		what    string
		version int
	}{
		{"payload", func(e []Kept, _ *Head) []Kept { e[1].Payload = []byte(`{"worker":"v"}`); return e }, "payload", 2},
		{"digest", func(e []Kept, _ *Head) []Kept { e[1].Sum = other; return e }, "digest", 2},
		{"hash", func(e []Kept, _ *Head) []Kept { e[1].Hash = other; return e }, "hash", 2},
		{"hash of the last", func(e []Kept, _ *Head) []Kept { e[3].Hash = other; return e }, "hash", 4},
		{"hash before an erased one", func(e []Kept, _ *Head) []Kept { e[1].Hash, e[2].Payload = other, nil; return e }, "hash", 2},
		{"digest of an erased one", func(e []Kept, _ *Head) []Kept { e[1].Sum, e[1].Payload = other, nil; return e }, "id, owner, type, time, actor or cause", 2},
		{"owner", func(e []Kept, _ *Head) []Kept { e[1].Owner = uuid.Nil; return e }, "owner", 2},
		{"type", func(e []Kept, _ *Head) []Kept { e[1].Type = "scan.failed"; return e }, "type", 2},
		{"time", func(e []Kept, _ *Head) []Kept { e[1].At = e[1].At.Add(time.Microsecond); return e }, "id, owner, type, time, actor or cause", 2},
		{"stream", func(e []Kept, _ *Head) []Kept { e[3].Stream = "scan-b"; return e }, "stream of the event", 4},
		{"first gone", func(e []Kept, _ *Head) []Kept { return e[1:] }, "versions without a gap", 2},
		{"one gone", func(e []Kept, _ *Head) []Kept { return slices.Delete(e, 1, 2) }, "versions without a gap", 3},
		{"one twice", func(e []Kept, _ *Head) []Kept { return slices.Insert(e, 1, e[1]) }, "versions without a gap", 2},
		{"last gone", func(e []Kept, _ *Head) []Kept { return e[:3] }, "newest version", 4},
		{"head", func(e []Kept, h *Head) []Kept { h.Hash = other; return e }, "head of the stream", 4},
	} {
		events := keptEvents(4)
		head := headOf(events[3])
		events = c.change(events, head)
		v := chained(events, head)
		if len(v.Faults) == 0 || v.Faults[0].What != c.what || v.Faults[0].Version != c.version {
			t.Errorf("%s: %+v", c.name, v.Faults)
		}
	}
	if v := chained(keptEvents(2), nil); v.OK || v.Faults[0].What != "head of the stream" {
		t.Errorf("without a head: %+v", v.Faults)
	}
}

// TestChainSigned has heads that checkpoints know otherwise.
func TestChainSigned(t *testing.T) {
	events := keptEvents(4)
	for name, h := range map[string]Head{
		"hash that checkpoint 7 has":  {Version: 2, Hash: events[0].Hash, Checkpoint: 7},
		"event that checkpoint 7 has": {Version: 5, Hash: events[0].Hash, Checkpoint: 7},
	} {
		if v := chained(events, headOf(events[3]), h); len(v.Faults) != 1 || v.Faults[0].What != name {
			t.Errorf("%s: %+v", name, v.Faults)
		}
	}
}

// TestScanCheck folds histories that contradict themselves.
func TestScanCheck(t *testing.T) {
	id := uuid.UUID{1}
	request := ScanRequested{Scan: id, Account: keptOwner, Probes: []Tool{Ports}}
	finding := FindingRaised{Tool: Ports, Finding: "a", Severity: High, Evidence: "e"}
	port := PortFound{Tool: Ports, Port: Port{Port: 1, Protocol: "tcp"}}
	service := ServiceIdentified{Tool: Ports, Service: Service{Port: 1, Protocol: "tcp", Evidence: "s"}}
	fact := ObservationRecorded{Tool: Ports, Name: "site.visit", Value: json.RawMessage(`{"url":"u","evidence":"v"}`)}
	graded := func(findings int) ScanCompleted {
		return ScanCompleted{Grade(Measured{Findings: map[Severity]int{High: findings}})}
	}
	by := func(version, findings int) Scores {
		return Graders[version-1].Grade(Measured{Findings: map[Severity]int{High: findings}})
	}
	older, future := ScanCompleted{by(1, 0)}, graded(0)
	future.Grader = GraderVersion + 1
	again := ScanRegraded{Scores: by(2, 0), Before: by(1, 0), Change: Change{new(0), new(0), new(0)}, Since: &Earlier{Scan: uuid.UUID{3}, Score: new(90), Ruled: new(85), Change: Change{new(10), new(15), new(-5)}}}
	spoil := func(change func(*ScanRegraded)) Event {
		e, since := again, *again.Since
		e.Since = &since
		change(&e)
		return e
	}
	told := ScanCompared{New: ComparedOf([]Fingerprint{"a"}), Fixed: ComparedOf([]Fingerprint{"b", "c"})}
	mistold := func(change func(*ScanCompared)) []Event {
		e := told
		change(&e)
		return []Event{request, older, e}
	}
	for _, c := range []struct {
		name   string
		events []Event
		what   string
	}{
		{"compared", []Event{request, older, told}, ""},
		{"compared, and graded anew", []Event{request, older, told, again}, ""},
		{"compared, with more than is listed", mistold(func(e *ScanCompared) { e.New = ComparedOf(many(MaxCompared + 5)) }), ""},
		{"compared twice", []Event{request, older, told, told}, "one comparison"},
		{"compared before the end", []Event{request, told}, "one comparison"},
		{"a list that is shorter than it says", mistold(func(e *ScanCompared) { e.Unchanged.Count = 3 }), "fingerprints of a list"},
		{"a finding in two lists", mistold(func(e *ScanCompared) { e.Reopened = e.New }), "finding in one list"},
		{"something after a comparison", []Event{request, older, told, port}, "nothing after the end"},
		{"in order", []Event{request, port, service, fact, finding, graded(1)}, ""},
		{"graded by older rules", []Event{request, older}, ""},
		{"graded by older rules, and it does not follow", []Event{request, ScanCompleted{by(1, 1)}}, "grade: "},
		{"graded by rules that are not there", []Event{request, future}, "grader"},
		{"graded anew", []Event{request, older, again}, ""},
		{"graded anew, and back", []Event{request, older, again, ScanRegraded{Scores: by(1, 0), Before: by(2, 0), Change: again.Change}}, ""},
		{"graded anew before it was graded", []Event{request, again}, "grade that was given before"},
		{"a new grade that does not follow", []Event{request, older, spoil(func(e *ScanRegraded) { e.Scores = by(2, 1) })}, "grade: "},
		{"scores before that did not stand", []Event{request, older, spoil(func(e *ScanRegraded) { e.Before = by(1, 1) })}, "scores before: "},
		{"a change that is another", []Event{request, older, spoil(func(e *ScanRegraded) { e.Change.Ruler = new(1) })}, "change: ruler"},
		{"a change since then that is another", []Event{request, older, spoil(func(e *ScanRegraded) { e.Since.Change.Site = new(1) })}, "change since 03"},
		{"something after a new grade", []Event{request, older, again, port}, "nothing after the end"},
		{"a fact of a shape that is not known", []Event{request, ObservationRecorded{Name: "x"}, ObservationRecorded{Name: "x"}}, ""},
		{"no request", []Event{finding}, "scan.requested"},
		{"two requests", []Event{request, request}, "scan.requested"},
		{"another scan", []Event{ScanRequested{Scan: uuid.UUID{2}, Account: keptOwner}}, "scan of the stream"},
		{"another account", []Event{ScanRequested{Scan: id}}, "account of the scan"},
		{"a finding twice", []Event{request, finding, finding}, "told once: finding/a@"},
		{"a port twice", []Event{request, port, port}, "told once: port/tcp/1"},
		{"a service twice", []Event{request, service, service}, "told once: service/tcp/1"},
		{"a fact twice", []Event{request, fact, fact}, "told once: visit/u"},
		{"a grade that does not follow", []Event{request, graded(1)}, "grade: "},
		{"something after the end", []Event{request, graded(0), port}, "nothing after the end"},
	} {
		v := new(Verdict)
		check := NewScanCheck(NewStream(ScanFamily, id), v)
		for i, e := range c.events {
			check.Next(Envelope{Version: i + 1, Owner: keptOwner, Event: e})
		}
		v.Close()
		if v.OK != (c.what == "") || !v.OK && !strings.HasPrefix(v.Faults[0].What, c.what) {
			t.Errorf("%s: %+v", c.name, v.Faults)
		}
		if c.name == "in order" && (len(check.Named) != 3 || check.Named["e"] != 5 || check.Named["s"] != 3 || check.Named["v"] != 4) {
			t.Errorf("evidence %v", check.Named)
		}
	}
}

func TestVerdictIsBounded(t *testing.T) {
	told := 0
	v := Verdict{Tell: func(Fault) { told++ }}
	for range maxFaults + 5 {
		v.Fault(Fault{Found: strings.Repeat("ü", 1000)})
	}
	v.Close()
	if v.OK || v.Count != maxFaults+5 || told != v.Count || len(v.Faults) != maxFaults || len(v.Faults[0].Found) > 1010 {
		t.Errorf("%d of %d faults, %d told, %d bytes", len(v.Faults), v.Count, told, len(v.Faults[0].Found))
	}
}

func TestJSONDifference(t *testing.T) {
	for _, c := range []struct{ a, b, place, expected, found string }{
		{`{"a":1,"b":[1,{"c":null}]}`, `{"b":[1,{"c":null}], "a":1}`, "", "", ""},
		{`{"a":{"b":1}}`, `{"a":{"b":2}}`, "a.b", "1", "2"},
		{`{"a":[1,2]}`, `{"a":[1,3]}`, "a[1]", "2", "3"},
		{`{"a":[1,2]}`, `{"a":[1]}`, "a", "[1,2]", "[1]"},
		{`{"a":1}`, `{}`, "a", "1", "nothing"},
		{`{}`, `{"a":{"b":1}}`, "a", "nothing", `{"b":1}`},
		{`[]`, `{}`, "(whole)", "[]", "{}"},
		{`null`, `x`, "(text)", "null", "x"},
	} {
		if place, expected, found := JSONDifference([]byte(c.a), []byte(c.b)); place != c.place || expected != c.expected || found != c.found {
			t.Errorf("%s and %s: %q, %q, %q", c.a, c.b, place, expected, found)
		}
	}
}

// TestCheckpoint signs a statement and changes each byte of it and of its
// signature.
func TestCheckpoint(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := key.Public().(ed25519.PublicKey)
	head := Head{Stream: "scan-a", Version: 3, Hash: []byte{1, 2}}
	c := Checkpoint{Number: 1, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Key: KeyID(public), Xid: "7", Heads: []string{head.Leaf()}}
	signed, err := c.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	if read, err := signed.Covers(head, public); err != nil || read.Number != 1 || read.Xid != "7" {
		t.Errorf("%+v, %v", read, err)
	}
	for i := range signed.Statement {
		s := SignedCheckpoint{bytes.Clone(signed.Statement), signed.Signature}
		s.Statement[i] ^= 1
		if _, err := s.Read(public); err == nil {
			t.Errorf("byte %d of the statement is changed, and it holds", i)
		}
	}
	for i := range signed.Signature {
		s := SignedCheckpoint{signed.Statement, bytes.Clone(signed.Signature)}
		s.Signature[i] ^= 1
		if _, err := s.Read(public); err == nil {
			t.Errorf("byte %d of the signature is changed, and it holds", i)
		}
	}
	for name, h := range map[string]Head{
		"stream": {Stream: "scan-b", Version: 3, Hash: head.Hash}, "version": {Stream: "scan-a", Version: 4, Hash: head.Hash}, "hash": {Stream: "scan-a", Version: 3},
	} {
		if _, err := signed.Covers(h, public); err == nil {
			t.Errorf("it covers another %s", name)
		}
	}
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	if _, err := signed.Read(other.Public().(ed25519.PublicKey)); err == nil {
		t.Error("it holds by another key")
	}
	if resigned, err := c.Sign(other); err != nil {
		t.Error(err)
	} else if _, err := resigned.Read(other.Public().(ed25519.PublicKey)); err == nil {
		t.Error("it holds by a key that it does not name")
	}
	if _, err := signed.Read(nil); err == nil {
		t.Error("it holds without a key")
	}
}

// TestKeyID is the example of RFC 8037, appendices A.2 and A.3.
func TestKeyID(t *testing.T) {
	var set KeySet
	if err := json.Unmarshal([]byte(`{"keys":[{"kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`), &set); err != nil {
		t.Fatal(err)
	}
	key, err := set.Key("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
	if err != nil {
		t.Fatal(err)
	}
	if again := PublicKeys(key); again.Keys[0] != set.Keys[0] {
		t.Errorf("%+v", again)
	}
	set.Keys[0].ID = "other"
	for _, id := range []string{"other", "", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"} {
		if _, err := set.Key(id); err == nil {
			t.Errorf("there is a key %q", id)
		}
	}
}

// many are so many fingerprints.
func many(n int) []Fingerprint {
	all := make([]Fingerprint, n)
	for i := range all {
		all[i] = Fingerprint(strconv.Itoa(i))
	}
	return all
}

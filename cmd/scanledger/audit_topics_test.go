package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/cmd/scanledger/audit"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// history are the events of a scan.
func (s auditSystem) history(t *testing.T, scan int) []domain.Envelope {
	t.Helper()
	history, err := s.beside(t).events.Read(t.Context(), domain.NewStream(domain.ScanFamily, uuid.MustParse(s.scans[scan])), 0)
	if err != nil {
		t.Fatal(err)
	}
	return history
}

// messageOf is an event's message as the relay sends it.
func messageOf(t *testing.T, e domain.Envelope) (payload []byte, headers map[string]string) {
	t.Helper()
	payload, err := json.Marshal(e.Event)
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.Encode(e, 1, payload)
	if err != nil {
		t.Fatal(err)
	}
	return payload, maps.Clone(map[string]string(m.Metadata))
}

// forges publishes an event of the log again, each time with something about it
// that the log says otherwise. Consumers have taken it before, and notice nothing.
func (s auditSystem) forges(t *testing.T, brokers []string) {
	e := s.history(t, 1)[0]
	payload, sent := messageOf(t, e)
	const origin = "type, owner, time, actor or cause of the message"
	want := map[string]string{produce(t, brokers, stream.Scans, string(e.Stream), payload, sent).String(): ""}
	for _, f := range []struct {
		key, value string
		headers    map[string]string
		what       string
	}{
		{value: " ", what: "SHA-256 of the message"},
		{key: "x", what: "key of the message"},
		{headers: map[string]string{"ce_sequence": "0000000002"}, what: "stream and version of the message"},
		{headers: map[string]string{"ce_type": "scan.cancelled", "ce_dataschema": "scan.cancelled.v1.json"}, what: origin},
		{headers: map[string]string{"ce_owner": uuid.NewString()}, what: origin},
		{headers: map[string]string{"ce_time": "2026-11-01T00:00:00Z"}, what: origin},
		{headers: map[string]string{"ce_actor": "somebody"}, what: origin},
		{headers: map[string]string{"ce_cause": "nothing"}, what: origin},
	} {
		headers := maps.Clone(sent)
		for name, value := range f.headers {
			if headers[name] == "" {
				t.Fatalf("no message has a header %s: %v", name, headers)
			}
			headers[name] = value
		}
		at := produce(t, brokers, stream.Scans, string(e.Stream)+f.key, append(slices.Clone(payload), f.value...), headers)
		want[at.String()] = f.what
	}
	found := audited(t, s.options, domain.ClickHouseInvariant, domain.KafkaInvariant)[domain.KafkaInvariant]
	for at, what := range want {
		named := ""
		for _, v := range found.Violations {
			if strings.HasSuffix(v.ID, " at "+at) {
				named += v.What
			}
		}
		if named != what {
			t.Errorf("%s is named %q, want %q", at, named, what)
		}
	}
}

// skips has events that no relay has sent, though its cursor has gone by some of
// them; of one stream only the last one is there.
func (s auditSystem) skips(t *testing.T, p *platform) {
	late := now().Add(-2 * time.Minute)
	append := func() commands.Write {
		id := newID()
		w := commands.Write{Stream: domain.NewStream(domain.ScanFamily, id), Owner: newID()}
		for n, e := range conformance.Story(id, "https://example.com/")[:3] {
			w.Events = append(w.Events, domain.Envelope{ID: newID(), Stream: w.Stream, Version: n + 1, Owner: w.Owner, At: late, Actor: "operator", Cause: "test", Event: e})
		}
		if _, err := p.events.Append(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	cut, gone := append(), append()
	if _, err := p.pool.Exec(t.Context(), `UPDATE relay SET (xid, position) = (SELECT xid, position FROM events ORDER BY events.xid DESC, position DESC LIMIT 1)`); err != nil {
		t.Fatal(err)
	}
	unsent := append()
	payload, headers := messageOf(t, cut.Events[2])
	produce(t, p.engines.Kafka.Brokers, stream.Scans, string(cut.Stream), payload, headers)
	a, err := p.audited().Look(t.Context(), audit.Options{Patience: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []domain.Violation{
		{Stream: cut.Stream, Version: 3, What: "order of the stream", Expected: "1", Found: "3"},
		{Stream: gone.Stream, Version: 1, What: "event on Kafka", Expected: "up to version 3", Found: "up to version 0"},
		{Stream: unsent.Stream, Version: 1, What: "events not sent for more than a minute", Expected: "0"},
	} {
		if !slices.ContainsFunc(a.Invariants, func(i *domain.Invariant) bool {
			return i.Name == domain.KafkaInvariant && slices.ContainsFunc(i.Violations, func(v domain.Violation) bool {
				return v.Stream == want.Stream && v.Version == want.Version && v.What == want.What && v.Expected == want.Expected && strings.HasPrefix(v.Found, want.Found)
			})
		}) {
			t.Errorf("%s is not named: %+v", sentence(want), a.Invariants[2])
		}
	}
}

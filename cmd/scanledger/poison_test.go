package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// poisonous is a message that no consumer of its topic can ever take.
type poisonous struct {
	topic, key string
	value      []byte
	headers    map[string]string
	reason     string // a part of why
	foreign    bool   // it can be read, and is no event of the log
}

// poisons are one of each kind.
func poisons() map[string]poisonous {
	nobody := "scan-" + uuid.NewString()
	started := func(version int, more ...string) map[string]string {
		return headersOf("scan.started", nobody, version, more...)
	}
	served := func(more ...string) map[string]string {
		h := headersOf("request.served", "", 0, more...)
		delete(h, "ce_sequence")
		delete(h, "ce_subject")
		return h
	}
	ok := []byte(`{"worker": "w"}`)
	return map[string]poisonous{
		"no JSON":                 {stream.Scans, nobody, []byte("{"), started(1), "unexpected end", false},
		"another shape":           {stream.Scans, nobody, []byte(`{"worker": 1}`), started(1), "cannot unmarshal", false},
		"null":                    {stream.Scans, nobody, nil, started(1), "unexpected end", false},
		"nothing":                 {stream.Scans, nobody, []byte{}, started(1), "unexpected end", false},
		"2 MiB":                   {stream.Scans, nobody, bytes.Repeat([]byte("x"), 2<<20), started(1), "invalid character", false},
		"another schema version":  {stream.Scans, nobody, ok, started(1, "ce_dataschema", "scan.started.v99.json"), "v99 is not in the catalog", false},
		"an unknown type":         {stream.Scans, nobody, ok, headersOf("scan.exploded", nobody, 1), "not in the catalog", false},
		"no headers":              {stream.Scans, nobody, ok, nil, "header ce_id", false},
		"headers of a letter":     {stream.Scans, nobody, ok, map[string]string{"reason": "mine", "topic": "mine", "offset": "x"}, "header ce_id", false},
		"not UTF-8, in a header":  {stream.Scans, nobody, ok, started(1, "ce_id", "\xff\xfe"), "header ce_id", false},
		"not UTF-8, not JSON":     {stream.Scans, nobody, []byte("\xff\xfe"), started(1), "invalid character", false},
		"a stream not in UTF-8":   {stream.Scans, "x", ok, started(1, "ce_subject", "scan-\xff"), "it cannot be taken", true},
		"a zero byte":             {stream.Scans, nobody, []byte(`{"contract": "\u0000"}`), headersOf("scan.requested", "scan-"+uuid.NewString(), 1), "it cannot be taken", true},
		"a gap that nothing ends": {stream.Scans, "y", ok, headersOf("scan.started", "scan-"+uuid.NewString(), 5), "the log has no version 1", true},
		"a fold that panics":      {stream.Scans, "z", []byte(`{"tool": "ports", "percent": 10}`), headersOf("probe.progressed", "scan-"+uuid.NewString(), 1), "panic", true},
		"a call in no JSON":       {stream.Requests, "a", []byte("["), served(), "unexpected end", false},
		"a call that is null":     {stream.Requests, "b", nil, served(), "unexpected end", false},
		"a click in no JSON":      {stream.Clicks, "c", []byte("["), headersOf("link.clicked", "link-"+uuid.NewString(), 1), "unexpected end", false},
	}
}

// TestPoison puts one of each kind of poison among ten thousand healthy
// messages: the dead letters are exactly the poison, and all else arrives.
func TestPoison(t *testing.T) {
	s := auditSystem{dir: dataFolder(t)}
	s.options = settings(t, s.dir)
	s.server = startServer(t, s.options)
	p := s.beside(t)
	brokers := brokersOf(t, s.options, s.dir)
	r, err := kafka.OpenReader(t.Context(), kafka.Broker{Addrs: brokers})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	until(t, 30*time.Second, func() (bool, string) {
		spans, err := r.Spans(stream.DeadLetters)
		return len(spans) > 0 && err == nil, fmt.Sprint("no topics yet: ", err)
	})
	planted, reasons := map[place]string{}, map[place]string{}
	kinds := poisons()
	for n, name := range slices.Sorted(maps.Keys(kinds)) {
		healthy(t, p, 10, 55, n)
		m := kinds[name]
		at := produce(t, brokers, m.topic, m.key, m.value, m.headers)
		planted[at], reasons[at] = name, m.reason
	}
	healthy(t, p, 2, 60, 99)
	buried := map[place][]letter{}
	until(t, 3*time.Minute, func() (bool, string) {
		clear(buried)
		if err := letters(t.Context(), r, func(l letter) error { buried[l.place()] = append(buried[l.place()], l); return nil }, ignoreOdd); err != nil {
			return false, err.Error()
		}
		behind := 0
		for _, g := range groups() {
			at, err := r.Group(g.name, g.topic)
			ends, wrong := r.Spans(g.topic)
			if err != nil || wrong != nil {
				return false, fmt.Sprint(err, wrong)
			}
			if !passed(at, ends) {
				behind++
			}
		}
		var missing []string
		for at, name := range planted {
			if len(buried[at]) == 0 {
				missing = append(missing, name)
			}
		}
		return behind == 0 && len(missing) == 0, fmt.Sprintf("not buried: %q; %d groups are behind", missing, behind)
	})
	foreign := 0
	for at, name := range planted {
		m := kinds[name]
		if len(buried[at]) == 0 {
			t.Errorf("%s: not buried", name)
			continue
		}
		for _, l := range buried[at] {
			if !strings.Contains(l.Reason, reasons[at]) || l.Readable != m.foreign || l.Key != m.key || l.Bytes != len(m.value) {
				t.Errorf("%s: %+v, want the reason %q", name, l, reasons[at])
			}
			if whole := l.of.Message; !bytes.Equal(whole.Payload, m.value) || (m.value == nil) != (whole.Payload == nil) {
				t.Errorf("%s: its value is another, of %d bytes", name, len(whole.Payload))
			}
			for header, v := range m.headers {
				if l.of.Message.Metadata[header] != v {
					t.Errorf("%s: its header %s is %q, and was %q", name, header, l.of.Message.Metadata[header], v)
				}
			}
		}
		if m.foreign && m.topic == stream.Scans {
			foreign++
		}
		delete(buried, at)
	}
	for at, l := range buried {
		t.Errorf("healthy and buried: %s: %+v", at, l)
	}
	if i := audited(t, s.options, domain.KafkaInvariant)[domain.KafkaInvariant]; i.Count != foreign || i.Counts["messages"] < 10_000 {
		t.Errorf("%d messages, of which %d are no events of the log, and %d were planted: %+v", i.Counts["messages"], i.Count, foreign, i.Violations)
	}
	s.replaysPoison(t, planted)
}

// healthy appends finished scans of as many findings each.
func healthy(t *testing.T, p *platform, scans, findings, salt int) {
	t.Helper()
	for range scans {
		id, account := newID(), newID()
		w := commands.Write{Stream: domain.NewStream(domain.ScanFamily, id), Owner: account}
		events := []domain.Event{
			domain.ScanRequested{Scan: id, Account: account, Contract: domain.IsSafeSite, Profile: domain.Quick, Probes: []domain.Tool{domain.Ports}},
			domain.ScanStarted{Worker: "w"},
		}
		for n := range findings {
			events = append(events, domain.FindingRaised{Tool: domain.Ports, Lease: 1, Finding: fmt.Sprintf("f%d-%d", salt, n), Severity: domain.Low, CVE: []string{}, References: []string{}})
		}
		for n, e := range append(events, domain.ScanFailed{Reason: "a test"}) {
			w.Events = append(w.Events, domain.Envelope{ID: newID(), Stream: w.Stream, Version: n + 1, Owner: account, At: now(), Actor: "operator", Cause: "test", Event: e})
		}
		if _, err := p.events.Append(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
}

// replaysPoison sends all letters again, each message once, though two groups
// have buried it: what cannot be read comes back as new letters that say so.
func (s auditSystem) replaysPoison(t *testing.T, planted map[place]string) {
	list := func() []letter {
		return answerOf[struct{ Letters []letter }](t, append([]string{"dead-letters", "list"}, s.options...)...).Letters
	}
	before, messages := list(), map[place]bool{}
	for _, l := range before {
		messages[l.place()] = true
	}
	if len(messages) == len(before) {
		t.Error("no message has two letters")
	}
	out, code := command(t, append([]string{"dead-letters", "replay", "--all", "--json"}, s.options...)...)
	if code != exitFailed || strings.Count(out, "larger than kafka takes") != 1 {
		t.Errorf("exit code %d: %s", code, out)
	}
	places := map[place]bool{}
	until(t, time.Minute, func() (bool, string) {
		clear(places)
		for _, l := range list()[len(before):] {
			if l.Replayed != 1 {
				t.Errorf("a letter that came back says it was sent %d times: %+v", l.Replayed, l)
			}
			places[l.place()] = true
		}
		return len(places) == len(messages)-1, fmt.Sprintf("%d of %d came back", len(places), len(messages)-1)
	})
}

// TestParts has batches of which some events can never be taken.
func TestParts(t *testing.T) {
	p := &platform{log: slog.New(slog.DiscardHandler)}
	events, records := make([]domain.Envelope, 9), make([]kafka.Record, 9)
	for n := range events {
		events[n].Version, records[n] = n+1, kafka.NewRecord(&sarama.ConsumerMessage{Topic: "t", Offset: int64(n)})
	}
	for name, c := range map[string]struct {
		fails  map[int]error // by version; nil panics
		buried []string
		err    bool
	}{
		"all well":              {nil, nil, false},
		"a row":                 {map[int]error{5: &clickhouse.RowError{Row: 1, Column: "at", Err: errors.New("out of range")}}, []string{"4"}, false},
		"panics and rows":       {map[int]error{1: nil, 6: &clickhouse.RowError{}, 9: nil}, []string{"0", "5", "8"}, false},
		"an outage":             {map[int]error{5: errors.New("away")}, nil, true},
		"an outage after a row": {map[int]error{2: &clickhouse.RowError{}, 5: errors.New("away")}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			taken := map[int]bool{}
			take := func(_ context.Context, batch []domain.Envelope, _ []kafka.Record) error {
				for _, e := range batch {
					if err, bad := c.fails[e.Version]; bad && err == nil {
						panic("no fold")
					} else if bad {
						return err
					}
				}
				for _, e := range batch {
					taken[e.Version] = true
				}
				return nil
			}
			letters, err := p.parts(t.Context(), take, events, records)
			var buried []string
			for _, m := range letters {
				buried = append(buried, m.Metadata["offset"])
			}
			if !slices.Equal(buried, c.buried) || (err != nil) != c.err || !c.err && len(taken)+len(buried) != len(events) {
				t.Errorf("buried %v, taken %v, %v", buried, taken, err)
			}
		})
	}
}

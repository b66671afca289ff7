package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/cmd/scanledger/groups"
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
	planted, reasons := map[deadletters.Place]string{}, map[deadletters.Place]string{}
	kinds := poisons()
	for n, name := range slices.Sorted(maps.Keys(kinds)) {
		healthy(t, p, 10, 55, n)
		m := kinds[name]
		at := produce(t, brokers, m.topic, m.key, m.value, m.headers)
		planted[at], reasons[at] = name, m.reason
	}
	healthy(t, p, 2, 60, 99)
	buried := map[deadletters.Place][]deadletters.Letter{}
	until(t, 3*time.Minute, func() (bool, string) {
		clear(buried)
		if err := deadletters.Each(t.Context(), r, func(l deadletters.Letter) error { buried[l.Place()] = append(buried[l.Place()], l); return nil }, deadletters.IgnoreOdd); err != nil {
			return false, err.Error()
		}
		behind := 0
		for _, g := range groups.All {
			at, err := r.Group(g.Name, g.Topic)
			ends, wrong := r.Spans(g.Topic)
			if err != nil || wrong != nil {
				return false, fmt.Sprint(err, wrong)
			}
			if !at.Passed(ends) {
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
			if whole := l.Of.Message; !bytes.Equal(whole.Payload, m.value) || (m.value == nil) != (whole.Payload == nil) {
				t.Errorf("%s: its value is another, of %d bytes", name, len(whole.Payload))
			}
			for header, v := range m.headers {
				if l.Of.Message.Metadata[header] != v {
					t.Errorf("%s: its header %s is %q, and was %q", name, header, l.Of.Message.Metadata[header], v)
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
func (s auditSystem) replaysPoison(t *testing.T, planted map[deadletters.Place]string) {
	list := func() []deadletters.Letter {
		return answerOf[struct{ Letters []deadletters.Letter }](t, append([]string{"dead-letters", "list"}, s.options...)...).Letters
	}
	before, messages := list(), map[deadletters.Place]bool{}
	for _, l := range before {
		messages[l.Place()] = true
	}
	if len(messages) == len(before) {
		t.Error("no message has two letters")
	}
	out, code := command(t, append([]string{"dead-letters", "replay", "--all", "--json"}, s.options...)...)
	if code != exitFailed || strings.Count(out, "larger than kafka takes") != 1 {
		t.Errorf("exit code %d: %s", code, out)
	}
	places := map[deadletters.Place]bool{}
	until(t, time.Minute, func() (bool, string) {
		clear(places)
		for _, l := range list()[len(before):] {
			if l.Replayed != 1 {
				t.Errorf("a letter that came back says it was sent %d times: %+v", l.Replayed, l)
			}
			places[l.Place()] = true
		}
		return len(places) == len(messages)-1, fmt.Sprintf("%d of %d came back", len(places), len(messages)-1)
	})
}

package stream_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

var (
	scanID  = uuid.MustParse("0190c0de-0000-7000-8000-000000000001")
	eventID = uuid.MustParse("0190c0de-0000-7000-8000-000000000002")
	ownerID = uuid.MustParse("0190c0de-0000-7000-8000-000000000003")
	noon    = time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)
)

func full() domain.Envelope {
	return domain.Envelope{
		Position: 1<<62 + 7, ID: eventID, Stream: domain.NewStream(domain.ScanFamily, scanID), Version: 12,
		Owner: ownerID, At: noon, Actor: "worker:one", Cause: eventID.String(),
		Trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		Event: domain.ScanStarted{Worker: "wörker"},
	}
}

// encode writes an envelope as the log would.
func encode(t testing.TB, e domain.Envelope) *message.Message {
	t.Helper()
	schema, payload, err := domain.Encode(e.Event)
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.Encode(e, schema, payload)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEnvelopeSurvivesTheRoundTrip(t *testing.T) {
	bare := domain.Envelope{ID: eventID, At: noon.Truncate(time.Second), Event: domain.RequestServed{Method: "GET", Status: 200}}
	owned := bare
	owned.Owner = ownerID
	for name, want := range map[string]domain.Envelope{"full": full(), "without a stream": bare, "with an owner": owned} {
		t.Run(name, func(t *testing.T) {
			got, err := stream.Decode(encode(t, want))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestMessageIsACloudEvent(t *testing.T) {
	m := encode(t, full())
	want := message.Metadata{
		"content-type":    "application/json",
		"ce_specversion":  "1.0",
		"ce_id":           eventID.String(),
		"ce_source":       "/scanledger",
		"ce_type":         "scan.started",
		"ce_time":         "2026-11-23T12:00:00.123456Z",
		"ce_dataschema":   "https://github.com/scanledger/scanledger/schemas/events/scan.started.v1.json",
		"ce_subject":      "scan-" + scanID.String(),
		"ce_partitionkey": "scan-" + scanID.String(),
		"ce_sequence":     "0000000012",
		"ce_position":     "4611686018427387911",
		"ce_actor":        "worker:one",
		"ce_cause":        eventID.String(),
		"ce_traceparent":  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"ce_owner":        ownerID.String(),
	}
	if !reflect.DeepEqual(m.Metadata, want) {
		t.Errorf("got  %v\nwant %v", m.Metadata, want)
	}
}

func TestPayloadIsThatOfTheLog(t *testing.T) {
	stored := []byte(`{ "worker" : "a",  "was_once": true }`)
	m, err := stream.Encode(full(), 1, stored)
	if err != nil {
		t.Fatal(err)
	}
	if string(m.Payload) != string(stored) {
		t.Errorf("payload is %s", m.Payload)
	}
}

func TestKey(t *testing.T) {
	for name, c := range map[string]struct {
		e    domain.Envelope
		want string
	}{
		"stream": {full(), "scan-" + scanID.String()},
		"owner":  {domain.Envelope{ID: eventID, Owner: ownerID, Event: domain.RequestServed{}}, ownerID.String()},
		"id":     {domain.Envelope{ID: eventID, Event: domain.RequestServed{}}, eventID.String()},
	} {
		if got := encode(t, c.e).Metadata["ce_partitionkey"]; got != c.want {
			t.Errorf("%s: key is %q, want %q", name, got, c.want)
		}
	}
}

func TestEncodeRefusesHalfAnEvent(t *testing.T) {
	for _, e := range []domain.Envelope{{ID: eventID}, {Event: domain.RequestServed{}}} {
		if _, err := stream.Encode(e, 1, nil); err == nil {
			t.Errorf("%+v was encoded", e)
		}
	}
}

func TestUnreadableMessages(t *testing.T) {
	for name, spoil := range map[string]func(*message.Message){
		"no id":            func(m *message.Message) { delete(m.Metadata, "ce_id") },
		"nil id":           func(m *message.Message) { m.Metadata["ce_id"] = uuid.Nil.String() },
		"bad owner":        func(m *message.Message) { m.Metadata["ce_owner"] = "me" },
		"no time":          func(m *message.Message) { delete(m.Metadata, "ce_time") },
		"bad sequence":     func(m *message.Message) { m.Metadata["ce_sequence"] = "-1" },
		"huge sequence":    func(m *message.Message) { m.Metadata["ce_sequence"] = "2147483648" },
		"bad position":     func(m *message.Message) { m.Metadata["ce_position"] = "9223372036854775808" },
		"other spec":       func(m *message.Message) { m.Metadata["ce_specversion"] = "0.3" },
		"no schema":        func(m *message.Message) { delete(m.Metadata, "ce_dataschema") },
		"schema of other":  func(m *message.Message) { m.Metadata["ce_dataschema"] = "/port.found.v1.json" },
		"unknown version":  func(m *message.Message) { m.Metadata["ce_dataschema"] = "/scan.started.v999.json" },
		"unknown type":     func(m *message.Message) { retype(m, "moon.landed") },
		"payload no JSON":  func(m *message.Message) { m.Payload = []byte("\xff\x00") },
		"payload no match": func(m *message.Message) { m.Payload = []byte(`{"worker": 7}`) },
		"no headers":       func(m *message.Message) { clear(m.Metadata) },
	} {
		t.Run(name, func(t *testing.T) {
			m := encode(t, full())
			spoil(m)
			_, err := stream.Decode(m)
			if !stream.Unreadable(err) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func retype(m *message.Message, kind string) {
	m.Metadata["ce_type"], m.Metadata["ce_dataschema"] = kind, "/"+kind+".v1.json"
}

func FuzzDecode(f *testing.F) {
	m := encode(f, full())
	headers, _ := json.Marshal(m.Metadata)
	f.Add(headers, []byte(m.Payload))
	f.Add([]byte(`{"ce_specversion":"1.0"}`), []byte(nil))
	f.Fuzz(func(t *testing.T, headers, payload []byte) {
		m := message.NewMessage("", payload)
		if json.Unmarshal(headers, &m.Metadata) != nil {
			return
		}
		e, err := stream.Decode(m)
		if err != nil {
			if !stream.Unreadable(err) {
				t.Fatalf("an error that would be tried again for ever: %v", err)
			}
			return
		}
		again, err := stream.Decode(encode(t, e))
		if err != nil || !reflect.DeepEqual(e, again) {
			t.Fatalf("read twice:\n%+v\n%+v\n%v", e, again, err)
		}
	})
}

package kafka_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

// The packages know nothing of each other: this is where it would show that
// they have come to use different words.
func TestEventsAndDeadLettersGoThrough(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		want := domain.Envelope{
			Position: 7, ID: uuid.New(), Stream: domain.NewStream(domain.ScanFamily, uuid.New()), Version: 3, Owner: uuid.New(),
			At: time.Now().UTC().Truncate(time.Microsecond), Actor: "operator", Cause: "why", Trace: "00-1-2-01",
			Event: domain.ScanStarted{Worker: "w"},
		}
		schema, payload, err := domain.Encode(want.Event)
		if err != nil {
			t.Fatal(err)
		}
		m, err := stream.Encode(want, schema, payload)
		if err != nil {
			t.Fatal(err)
		}
		topic, graves := newTopic(t, b, 3), newTopic(t, b, 1)
		publisher := kafka.NewPublisher(b)
		defer func() { _ = publisher.Close() }()
		if err := publisher.Publish(topic, m); err != nil {
			t.Fatal(err)
		}
		record := first(t, b, topic)
		if record.Key() != string(want.Stream) {
			t.Errorf("key is %q, want %q", record.Key(), want.Stream)
		}
		got, err := stream.DecodeRecord(record.Header, record.Value())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
		}
		letter := stream.DeadLetter(record.Message(), &stream.UnreadableError{Reason: "for the test"})
		if err := publisher.Publish(graves, letter); err != nil {
			t.Fatal(err)
		}
		dead := first(t, b, graves)
		if dead.Key() != record.Key() || string(dead.Value()) != string(record.Value()) {
			t.Errorf("the letter is %q of key %q", dead.Value(), dead.Key())
		}
		place := record.Message().Metadata
		for name, value := range map[string]string{
			"topic": topic, "partition": place[kafka.PartitionMeta], "offset": place[kafka.OffsetMeta],
			"reason": "unreadable message: for the test", "ce_id": want.ID.String(), "ce_type": "scan.started",
		} {
			if got := dead.Header(name); got != value || value == "" {
				t.Errorf("header %s of the letter is %q, want %q", name, got, value)
			}
		}
	})
}

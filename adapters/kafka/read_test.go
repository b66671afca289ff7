package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/scanledger/scanledger/adapters/kafka"
)

// TestReadFromOneOffsetToAnother reads all of a topic, a part of it, and nothing.
func TestReadFromOneOffsetToAnother(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		topic := newTopic(t, b, 3)
		publisher := kafka.NewPublisher(b)
		defer func() { _ = publisher.Close() }()
		var batch []*message.Message
		for i := range 300 {
			m := message.NewMessage(fmt.Sprint(i), fmt.Append(nil, i))
			m.Metadata["ce_partitionkey"] = fmt.Sprint(i % 17)
			batch = append(batch, m)
		}
		if err := publisher.Publish(topic, batch...); err != nil {
			t.Fatal(err)
		}
		r := openReader(t, b)
		spans, err := r.Spans(topic)
		if err != nil || len(spans) != 3 || spans[0].End+spans[1].End+spans[2].End != 300 || spans[0].Oldest != 0 {
			t.Fatalf("it has %v, %v", spans, err)
		}
		if err := publisher.Publish(topic, batch[0]); err != nil {
			t.Fatal(err)
		}
		spans[0] = kafka.Span{Oldest: 5, End: spans[0].End}
		spans[1] = kafka.Span{Oldest: spans[1].End, End: spans[1].End}
		got := readAll(t, r, topic, spans)
		for p, offsets := range got {
			want := spans[p].End - spans[p].Oldest
			if int64(len(offsets)) != want || !slices.IsSorted(offsets) || want > 0 && (offsets[0] != spans[p].Oldest || offsets[want-1] != spans[p].End-1) {
				t.Errorf("partition %d, %+v: %v", p, spans[p], offsets)
			}
		}
		if len(got) != 2 {
			t.Errorf("%d partitions", len(got))
		}
	})
}

func TestReadEndsWithAnError(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		topic := newTopic(t, b, 1)
		publisher := kafka.NewPublisher(b)
		defer func() { _ = publisher.Close() }()
		if err := publisher.Publish(topic, message.NewMessage("a", nil)); err != nil {
			t.Fatal(err)
		}
		broken := errors.New("broken")
		r := openReader(t, b)
		up := func(end int64) map[int32]kafka.Span { return map[int32]kafka.Span{0: {End: end}} }
		if err := r.ReadAll(t.Context(), topic, up(1), 10, func(context.Context, []kafka.Record) error { return broken }); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if err := r.ReadAll(ctx, topic, up(2), 1, func(context.Context, []kafka.Record) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if spans, err := r.Spans(topic + "-not"); len(spans) > 0 || err != nil {
			t.Errorf("a topic that is not there has %v, %v", spans, err)
		}
	})
}

func openReader(t *testing.T, b kafka.Broker) *kafka.Reader {
	t.Helper()
	r, err := kafka.OpenReader(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// readAll returns the offsets that were read, by partition.
func readAll(t *testing.T, r *kafka.Reader, topic string, spans map[int32]kafka.Span) map[int32][]int64 {
	t.Helper()
	var mu sync.Mutex
	got := map[int32][]int64{}
	err := r.ReadAll(t.Context(), topic, spans, 40, func(_ context.Context, batch []kafka.Record) error {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range batch {
			got[r.Partition()] = append(got[r.Partition()], r.Offset())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

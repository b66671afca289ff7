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
		first, next, err := kafka.Extent(t.Context(), b, topic)
		if err != nil || len(first) != 3 || len(next) != 3 || next[0]+next[1]+next[2] != 300 || first[0] != 0 {
			t.Fatalf("from %v up to %v, %v", first, next, err)
		}
		if err := publisher.Publish(topic, batch[0]); err != nil {
			t.Fatal(err)
		}
		from := map[int32]int64{0: 5, 1: next[1], 2: 0}
		got := readAll(t, b, topic, from, next)
		for p, offsets := range got {
			want := next[p] - from[p]
			if int64(len(offsets)) != want || !slices.IsSorted(offsets) || want > 0 && (offsets[0] != from[p] || offsets[want-1] != next[p]-1) {
				t.Errorf("partition %d from %d up to %d: %v", p, from[p], next[p], offsets)
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
		if err := kafka.Read(t.Context(), b, topic, nil, map[int32]int64{0: 1}, 10, func(context.Context, []kafka.Record) error { return broken }); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if err := kafka.Read(ctx, b, topic, nil, map[int32]int64{0: 2}, 1, func(context.Context, []kafka.Record) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, _, err := kafka.Extent(t.Context(), b, topic+"-not"); err == nil {
			t.Error("a topic that is not there has an extent")
		}
	})
}

// readAll returns the offsets that were read, by partition.
func readAll(t *testing.T, b kafka.Broker, topic string, from, to map[int32]int64) map[int32][]int64 {
	t.Helper()
	var mu sync.Mutex
	got := map[int32][]int64{}
	err := kafka.Read(t.Context(), b, topic, from, to, 40, func(_ context.Context, batch []kafka.Record) error {
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

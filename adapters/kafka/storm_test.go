package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/kafka"
)

func TestABrokerThatHangsIsGivenUpAndTakenBack(t *testing.T) {
	for name, v := range victims(t) {
		t.Run(name, func(t *testing.T) {
			v.run(t)
			topic := newTopic(t, v.Broker, 2)
			b := v.Broker
			b.Timeout = 500 * time.Millisecond
			publisher := kafka.NewPublisher(b)
			defer func() { _ = publisher.Close() }()
			got := &taken{}
			consume(t, v.Broker, kafka.Group{Name: "g-" + topic, Topics: []string{topic}}, got.take)
			until(t, "it publishes", func() bool { return publisher.Publish(topic, keyed("k", "1")) == nil })
			until(t, "the first arrives", func() bool { return got.count() == 1 })
			must(t, v.stop())
			for range 3 {
				if err := publisher.Publish(topic, keyed("k", "2"), keyed("k", "3")); !errors.Is(err, kafka.ErrAway) {
					t.Fatalf("from a broker that hangs: %v", err)
				}
			}
			must(t, v.resume())
			until(t, "it publishes again", func() bool { return publisher.Publish(topic, keyed("k", "2"), keyed("k", "3")) == nil })
			until(t, "three messages arrive", func() bool { return got.count() == 3 })
			if order := got.byKey["k"]; !slices.Equal(order, []string{"1", "2", "3"}) {
				t.Errorf("order is %v", order)
			}
		})
	}
}

// crowd is the members of a group, which come and go.
type crowd struct {
	broker  kafka.Broker
	group   kafka.Group
	handle  kafka.Handle
	members []func()
}

// grow makes the crowd as large as n says, and waits for those who go.
func (c *crowd) grow(t *testing.T, n int) {
	for len(c.members) < n {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- kafka.ConsumeRecords(ctx, c.broker, c.group, c.handle) }()
		c.members = append(c.members, func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	for len(c.members) > n { // the oldest goes first: it is the one that has something to hand over
		c.members[0]()
		c.members = c.members[1:]
	}
}

// TestAStormOfRebalances has members come and go while messages arrive: none is
// lost, and each key keeps its order. What comes again is for the handler to know.
func TestAStormOfRebalances(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		topic := newTopic(t, b, 6)
		publisher := kafka.NewPublisher(b)
		defer func() { _ = publisher.Close() }()
		got, deliveries := &taken{}, atomic.Int64{}
		c := &crowd{broker: b, group: kafka.Group{Name: "g-" + topic, Topics: []string{topic}, MaxBatch: 50}, handle: func(ctx context.Context, batch []kafka.Record) error {
			deliveries.Add(int64(len(batch)))
			return got.take(ctx, batch)
		}}
		defer c.grow(t, 0)
		var acked atomic.Int64
		var senders sync.WaitGroup
		for k := range faultKeys {
			senders.Go(func() { load(t, publisher, topic, fmt.Sprint("key-", k), &acked) })
		}
		for step, size := range []int{1, 3, 1, 5, 2, 4, 1} {
			c.grow(t, size)
			want := faultKeys * faultBatches * faultBatch * (step + 1) / 7
			until(t, fmt.Sprintf("%d messages arrive at %d members", want, size), func() bool { return got.count() >= want })
		}
		senders.Wait()
		until(t, "all arrive", func() bool { return got.count() == int(acked.Load()) })
		for key, payloads := range got.byKey {
			if len(payloads) != faultBatches*faultBatch || !slices.IsSorted(payloads) {
				t.Errorf("%s: %d messages, sorted: %v", key, len(payloads), slices.IsSorted(payloads))
			}
		}
		fmt.Printf("fault rebalance storm: messages %d, delivered %d times\n", acked.Load(), deliveries.Load())
	})
}

package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/scanledger/scanledger/adapters/kafka"
)

// taken collects payloads by key, each where it came first.
type taken struct {
	mu    sync.Mutex
	byKey map[string][]string
	seen  map[string]bool
}

func (k *taken) take(_ context.Context, batch []kafka.Record) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen == nil {
		k.byKey, k.seen = map[string][]string{}, map[string]bool{}
	}
	for _, r := range batch {
		if id := r.Key() + "/" + string(r.Value()); !k.seen[id] {
			k.seen[id] = true
			k.byKey[r.Key()] = append(k.byKey[r.Key()], string(r.Value()))
		}
	}
	return nil
}

func (k *taken) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.seen)
}

func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for late := time.Now().Add(90 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("never: %s", what)
		}
	}
}

// consume runs a consumer until the test ends.
func consume(t *testing.T, b kafka.Broker, g kafka.Group, handle kafka.Handle) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- kafka.ConsumeRecords(ctx, b, g, handle) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

const (
	faultKeys    = 8
	faultBatches = 100
	faultBatch   = 20
)

func TestABrokerKilledUnderLoadLosesNothingAndKeepsTheOrder(t *testing.T) {
	for name, v := range victims(t) {
		t.Run(name, func(t *testing.T) {
			v.run(t)
			topic := newTopic(t, v.Broker, 4)
			got := &taken{}
			consume(t, v.Broker, kafka.Group{Name: "g-" + topic, Topics: []string{topic}}, got.take)
			publisher := kafka.NewPublisher(v.Broker)
			defer func() { _ = publisher.Close() }()

			var acked atomic.Int64
			var senders sync.WaitGroup
			for k := range faultKeys {
				senders.Go(func() { load(t, publisher, topic, fmt.Sprint("key-", k), &acked) })
			}
			for _, share := range []int64{4, 2} { // a quarter, then half of all
				until(t, "enough is acknowledged", func() bool { return acked.Load() > faultKeys*faultBatches*faultBatch/share })
				v.kill()
				v.run(t)
			}
			senders.Wait()
			until(t, fmt.Sprintf("all of %d acknowledged messages arrive", acked.Load()), func() bool { return got.count() == int(acked.Load()) })
			for key, payloads := range got.byKey {
				if len(payloads) != faultBatches*faultBatch || !slices.IsSorted(payloads) {
					t.Errorf("%s: %d messages, sorted: %v", key, len(payloads), slices.IsSorted(payloads))
				}
			}
		})
	}
}

// load publishes one key's series.
func load(t *testing.T, p *kafka.Publisher, topic, key string, acked *atomic.Int64) {
	for n := range faultBatches {
		batch := make([]*message.Message, faultBatch)
		for i := range batch {
			batch[i] = keyed(key, fmt.Sprintf("%06d", n*faultBatch+i))
		}
		if err := p.Publish(topic, batch...); err != nil {
			t.Errorf("publish: %v", err)
			return
		}
		acked.Add(faultBatch)
	}
}

func TestAPublisherOutlivesALongOutage(t *testing.T) {
	for name, v := range victims(t) {
		t.Run(name, func(t *testing.T) {
			v.run(t)
			topic := newTopic(t, v.Broker, 2)
			b := v.Broker
			b.Timeout = 500 * time.Millisecond
			publisher := kafka.NewPublisher(b)
			defer func() { _ = publisher.Close() }()
			must(t, publisher.Publish(topic, keyed("k", "1")))
			v.kill()
			for range 3 {
				if err := publisher.Publish(topic, keyed("k", "2"), keyed("k", "3")); !errors.Is(err, kafka.ErrAway) {
					t.Fatalf("without a broker: %v", err)
				}
			}
			v.run(t)
			until(t, "it publishes again", func() bool { return publisher.Publish(topic, keyed("k", "2"), keyed("k", "3")) == nil })
			got := &taken{}
			consume(t, v.Broker, kafka.Group{Name: "g-" + topic, Topics: []string{topic}}, got.take)
			until(t, "three messages arrive", func() bool { return got.count() == 3 })
			if order := got.byKey["k"]; !slices.Equal(order, []string{"1", "2", "3"}) {
				t.Errorf("order is %v", order)
			}
		})
	}
}

func TestAConsumerWaitsForTheBrokerWithoutFloodingTheLog(t *testing.T) {
	for name, v := range victims(t) {
		t.Run(name, func(t *testing.T) {
			lines := &logLines{}
			b := v.Broker
			b.Log = slog.New(slog.NewTextHandler(lines, nil))
			got, topic := &taken{}, "late"
			consume(t, b, kafka.Group{Name: "early", Topics: []string{topic}}, got.take)
			until(t, "trouble is logged", func() bool { return lines.count("kafka is away") == 1 })
			v.run(t) // the topic is missing still
			must(t, provide(t.Context(), v.Broker, topic, 2))
			publisher := kafka.NewPublisher(v.Broker)
			defer func() { _ = publisher.Close() }()
			must(t, publisher.Publish(topic, keyed("k", "1")))
			until(t, "it arrives", func() bool { return got.count() == 1 })
			if n := lines.count(""); n > 4 {
				t.Errorf("%d lines:\n%s", n, lines)
			}
		})
	}
}

// logLines keeps what is logged.
type logLines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// count is how many lines have a text.
func (l *logLines) count(text string) int {
	n := 0
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestARebalanceEndsTheHandlersContext(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		topic := newTopic(t, b, 2)
		publisher := kafka.NewPublisher(b)
		defer func() { _ = publisher.Close() }()
		must(t, publisher.Publish(topic, keyed("k", "1")))
		group := kafka.Group{Name: "g-" + topic, Topics: []string{topic}}
		holding, ended := make(chan struct{}, 9), make(chan struct{}, 9)
		consume(t, b, group, func(ctx context.Context, _ []kafka.Record) error {
			holding <- struct{}{}
			<-ctx.Done()
			ended <- struct{}{}
			return nil // too late to count
		})
		<-holding
		got := &taken{}
		consume(t, b, group, got.take)
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Fatal("the first member's context did not end when a second joined")
		}
	})
}

func TestAHangingHandlerIsLogged(t *testing.T) {
	b, lines := fake(t), &logLines{}
	b.Log = slog.New(slog.NewTextHandler(lines, nil))
	topic := newTopic(t, b, 1)
	publisher := kafka.NewPublisher(b)
	defer func() { _ = publisher.Close() }()
	must(t, publisher.Publish(topic, keyed("k", "1")))
	release := make(chan struct{})
	got := &taken{}
	consume(t, b, kafka.Group{Name: "g", Topics: []string{topic}, Warn: time.Millisecond}, func(ctx context.Context, batch []kafka.Record) error {
		<-release
		return got.take(ctx, batch)
	})
	until(t, "it is logged", func() bool { return lines.count("handler hangs") == 1 })
	close(release)
	until(t, "it goes on", func() bool { return got.count() == 1 })
}

// A record that nothing can be made of must not hold up its partition.
func TestAnyRecordIsHandedOver(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		topic := newTopic(t, b, 1)
		config := peerConfig()
		producer, err := sarama.NewSyncProducer(b.Addrs, config)
		must(t, err)
		defer func() { _ = producer.Close() }()
		for _, m := range []*sarama.ProducerMessage{
			{},
			{Value: sarama.ByteEncoder("\xff\x00"), Key: sarama.ByteEncoder("\xff")},
			{Headers: []sarama.RecordHeader{{Key: []byte{}, Value: []byte{}}, {Key: []byte("_offset"), Value: []byte("7")}}},
			{Headers: []sarama.RecordHeader{{Key: []byte("ce_id"), Value: []byte("1")}, {Key: []byte("ce_id"), Value: []byte("2")}}},
		} {
			m.Topic = topic
			_, _, err := producer.SendMessage(m)
			must(t, err)
		}
		seen := make(chan *message.Message, 4)
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		must(t, kafka.Consume(ctx, b, kafka.Group{Name: "g-" + topic, Topics: []string{topic}}, func(_ context.Context, batch []*message.Message) error {
			for _, m := range batch {
				seen <- m
				if n++; n == 4 {
					cancel()
				}
			}
			return nil
		}))
		for i := range 4 {
			m := <-seen
			if m.Metadata[kafka.OffsetMeta] != fmt.Sprint(i) {
				t.Errorf("offset is %q, want %d", m.Metadata[kafka.OffsetMeta], i)
			}
			if i == 3 && m.UUID != "2" {
				t.Errorf("of two headers of a name the first is taken")
			}
		}
	})
}

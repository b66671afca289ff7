package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/scanledger/scanledger/adapters/kafka"
)

func keyed(key, payload string) *message.Message {
	m := message.NewMessage(watermill.NewUUID(), []byte(payload))
	m.Metadata[kafka.PartitionKeyMeta] = key
	return m
}

// first returns the oldest record of a topic.
func first(t *testing.T, b kafka.Broker, topic string) kafka.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var got kafka.Record
	var once sync.Once
	group := kafka.Group{Name: fmt.Sprintf("first-%s-%d", topic, time.Now().UnixNano()), Topics: []string{topic}}
	err := kafka.ConsumeRecords(ctx, b, group, func(_ context.Context, batch []kafka.Record) error {
		once.Do(func() { got = batch[0]; cancel() })
		return nil
	})
	if err != nil || got == (kafka.Record{}) {
		t.Fatalf("nothing in %s: %v", topic, err)
	}
	return got
}

func TestPublishFailsInTimeWhenNobodyIsThere(t *testing.T) {
	refusing, silent := listener(t), listener(t)
	refusing.Close()
	for name, addr := range map[string]net.Addr{"refused": refusing.Addr(), "silent": silent.Addr()} {
		t.Run(name, func(t *testing.T) {
			p := kafka.NewPublisher(kafka.Broker{Addrs: []string{addr.String()}, Timeout: 300 * time.Millisecond})
			err := p.Publish("any", keyed("k", "a"), keyed("k", "b"))
			var unsent *kafka.SendError
			if !errors.Is(err, kafka.ErrAway) || !errors.As(err, &unsent) || !slices.Equal(unsent.Failed, []int{0, 1}) {
				t.Errorf("error is %v", err)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if err := p.Publish("any", keyed("k", "c")); !errors.Is(err, kafka.ErrClosed) {
				t.Errorf("a closed publisher answers %v", err)
			}
		})
	}
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestPublishEndsWithItsContext(t *testing.T) {
	silent := listener(t)
	p := kafka.NewPublisher(kafka.Broker{Addrs: []string{silent.Addr().String()}, Timeout: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if conn, err := silent.Accept(); err == nil {
			cancel()
			defer conn.Close()
			_, _ = conn.Read(make([]byte, 1<<10))
		}
	}()
	if err := p.Send(ctx, "any", keyed("k", "a")); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	_ = p.Close()
}

func TestPublishNamesWhatCannotBe(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		topic := newTopic(t, b, 1)
		p := kafka.NewPublisher(b)
		defer func() { _ = p.Close() }()
		err := p.Publish(topic, keyed("k", "small"), keyed("k", string(make([]byte, kafka.MaxMessageBytes))))
		if !errors.Is(err, kafka.ErrTooLarge) {
			t.Errorf("too large: %v", err)
		}
		if err := p.Publish("no-such-topic", keyed("k", "a")); !errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
			t.Errorf("no topic: %v", err)
		}
		if err := p.Publish(topic); err != nil {
			t.Errorf("nothing: %v", err)
		}
		if err := p.Publish(topic, keyed("k", string(make([]byte, kafka.MaxMessageBytes-200)))); err != nil {
			t.Errorf("the largest: %v", err)
		}
	})
}

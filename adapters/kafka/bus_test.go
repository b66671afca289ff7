package kafka_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/kafka"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(brokerDir); dir != "" {
		serveFake(dir)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

func TestBus(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		conformance.Bus(t, func(t *testing.T) conformance.Broker { return bus(t, b) })
	})
}

func bus(t *testing.T, b kafka.Broker) conformance.Broker {
	publisher := kafka.NewPublisher(b)
	t.Cleanup(func() { _ = publisher.Close() })
	return conformance.Broker{
		Publisher: publisher,
		Consume: func(ctx context.Context, group, topic string, handle func(context.Context, []*message.Message) error) error {
			return kafka.Consume(ctx, b, kafka.Group{Name: group, Topics: []string{topic}, Backoff: time.Millisecond}, handle)
		},
		NewTopic: func(t *testing.T) string { return newTopic(t, b, 3) },
	}
}

func TestWatermillsSuite(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		features := tests.Features{
			ConsumerGroups:                      true,
			GuaranteedOrder:                     true,
			GuaranteedOrderWithSingleSubscriber: true,
			Persistent:                          true,
		}
		topics := &topicMaker{broker: b, made: map[string]bool{}}
		inGroup := func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
			publisher := kafka.NewPublisher(b)
			subscriber := kafka.NewSubscriber(b, kafka.Group{Name: group, Backoff: time.Millisecond})
			t.Cleanup(func() { _, _ = publisher.Close(), subscriber.Close() }) // the suite forgets some
			return makingPublisher{publisher, topics}, makingSubscriber{subscriber, topics}
		}
		tests.TestPubSub(t, features, func(t *testing.T) (message.Publisher, message.Subscriber) {
			return inGroup(t, t.Name())
		}, inGroup)
		t.Run("NewSubscriberReceivesOldMessages", func(t *testing.T) {
			old := tests.TestContext{TestID: tests.NewTestID(), Features: features}
			old.Features.NewSubscriberReceivesOldMessages = true
			tests.TestNewSubscriberReceivesOldMessages(t, old, func(t *testing.T) (message.Publisher, message.Subscriber) {
				return inGroup(t, string(tests.NewTestID()))
			})
		})
	})
}

// topicMaker makes the topics that watermill's suite names, with one partition:
// the suite's messages have no key.
type topicMaker struct {
	broker kafka.Broker
	mu     sync.Mutex
	made   map[string]bool
}

func (m *topicMaker) need(ctx context.Context, topic string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made[topic] {
		return nil
	}
	m.made[topic] = true
	return provide(ctx, m.broker, topic, 1)
}

type makingPublisher struct {
	*kafka.Publisher
	topics *topicMaker
}

func (m makingPublisher) Publish(topic string, msgs ...*message.Message) error {
	if err := m.topics.need(context.Background(), topic); err != nil {
		return err
	}
	return m.Publisher.Publish(topic, msgs...)
}

type makingSubscriber struct {
	*kafka.Subscriber
	topics *topicMaker
}

func (m makingSubscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	if err := m.topics.need(ctx, topic); err != nil {
		return nil, err
	}
	return m.Subscriber.Subscribe(ctx, topic)
}

package kafka

import (
	"context"
	"errors"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

var _ message.Subscriber = (*Subscriber)(nil)

// Subscriber hands over single messages that wait for their Ack, for
// watermill's router: one unacknowledged message per partition. A message that
// is not acknowledged comes again after the Group's Backoff. For anything that
// comes in numbers, Consume is several times as fast.
type Subscriber struct {
	broker Broker
	group  Group
	ended  context.Context
	end    context.CancelFunc

	mu      sync.Mutex // between Subscribe and Close
	running sync.WaitGroup
}

// NewSubscriber subscribes as a member of the group, whose Topics and MaxBatch
// are not looked at.
func NewSubscriber(b Broker, g Group) *Subscriber {
	s := &Subscriber{broker: b, group: g}
	s.ended, s.end = context.WithCancel(context.Background())
	return s
}

// Subscribe returns the messages of a topic. The channel is closed when ctx
// ends or after Close. A message's context ends with its Ack, or when its
// partition goes to another member.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Err() != nil {
		return nil, ErrClosed
	}
	g := s.group
	g.Topics, g.MaxBatch, g.MaxWait = []string{topic}, 1, -1
	if err := g.valid(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ended, cancel)
	out := make(chan *message.Message)
	s.running.Go(func() {
		defer close(out)
		defer cancel()
		defer stop()
		if err := Consume(ctx, s.broker, g, single(out)); err != nil {
			s.broker.log().Error("subscription ended", "topic", topic, "error", err)
		}
	})
	return out, nil
}

// single is a Handle that waits for the Ack of one message after another.
func single(out chan<- *message.Message) Handle {
	return func(ctx context.Context, batch []*message.Message) error {
		for _, m := range batch {
			if err := pass(ctx, out, m); err != nil {
				return err
			}
		}
		return nil
	}
}

var errNacked = errors.New("message was refused")

func pass(ctx context.Context, out chan<- *message.Message, m *message.Message) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	offered := m.Copy()
	offered.SetContext(ctx)
	select {
	case out <- offered:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-offered.Acked():
		return nil
	case <-offered.Nacked():
		return errNacked
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends all subscriptions and waits for them.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	s.running.Wait()
	return nil
}

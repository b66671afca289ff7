package kafka

import (
	"context"
	"sync"
	"time"

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
		if err := ConsumeRecords(ctx, s.broker, g, single(out, g.backoff())); err != nil {
			s.broker.log().Error("subscription ended", "topic", topic, "error", err)
		}
	})
	return out, nil
}

// single is a Handle that offers one message after another, each until it is
// acknowledged.
func single(out chan<- *message.Message, backoff time.Duration) Handle {
	return func(ctx context.Context, batch []Record) error {
		for _, r := range batch {
			for acked := false; !acked; {
				var err error
				if acked, err = offer(ctx, out, r.Message().Copy()); err != nil {
					return err
				}
				if !acked {
					wait(ctx, backoff)
				}
			}
		}
		return nil
	}
}

// offer hands one message out and says whether it was acknowledged.
func offer(ctx context.Context, out chan<- *message.Message, m *message.Message) (acked bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m.SetContext(ctx)
	select {
	case out <- m:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case <-m.Acked():
		return true, nil
	case <-m.Nacked():
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
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

package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/semaphore"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

var _ message.Publisher = (*Publisher)(nil)

// ErrAway is why a publication failed when no broker acknowledged it within
// the Broker's Timeout. Whether it was written all the same is not known.
var ErrAway = errors.New("kafka did not acknowledge in time")

// ErrTooLarge refuses a message beyond MaxMessageBytes before any of its batch
// is sent.
var ErrTooLarge = errors.New("message is larger than kafka takes")

// ErrClosed is what a closed Publisher or Subscriber answers.
var ErrClosed = errors.New("kafka: closed")

// SendError says which messages of a batch were not acknowledged.
type SendError struct {
	Failed []int // their indexes, ascending
	Err    error // why, each reason once
}

// Error implements error.
func (e *SendError) Error() string {
	return fmt.Sprintf("kafka: %d messages not acknowledged: %v", len(e.Failed), e.Err)
}

// Unwrap implements error.
func (e *SendError) Unwrap() error { return e.Err }

// maxInFlight is how many messages wait for acknowledgement at one time; more
// make Send wait.
const maxInFlight = 1 << 16

// Publisher sends batches, each acknowledged by the broker as a whole. Messages
// of one key are stored in the order in which they were sent. When a broker has
// been away for the Broker's Timeout, everything that is on its way fails and
// the next call begins on a new connection, so that nothing is sent behind the
// caller's back; a caller keeps the order by sending again from the first
// message that failed. Safe for concurrent use.
type Publisher struct {
	broker Broker
	room   *semaphore.Weighted
	state  chan *connection // holds the present connection, or nil; taken while it changes
	ended  context.Context
	end    context.CancelFunc
}

// NewPublisher dials nothing: the first publication does.
func NewPublisher(b Broker) *Publisher {
	p := &Publisher{broker: b, room: semaphore.NewWeighted(maxInFlight), state: make(chan *connection, 1)}
	p.ended, p.end = context.WithCancel(context.Background())
	p.state <- nil
	return p
}

// Publish is Send without a context: it is bounded by the Broker's Timeout.
func (p *Publisher) Publish(topic string, msgs ...*message.Message) error {
	return p.Send(context.Background(), topic, msgs...)
}

// Send returns nil when the brokers have acknowledged every message, and else
// a *SendError, or ErrClosed. When ctx ends, it returns at once, and what it
// had handed over may still be stored.
func (p *Publisher) Send(ctx context.Context, topic string, msgs ...*message.Message) error {
	if len(msgs) == 0 {
		return nil
	}
	if p.ended.Err() != nil {
		return ErrClosed
	}
	b := newBatch(topic, msgs)
	if err := b.tooLarge(); err != nil {
		return b.failed(err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.broker.timeout(), ErrAway)
	defer cancel()

	weight := int64(min(len(msgs), maxInFlight))
	if err := p.room.Acquire(ctx, weight); err != nil {
		return b.failed(context.Cause(ctx))
	}
	b.onDone = func() { p.room.Release(weight) }
	conn, err := p.connect(ctx)
	if err == nil {
		err = conn.missing(topic)
	}
	if err != nil {
		b.settle(0, len(msgs), err)
		return b.failed(err)
	}
	conn.enqueue(ctx, b)
	failpoint.Here(failpoint.KafkaSent)
	select {
	case <-b.done:
	case <-ctx.Done():
		if errors.Is(context.Cause(ctx), ErrAway) {
			p.drop(conn)
		}
	}
	return b.failed(context.Cause(ctx))
}

// connect returns the present connection, or makes one, trying until ctx ends.
func (p *Publisher) connect(ctx context.Context) (*connection, error) {
	var conn *connection
	select {
	case conn = <-p.state:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { p.state <- conn }()
	for conn == nil {
		if p.ended.Err() != nil {
			return nil, ErrClosed
		}
		var err error
		if conn, err = open(ctx, p.broker); err == nil {
			return conn, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-p.ended.Done():
			return nil, ErrClosed
		case <-time.After(retryEvery):
		}
	}
	return conn, nil
}

// drop ends a connection that no longer answers, unless that has been done.
func (p *Publisher) drop(broken *connection) {
	conn := <-p.state
	if conn != broken {
		p.state <- conn
		<-broken.gone
		return
	}
	conn.abort()
	p.state <- nil
	p.broker.log().Warn("kafka is away: connection given up", "brokers", p.broker.Addrs)
}

// Close waits for what is on its way, at most for the Broker's Timeout, and
// fails what is left. Later calls answer ErrClosed.
func (p *Publisher) Close() error {
	p.end()
	conn := <-p.state
	if conn != nil {
		conn.close(p.broker.timeout())
	}
	p.state <- nil
	return nil
}

// tooLarge refuses what the broker would refuse, before anything is sent.
func (b *batch) tooLarge() error {
	for i := range b.items {
		if size := b.items[i].ByteSize(2); size > MaxMessageBytes {
			return fmt.Errorf("%w: message %d has %d bytes, %d are taken", ErrTooLarge, i, size, MaxMessageBytes)
		}
	}
	return nil
}

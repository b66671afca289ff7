package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"
)

// item is one message of a batch on its way through sarama.
type item struct {
	sarama.ProducerMessage
	batch *batch
	index int
}

// batch is what one Send waits for.
type batch struct {
	items  []item
	onDone func()
	done   chan struct{}

	mu      sync.Mutex
	settled []bool
	errs    map[int]error
	left    int
}

func newBatch(topic string, msgs []*message.Message) *batch {
	b := &batch{items: make([]item, len(msgs)), done: make(chan struct{}), settled: make([]bool, len(msgs)), left: len(msgs)}
	headers := make([]sarama.RecordHeader, 0, mostHeaders(msgs))
	for i, m := range msgs {
		it := &b.items[i]
		it.batch, it.index = b, i
		it.Metadata = it
		headers = fill(&it.ProducerMessage, topic, m, headers)
	}
	return b
}

// settle enters the outcome of the messages from first to before end.
func (b *batch) settle(first, end int, err error) {
	b.mu.Lock()
	for i := first; i < end; i++ {
		b.settled[i] = true
		b.left--
		if err != nil {
			if b.errs == nil {
				b.errs = make(map[int]error)
			}
			b.errs[i] = err
		}
	}
	over := b.left == 0
	b.mu.Unlock()
	if over {
		b.onDone()
		close(b.done)
	}
}

// failed returns what went wrong so far, and why for what has no outcome yet;
// nil when all is acknowledged.
func (b *batch) failed(unsettled error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left == 0 && len(b.errs) == 0 {
		return nil
	}
	e := &SendError{}
	reasons, seen := []error{}, map[string]bool{}
	for i, settled := range b.settled {
		err := b.errs[i]
		if !settled {
			err = unsettled
		}
		if err == nil {
			continue
		}
		e.Failed = append(e.Failed, i)
		if !seen[err.Error()] {
			seen[err.Error()] = true
			reasons = append(reasons, err)
		}
	}
	e.Err = errors.Join(reasons...)
	return e
}

// connection is one producer with its own id among the brokers.
type connection struct {
	client   sarama.Client
	producer sarama.AsyncProducer
	sending  sync.RWMutex  // held for reading while messages go into the producer
	dying    chan struct{} // closed first: nothing more goes in
	gone     chan struct{} // closed last: every message has its outcome
	aborted  atomic.Bool   // nothing is waited for any more
	net      *dialer
	topics   sync.Map // names of topics that are known to exist
}

// open connects, and gives up when ctx ends.
func open(ctx context.Context, b Broker) (*connection, error) {
	config, err := b.config()
	if err != nil {
		return nil, err
	}
	c := &connection{dying: make(chan struct{}), gone: make(chan struct{})}
	c.net = through(config)
	stop := context.AfterFunc(ctx, c.net.cut)
	defer stop()
	pause := func(int, int) time.Duration {
		if c.aborted.Load() {
			return 0
		}
		return retryEvery
	}
	config.Producer.Retry.BackoffFunc = pause
	config.Metadata.Retry.BackoffFunc = pause
	config.Metadata.Retry.Max = config.Producer.Retry.Max
	if c.client, err = sarama.NewClient(b.Addrs, config); err != nil {
		return nil, err
	}
	if c.producer, err = sarama.NewAsyncProducerFromClient(c.client); err != nil {
		return nil, errors.Join(err, c.client.Close())
	}
	go c.settle()
	return c, nil
}

// missing says that the brokers do not have a topic. sarama would go on asking
// for it as it does when they are away.
func (c *connection) missing(topic string) error {
	if _, known := c.topics.Load(topic); known {
		return nil
	}
	broker := c.client.LeastLoadedBroker()
	if broker == nil {
		return nil
	}
	answer, err := broker.GetMetadata(sarama.NewMetadataRequest(c.client.Config().Version, []string{topic}))
	if err != nil || len(answer.Topics) == 0 {
		return nil // the producer finds out what is wrong
	}
	if err := answer.Topics[0].Err; errors.Is(err, sarama.ErrUnknownTopicOrPartition) || errors.Is(err, sarama.ErrInvalidTopic) {
		return fmt.Errorf("topic %q: %w", topic, err)
	}
	c.topics.Store(topic, true)
	return nil
}

// settle hands outcomes to their batches until the producer has ended.
func (c *connection) settle() {
	defer close(c.gone)
	var errs sync.WaitGroup
	errs.Go(func() {
		for e := range c.producer.Errors() {
			it, err := e.Msg.Metadata.(*item), e.Err
			if c.aborted.Load() {
				err = fmt.Errorf("%w: %w", ErrAway, err)
			}
			it.batch.settle(it.index, it.index+1, err)
		}
	})
	for m := range c.producer.Successes() {
		it := m.Metadata.(*item)
		it.batch.settle(it.index, it.index+1, nil)
	}
	errs.Wait()
}

// enqueue hands a batch to the producer. What it cannot hand over before ctx
// or the connection ends has failed.
func (c *connection) enqueue(ctx context.Context, b *batch) {
	c.sending.RLock()
	defer c.sending.RUnlock()
	for i := range b.items {
		select {
		case <-c.dying:
			b.settle(i, len(b.items), ErrAway)
			return
		default:
		}
		select {
		case c.producer.Input() <- &b.items[i].ProducerMessage:
		case <-ctx.Done():
			b.settle(i, len(b.items), context.Cause(ctx))
			return
		case <-c.dying:
			b.settle(i, len(b.items), ErrAway)
			return
		}
	}
}

// close lets the producer end with what it has, and aborts it after timeout.
func (c *connection) close(timeout time.Duration) {
	close(c.dying)
	c.sending.Lock()
	defer c.sending.Unlock()
	c.producer.AsyncClose()
	select {
	case <-c.gone:
	case <-time.After(timeout):
	}
	c.cut()
}

// abort ends the connection at once. Every message on its way gets an outcome.
func (c *connection) abort() {
	close(c.dying)
	c.sending.Lock()
	defer c.sending.Unlock()
	c.producer.AsyncClose()
	c.cut()
}

// cut closes the client below the producer: whatever waits for a broker fails.
func (c *connection) cut() {
	c.aborted.Store(true)
	c.net.cut()
	_ = c.client.Close()
	<-c.gone
}

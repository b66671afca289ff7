package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

// Group is a consumer group and how its batches are cut. Only Name and Topics
// are needed.
type Group struct {
	Name     string
	Topics   []string
	Instance string        // name of this member that outlives its restarts, so that they move no partitions
	MaxBatch int           // messages in a batch at most; 500 when 0
	MaxWait  time.Duration // how long a batch that is not full waits for more; 20 ms when 0, none below
	Backoff  time.Duration // before the same batch is given again; 100 ms when 0, doubling up to 5 s
	Warn     time.Duration // a handler that takes longer is logged; 8 s when 0
}

// Handle takes a batch: records of one partition, in order, following the
// batch before. An error says that the batch is to be given again, whole, until
// it is taken; so what can never be read is for the handler to put aside. ctx
// ends when the partition goes to another member: the handler should return
// soon, and what it returns then is not looked at. A handler that does not
// return holds up the group's next rebalance, and another member may run the
// same batch.
type Handle func(ctx context.Context, batch []Record) error

// ConsumeRecords joins the group and hands batches to handle, in as many
// goroutines as it is given partitions, until ctx ends. Every record is handed
// over at least once: its offset is committed after handle has taken it. While
// no broker can be reached, at the start or later, it goes on trying. It
// returns nil when ctx ends, and an error only for a configuration that cannot
// work.
func ConsumeRecords(ctx context.Context, b Broker, g Group, handle Handle) error {
	config, err := b.config()
	if err != nil {
		return err
	}
	if err := g.valid(); err != nil {
		return err
	}
	config.Consumer.Group.InstanceId = g.Instance
	config.ChannelBufferSize = max(256, g.maxBatch())
	log := b.log().With("group", g.Name)
	c := &claims{group: g, handle: handle, log: log}
	trouble := &outage{log: log}
	for ctx.Err() == nil {
		trouble.met(member(ctx, b.Addrs, *config, c, trouble))
		wait(ctx, rejoin)
	}
	return nil
}

// Consume is ConsumeRecords with watermill's messages, which need no Ack: each
// is a copy with a map of its own, and takes about as long as reading the
// record does.
func Consume(ctx context.Context, b Broker, g Group, handle func(ctx context.Context, batch []*message.Message) error) error {
	return ConsumeRecords(ctx, b, g, func(ctx context.Context, batch []Record) error {
		messages := make([]*message.Message, len(batch))
		for i, r := range batch {
			messages[i] = r.Message()
		}
		return handle(ctx, messages)
	})
}

func (g Group) valid() error {
	if g.Name == "" || len(g.Topics) == 0 {
		return fmt.Errorf("group %q of topics %q: both are needed", g.Name, g.Topics)
	}
	return nil
}

func (g Group) maxBatch() int { return cmp.Or(max(g.MaxBatch, 0), 500) }

func (g Group) backoff() time.Duration { return cmp.Or(g.Backoff, 100*time.Millisecond) }

// leaveTime is how long a member may take to hand in its last offsets and
// leave the group.
const leaveTime = 3 * time.Second

// rejoin is how long a member waits before it tries to join again.
const rejoin = 500 * time.Millisecond

// member is in the group until ctx ends. It keeps its membership when a broker
// fails: under another id it would have to wait until the group has given up
// its former self.
func member(ctx context.Context, addrs []string, config sarama.Config, c *claims, trouble *outage) error {
	net := through(&config)
	defer net.cut()
	group, err := sarama.NewConsumerGroup(addrs, c.group.Name, &config)
	if err != nil {
		return err
	}
	left, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()
	stop := context.AfterFunc(ctx, func() {
		wait(left, leaveTime)
		net.cut()
	})
	defer stop()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for err := range group.Errors() {
			trouble.met(err)
		}
	}()
	c.joined = trouble.over
	for ctx.Err() == nil && !errors.Is(err, sarama.ErrClosedConsumerGroup) {
		if err = group.Consume(ctx, c.group.Topics, c); err != nil && ctx.Err() == nil {
			trouble.met(err)
			wait(ctx, rejoin)
		}
	}
	_ = group.Close()
	<-drained
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// claims hands over the batches of the partitions that a member was given.
type claims struct {
	group  Group
	handle Handle
	log    *slog.Logger
	joined func()
}

// Setup implements sarama.ConsumerGroupHandler.
func (c *claims) Setup(sarama.ConsumerGroupSession) error {
	c.joined()
	return nil
}

// Cleanup implements sarama.ConsumerGroupHandler.
func (c *claims) Cleanup(sarama.ConsumerGroupSession) error { return nil }

// ConsumeClaim implements sarama.ConsumerGroupHandler: one partition.
func (c *claims) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	cutter := newCutter(claim.Messages(), c.group)
	defer cutter.stop()
	for {
		batch := cutter.next(s.Context())
		if len(batch) == 0 {
			return nil
		}
		failpoint.Here(failpoint.BatchTaken)
		if !c.deliver(s.Context(), batch) {
			return nil
		}
		failpoint.Here(failpoint.BatchDone)
		s.MarkOffset(claim.Topic(), claim.Partition(), batch[len(batch)-1].Offset()+1, "")
		failpoint.Here(failpoint.BatchMarked)
	}
}

// deliver gives one batch until it is taken; false when the session ended first.
func (c *claims) deliver(ctx context.Context, batch []Record) bool {
	backoff := c.group.backoff()
	for try := 1; ctx.Err() == nil; try++ {
		err := c.attempt(ctx, batch)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		if try&(try-1) == 0 {
			c.log.Warn("batch not taken, it is given again", "topic", batch[0].Topic(), "partition", batch[0].Partition(),
				"offset", batch[0].Offset(), "records", len(batch), "try", try, "error", err)
		}
		wait(ctx, backoff)
		backoff = min(2*backoff, max(5*time.Second, backoff))
	}
	return false
}

// errPanic marks a handler's panic, which is taken like an error.
var errPanic = errors.New("handler panicked")

// attempt calls the handler once and says when it hangs.
func (c *claims) attempt(ctx context.Context, batch []Record) (err error) {
	first, began := batch[0], time.Now()
	watch := time.AfterFunc(cmp.Or(c.group.Warn, 8*time.Second), func() {
		c.log.Error("handler hangs", "topic", first.Topic(), "partition", first.Partition(), "offset", first.Offset(),
			"records", len(batch), "since", began, "cancelled", ctx.Err() != nil)
	})
	defer watch.Stop()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	return c.handle(ctx, batch)
}

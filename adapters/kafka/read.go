package kafka

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/IBM/sarama"
	"golang.org/x/sync/errgroup"
)

// Span is what a partition has: the offsets from Oldest to before End.
type Span struct{ Oldest, End int64 }

// Reader reads topics from outside of every group: it takes nothing from
// anybody and commits nothing. Close it.
type Reader struct {
	client sarama.Client
	net    *dialer
	stop   func() bool
}

// OpenReader connects, and cuts everything when ctx ends.
func OpenReader(ctx context.Context, b Broker) (*Reader, error) {
	config, err := b.config()
	if err != nil {
		return nil, err
	}
	config.Consumer.Return.Errors = false
	config.Consumer.MaxWaitTime = 20 * time.Millisecond // there is nothing to wait for: a partition is left at its end
	r := &Reader{net: through(config)}
	r.stop = context.AfterFunc(ctx, r.net.cut)
	if r.client, err = sarama.NewClient(b.Addrs, config); err != nil {
		r.stop()
		r.net.cut()
		return nil, fmt.Errorf("kafka: %w", err)
	}
	return r, nil
}

// Reading opens a reader for as long as do takes.
func Reading(ctx context.Context, b Broker, do func(*Reader) error) error {
	r, err := OpenReader(ctx, b)
	if err != nil {
		return err
	}
	return errors.Join(do(r), r.Close())
}

// Close ends all connections.
func (r *Reader) Close() error {
	r.stop()
	defer r.net.cut()
	return r.client.Close()
}

// Spans are the offsets of a topic at this moment, by partition. A topic that
// does not exist has none.
func (r *Reader) Spans(topic string) (map[int32]Span, error) {
	partitions, err := r.client.Partitions(topic)
	if errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("kafka: %s: %w", topic, err)
	}
	spans := make(map[int32]Span, len(partitions))
	for _, p := range partitions {
		var s Span
		if s.Oldest, err = r.client.GetOffset(topic, p, sarama.OffsetOldest); err == nil {
			s.End, err = r.client.GetOffset(topic, p, sarama.OffsetNewest)
		}
		if err != nil {
			return nil, fmt.Errorf("kafka: %s/%d: %w", topic, p, err)
		}
		spans[p] = s
	}
	return spans, nil
}

// Since are the offsets of a topic from a time on.
func (r *Reader) Since(topic string, at time.Time) (map[int32]Span, error) {
	spans, err := r.Spans(topic)
	for p, s := range spans {
		from, err := r.client.GetOffset(topic, p, at.UnixMilli())
		if err != nil {
			return nil, fmt.Errorf("kafka: %s/%d: %w", topic, p, err)
		}
		if from < 0 { // nothing is as new
			from = s.End
		}
		s.Oldest = max(s.Oldest, from)
		spans[p] = s
	}
	return spans, err
}

// readPatience is how long a partition may give nothing before it is taken
// for read: its last offsets can belong to no record.
const readPatience = 5 * time.Second

// ReadAll hands over what a topic has in spans of its partitions, as Read does
// of one; of several partitions batches come side by side. It ends with the
// first error.
func (r *Reader) ReadAll(ctx context.Context, topic string, spans map[int32]Span, size int, handle Handle) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for p, s := range spans {
		group.Go(func() error {
			return r.Read(ctx, topic, p, s, size, func(batch []Record) error { return handle(ctx, batch) })
		})
	}
	return group.Wait()
}

// Read hands over what a partition has in a span, in order, in batches of at
// most the size. A partition that no longer has the span's beginning is an error.
func (r *Reader) Read(ctx context.Context, topic string, partition int32, s Span, size int, see func([]Record) error) error {
	if s.Oldest >= s.End {
		return nil
	}
	consumer, err := sarama.NewConsumerFromClient(r.client)
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	defer func() { _ = consumer.Close() }()
	claim, err := consumer.ConsumePartition(topic, partition, s.Oldest)
	if err != nil {
		return fmt.Errorf("kafka: %s/%d: %w", topic, partition, err)
	}
	defer func() { _ = claim.Close() }()
	quiet := time.NewTimer(readPatience)
	defer quiet.Stop()
	batch := make([]Record, 0, size)
	for next := s.Oldest; next < s.End; {
		select {
		case m, open := <-claim.Messages():
			if !open {
				return fmt.Errorf("kafka: %s/%d ended at offset %d", topic, partition, next)
			}
			next = m.Offset + 1
			if m.Offset < s.End {
				batch = append(batch, Record{m})
			}
			quiet.Reset(readPatience)
		case <-quiet.C:
			if claim.HighWaterMarkOffset() < s.End {
				return fmt.Errorf("kafka: %s/%d gives nothing from offset %d on", topic, partition, next)
			}
			next = s.End
		case <-ctx.Done():
			return ctx.Err()
		}
		if len(batch) == size || next >= s.End && len(batch) > 0 {
			if err := see(slices.Clone(batch)); err != nil {
				return err
			}
			batch = batch[:0]
			quiet.Reset(readPatience)
		}
	}
	return nil
}

// PartitionOf is where a publisher puts a key among as many partitions.
func PartitionOf(topic, key string, partitions int32) (int32, error) {
	m := &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(key)}
	return sarama.NewHashPartitioner(topic).Partition(m, partitions)
}

// Progress is how far a group has come with a topic, and whether it has members.
type Progress struct {
	Next    map[int32]int64 // by partition: the offset that it goes on with; none where it never committed
	Members int
}

// Passed says whether the group is past all that some partitions had.
func (p Progress) Passed(ends map[int32]Span) bool {
	for partition, s := range ends {
		if s.Oldest < s.End && p.Next[partition] < s.End {
			return false
		}
	}
	return true
}

// Group asks how far a group has come with a topic's partitions.
func (r *Reader) Group(name, topic string) (p Progress, err error) {
	admin, err := sarama.NewClusterAdminFromClient(r.client)
	if err != nil {
		return p, fmt.Errorf("kafka: %w", err)
	}
	partitions, err := r.client.Partitions(topic)
	if err != nil {
		return p, fmt.Errorf("kafka: %s: %w", topic, err)
	}
	found, err := admin.ListConsumerGroupOffsets(name, map[string][]int32{topic: partitions})
	if err == nil && found.Err != sarama.ErrNoError {
		err = found.Err
	}
	if err != nil {
		return p, fmt.Errorf("kafka: group %s: %w", name, err)
	}
	p.Next = map[int32]int64{}
	for _, n := range partitions {
		if b := found.GetBlock(topic, n); b != nil && b.Offset >= 0 {
			p.Next[n] = b.Offset
		}
	}
	groups, err := admin.DescribeConsumerGroups([]string{name})
	if err != nil {
		return p, fmt.Errorf("kafka: group %s: %w", name, err)
	}
	for _, g := range groups {
		p.Members += len(g.Members)
	}
	return p, nil
}

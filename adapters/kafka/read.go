package kafka

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/IBM/sarama"
	"golang.org/x/sync/errgroup"
)

// Extent is the first offset that each partition of a topic still has, and the
// one that its next record will get.
func Extent(ctx context.Context, b Broker, topic string) (first, next map[int32]int64, err error) {
	first, next = map[int32]int64{}, map[int32]int64{}
	err = withClient(ctx, b, func(client sarama.Client) error {
		partitions, err := client.Partitions(topic)
		if err != nil {
			return err
		}
		for _, p := range partitions {
			if first[p], err = client.GetOffset(topic, p, sarama.OffsetOldest); err != nil {
				return err
			}
			if next[p], err = client.GetOffset(topic, p, sarama.OffsetNewest); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("topic %s: %w", topic, err)
	}
	return first, next, nil
}

// withClient runs something on a client of its own, which ctx cuts off.
func withClient(ctx context.Context, b Broker, do func(sarama.Client) error) error {
	config, err := b.config()
	if err != nil {
		return err
	}
	net := through(config)
	defer net.cut()
	defer context.AfterFunc(ctx, net.cut)()
	client, err := sarama.NewClient(b.Addrs, config)
	if err != nil {
		return errors.Join(ctx.Err(), err)
	}
	defer func() { _ = client.Close() }()
	if err := do(client); err != nil {
		return errors.Join(ctx.Err(), err)
	}
	return ctx.Err()
}

// Read hands over what lies from one offset up to another, in each partition of
// to, outside of any consumer group. Batches have one partition's records, at
// most size, in order; of several partitions they come side by side. It ends
// with the first error, and without one when everything was handed over. A
// partition that no longer has the first offset is an error.
func Read(ctx context.Context, b Broker, topic string, from, to map[int32]int64, size int, handle Handle) error {
	return withClient(ctx, b, func(client sarama.Client) error {
		consumer, err := sarama.NewConsumerFromClient(client)
		if err != nil {
			return err
		}
		defer func() { _ = consumer.Close() }()
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(runtime.GOMAXPROCS(0))
		for p, end := range to {
			if from[p] >= end {
				continue
			}
			group.Go(func() error {
				part, err := consumer.ConsumePartition(topic, p, from[p])
				if err != nil {
					return fmt.Errorf("topic %s, partition %d from %d: %w", topic, p, from[p], err)
				}
				defer func() { _ = part.Close() }()
				oldest := func() (int64, error) { return client.GetOffset(topic, p, sarama.OffsetOldest) }
				return readPartition(ctx, part, oldest, end, size, handle)
			})
		}
		return group.Wait()
	})
}

// quiet is how long nothing may come before it is asked whether anything is
// left: the last records may be gone, by their age.
const quiet = 5 * time.Second

func readPartition(ctx context.Context, part sarama.PartitionConsumer, oldest func() (int64, error), end int64, size int, handle Handle) error {
	batch := make([]Record, 0, size)
	silence := time.NewTimer(quiet)
	defer silence.Stop()
	for next := int64(0); next < end; {
		select {
		case m, ok := <-part.Messages():
			if !ok {
				return errors.New("the partition's consumer has ended")
			}
			silence.Reset(quiet)
			next = m.Offset + 1
			if m.Offset < end {
				batch = append(batch, Record{m})
			}
			if len(batch) < size && next < end {
				continue
			}
		case err := <-part.Errors():
			return err
		case <-silence.C:
			left, err := oldest()
			if err != nil {
				return err
			}
			next = max(next, left)
			silence.Reset(quiet)
		case <-ctx.Done():
			return ctx.Err()
		}
		if len(batch) > 0 {
			if err := handle(ctx, batch); err != nil {
				return err
			}
			batch = make([]Record, 0, size)
		}
	}
	return nil
}

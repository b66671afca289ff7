package kafka_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

const (
	benchRounds     = 5
	benchMessages   = 200_000
	benchSenders    = 8
	benchPartitions = 12
)

// Both sides turn the same events, about 1 KiB with their headers, into records
// and send them, or read them, in turns on the same broker. The peer is bare
// sarama with the same guarantees: its asynchronous producer, fed without ever
// waiting, where ours waits for each batch of 1000; and a group's claims, with
// each message marked.
func BenchmarkPublish(b *testing.B) {
	benchEach(b, "bus/publish", func(b *testing.B, broker kafka.Broker) (ours, peer func() float64) {
		events, topic := benchEvents(b), newTopic(b, broker, benchPartitions)
		publisher := kafka.NewPublisher(broker)
		b.Cleanup(func() { _ = publisher.Close() })
		producer, err := sarama.NewAsyncProducer(broker.Addrs, peerConfig())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = producer.Close() })
		ours = func() float64 {
			began := time.Now()
			var senders sync.WaitGroup
			for share := range slices.Chunk(events, len(events)/benchSenders) {
				senders.Go(func() {
					for batch := range slices.Chunk(share, 1000) {
						if err := publisher.Publish(topic, batch...); err != nil {
							b.Error(err)
						}
					}
				})
			}
			senders.Wait()
			return benchMessages / time.Since(began).Seconds()
		}
		return ours, func() float64 { return benchProduce(b, producer, topic, events) }
	})
}

func BenchmarkConsume(b *testing.B) {
	benchEach(b, "bus/consume", func(b *testing.B, broker kafka.Broker) (ours, peer func() float64) {
		events, topic := benchEvents(b), newTopic(b, broker, benchPartitions)
		publisher := kafka.NewPublisher(broker)
		defer func() { _ = publisher.Close() }()
		for batch := range slices.Chunk(events, 1000) {
			if err := publisher.Publish(topic, batch...); err != nil {
				b.Fatal(err)
			}
		}
		round := 0
		group := func() string { round++; return fmt.Sprintf("%s-%d", topic, round) }
		return func() float64 { return benchConsume(b, broker, topic, group()) },
			func() float64 { return benchClaims(b, broker, topic, group()) }
	})
}

// benchEach prints the median ratio of rounds in which both sides take turns.
func benchEach(b *testing.B, name string, prepare func(*testing.B, kafka.Broker) (ours, peer func() float64)) {
	for engine, start := range engines() {
		b.Run(engine, func(b *testing.B) {
			ours, peer := prepare(b, start(b))
			ours()
			peer()
			for b.Loop() {
				var a, p, ratios []float64
				for round := range benchRounds {
					turns := []*[]float64{&a, &p}
					runs := []func() float64{ours, peer}
					for i := range 2 {
						side := (i + round) % 2
						*turns[side] = append(*turns[side], runs[side]())
					}
					ratios = append(ratios, a[round]/p[round])
				}
				fmt.Printf("%s ratio %.2f (ours %.0f, peer %.0f, unit msg/s) on %s\n", name, median(ratios), median(a), median(p), engine)
				b.ReportMetric(median(ratios), "ratio")
			}
		})
	}
}

func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}

func benchEvents(b *testing.B) []*message.Message {
	events := make([]*message.Message, benchMessages)
	for i := range events {
		id := uuid.New()
		schema, payload, err := domain.Encode(domain.FindingRaised{
			Finding: "finding-" + id.String(), Title: "A header is missing", Severity: "medium",
			Description: fmt.Sprintf("%0300d", i), Remedy: fmt.Sprintf("%0100d", i*7),
		})
		if err != nil {
			b.Fatal(err)
		}
		events[i], err = stream.Encode(domain.Envelope{
			Position: int64(i + 1), ID: id, Stream: domain.NewStream("scan", uuid.UUID{0: byte(i % 50)}), Version: i/50 + 1,
			Owner: uuid.UUID{1}, At: time.Now(), Actor: "worker:bench", Cause: id.String(), Event: domain.FindingRaised{},
		}, schema, payload)
		if err != nil {
			b.Fatal(err)
		}
	}
	return events
}

func peerConfig() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.V2_8_0_0
	c.Net.MaxOpenRequests = 1
	c.Producer.Idempotent = true
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Compression = sarama.CompressionSnappy
	c.Producer.Return.Successes = true
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	return c
}

func benchProduce(b *testing.B, producer sarama.AsyncProducer, topic string, events []*message.Message) float64 {
	began := time.Now()
	go func() {
		for _, m := range events {
			r := &sarama.ProducerMessage{
				Topic: topic, Key: sarama.StringEncoder(m.Metadata["ce_subject"]), Value: sarama.ByteEncoder(m.Payload),
				Headers: make([]sarama.RecordHeader, 0, len(m.Metadata)),
			}
			for name, value := range m.Metadata {
				r.Headers = append(r.Headers, sarama.RecordHeader{Key: []byte(name), Value: []byte(value)})
			}
			producer.Input() <- r
		}
	}()
	for range events {
		select {
		case <-producer.Successes():
		case err := <-producer.Errors():
			b.Fatal(err)
		}
	}
	return benchMessages / time.Since(began).Seconds()
}

// The consumers' clock runs over the last nine tenths of the messages: joining
// a group, and what is read ahead meanwhile, say nothing.
func benchConsume(b *testing.B, broker kafka.Broker, topic, group string) float64 {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var clock benchClock
	err := kafka.ConsumeRecords(ctx, broker, kafka.Group{Name: group, Topics: []string{topic}}, func(_ context.Context, batch []kafka.Record) error {
		clock.count(len(batch), cancel)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return clock.rate()
}

type benchClock struct{ first, last, begun, n atomic.Int64 }

func (c *benchClock) count(n int, over func()) {
	total := c.n.Add(int64(n))
	if total >= benchMessages/10 && c.begun.CompareAndSwap(0, total) {
		c.first.Store(time.Now().UnixNano())
	}
	if total == benchMessages {
		c.last.Store(time.Now().UnixNano())
		over()
	}
}

// rate is messages per second.
func (c *benchClock) rate() float64 {
	return float64(benchMessages-c.begun.Load()) / (float64(c.last.Load()-c.first.Load()) / 1e9)
}

type benchHandler struct {
	clock *benchClock
	over  func()
}

func (benchHandler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (benchHandler) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (h benchHandler) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for m := range claim.Messages() {
		s.MarkMessage(m, "")
		h.clock.count(1, h.over)
	}
	return nil
}

func benchClaims(b *testing.B, broker kafka.Broker, topic, group string) float64 {
	member, err := sarama.NewConsumerGroup(broker.Addrs, group, peerConfig())
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	h := benchHandler{clock: new(benchClock), over: cancel}
	for ctx.Err() == nil {
		if err := member.Consume(ctx, []string{topic}, h); err != nil && ctx.Err() == nil {
			b.Fatal(err)
		}
	}
	if err := member.Close(); err != nil {
		b.Fatal(err)
	}
	return h.clock.rate()
}

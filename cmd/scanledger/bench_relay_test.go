package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// BenchmarkRelay relays a log of events until the embedded broker has
// acknowledged all of them, and compares the rate with that of bare sarama, with
// the same guarantees, that sends the same messages without ever waiting.
func BenchmarkRelay(b *testing.B) {
	const scans, rounds = 5_000, 5
	p, _ := benchPlatform(b, postgresEngine, kafkaEngine)
	broker := p.broker()
	if !p.provision(b.Context(), broker) {
		b.Fatal("there are no topics")
	}
	publisher := kafka.NewPublisher(broker)
	b.Cleanup(func() { _ = publisher.Close() })
	producer, err := sarama.NewAsyncProducer(broker.Addrs, bareProducer())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = producer.Close() })
	messages := wholeScans(b, p.desk.Log, scans)
	for b.Loop() {
		var list []sides
		for range rounds {
			ours := relayed(b, p, p.relay(publisher), len(messages))
			list = append(list, sides{ours, produced(b, producer, messages)})
		}
		slices.SortFunc(list, func(a, b sides) int { return int(1e6 * (a.ours/a.peer - b.ours/b.peer)) })
		m := list[rounds/2]
		fmt.Printf("relay/publish ratio %.2f (ours %.0f, peer %.0f, unit events/s)\n", m.ours/m.peer, m.ours, m.peer)
	}
}

type sides struct{ ours, peer float64 }

// wholeScans appends scans, and returns their events as messages.
func wholeScans(b *testing.B, log commands.Log, n int) (messages []*message.Message) {
	b.Helper()
	for done := 0; done < n; done += 200 {
		var writes []commands.Write
		for range 200 {
			id := newID()
			w := commands.Write{Stream: domain.NewStream(domain.ScanFamily, id), Owner: uuid.Max}
			for i, e := range conformance.Story(id, "https://example.com/") {
				w.Events = append(w.Events, domain.Envelope{
					ID: newID(), Stream: w.Stream, Version: i + 1, Owner: w.Owner, At: now(), Actor: "worker:bench", Cause: id.String(), Event: e,
				})
			}
			writes = append(writes, w)
		}
		events, err := log.Append(b.Context(), writes...)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range events {
			schema, payload, err := domain.Encode(e.Event)
			if err != nil {
				b.Fatal(err)
			}
			m, err := stream.Encode(e, schema, payload)
			if err != nil {
				b.Fatal(err)
			}
			messages = append(messages, m)
		}
	}
	return messages
}

// relayed is how many events a second a relay sends from the log's beginning on.
func relayed(b *testing.B, p *platform, r *postgres.Relay, n int) float64 {
	b.Helper()
	if _, err := p.pool.Exec(b.Context(), "UPDATE relay SET xid = '0', position = 0"); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	publish, sent := r.Publish, 0
	r.Publish = func(ctx context.Context, events []domain.Stored) error {
		err := publish(ctx, events)
		if sent += len(events); sent >= n {
			cancel()
		}
		return err
	}
	began := time.Now()
	_ = r.Run(ctx) // ends with nothing but ctx's error
	return float64(n) / time.Since(began).Seconds()
}

func bareProducer() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.V2_8_0_0
	c.Net.MaxOpenRequests = 1
	c.Producer.Idempotent = true
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Compression = sarama.CompressionSnappy
	c.Producer.Return.Successes = true
	return c
}

// produced is how many messages a second are acknowledged.
func produced(b *testing.B, producer sarama.AsyncProducer, messages []*message.Message) float64 {
	b.Helper()
	began := time.Now()
	go func() {
		for _, m := range messages {
			r := &sarama.ProducerMessage{
				Topic: stream.Scans, Key: sarama.StringEncoder(m.Metadata["ce_partitionkey"]), Value: sarama.ByteEncoder(m.Payload),
				Headers: make([]sarama.RecordHeader, 0, len(m.Metadata)),
			}
			for name, value := range m.Metadata {
				r.Headers = append(r.Headers, sarama.RecordHeader{Key: []byte(name), Value: []byte(value)})
			}
			producer.Input() <- r
		}
	}()
	for range messages {
		select {
		case <-producer.Successes():
		case err := <-producer.Errors():
			b.Fatal(err)
		}
	}
	return float64(len(messages)) / time.Since(began).Seconds()
}

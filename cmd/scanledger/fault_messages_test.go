//go:build failpoint

package main

import (
	"math/rand/v2"
	"testing"

	"github.com/IBM/sarama"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/adapters/stream"
)

// each reads a topic from its beginning to its end.
func (l *lane) each(t *testing.T, topic string, take func(*sarama.ConsumerMessage)) {
	t.Helper()
	client, err := sarama.NewClient(brokersOf(t, l.options, l.dir), sarama.NewConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	partitions, err := client.Partitions(topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		end, err := client.GetOffset(topic, p, sarama.OffsetNewest)
		if err != nil {
			t.Fatal(err)
		}
		if end == 0 {
			continue
		}
		claim, err := consumer.ConsumePartition(topic, p, sarama.OffsetOldest)
		if err != nil {
			t.Fatal(err)
		}
		for m := range claim.Messages() {
			take(m)
			if m.Offset == end-1 {
				break
			}
		}
		claim.Close()
	}
}

// distinct is how many messages a topic has, and how many events.
func (l *lane) distinct(t *testing.T, topic string) (messages, events int) {
	t.Helper()
	seen := map[string]bool{}
	l.each(t, topic, func(m *sarama.ConsumerMessage) {
		messages++
		seen[headerOf(m, "ce_id")] = true
	})
	return messages, len(seen)
}

func headerOf(m *sarama.ConsumerMessage, name string) string {
	for _, h := range m.Headers {
		if string(h.Key) == name {
			return string(h.Value)
		}
	}
	return ""
}

// replayed are a topic's messages, each one to five times.
func (l *lane) replayed(t *testing.T, topic string, chance *rand.Rand) (again []*sarama.ProducerMessage) {
	t.Helper()
	l.each(t, topic, func(m *sarama.ConsumerMessage) {
		for range 1 + chance.IntN(5) {
			copied := &sarama.ProducerMessage{Topic: topic, Key: sarama.ByteEncoder(m.Key), Value: sarama.ByteEncoder(m.Value)}
			for _, h := range m.Headers {
				copied.Headers = append(copied.Headers, *h)
			}
			again = append(again, copied)
		}
	})
	return again
}

// letters are the places of the messages that are among the dead letters. Each
// group that meets one buries it.
func (l *lane) letters(t *testing.T) map[string]bool {
	t.Helper()
	places := map[string]bool{}
	l.each(t, stream.DeadLetters, func(m *sarama.ConsumerMessage) {
		places[headerOf(m, "topic")+"/"+headerOf(m, "partition")+"/"+headerOf(m, "offset")] = true
	})
	return places
}

// sums are checksums of the rows of the read models and of the log's streams,
// by what they are of.
func (l *lane) sums(t *testing.T) map[string]string {
	t.Helper()
	db := connect(t, l.options, l.dir)
	rows, err := db.Query(t.Context(), `
		SELECT 'scans ' || row_key, md5(t::text) FROM scans t UNION ALL
		SELECT 'reports ' || row_key, md5(t::text) FROM reports t UNION ALL
		SELECT 'findings ' || row_key, md5(t::text) FROM findings t UNION ALL
		SELECT 'stream ' || stream, md5(head::text) FROM streams`)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	var row, sum string
	if _, err = pgx.ForEachRow(rows, []any{&row, &sum}, func() error { sums[row] = sum; return nil }); err != nil {
		t.Fatal(err)
	}
	return sums
}

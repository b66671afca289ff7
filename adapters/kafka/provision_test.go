package kafka_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
)

func TestProvision(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		topic := kafka.Topic{Name: newTopic(t, b, 3), Partitions: 3, Retention: 2 * time.Hour, SegmentBytes: 32 << 20}
		other := kafka.Topic{Name: topic.Name + "-new", Partitions: 2, Retention: time.Hour, SegmentBytes: 16 << 20}
		for range 2 { // what is there stays
			if err := kafka.Provision(t.Context(), b, []kafka.Topic{topic, other}, 1); err != nil {
				t.Fatal(err)
			}
		}
		for name, want := range map[string]string{topic.Name: "7200000", other.Name: "3600000"} {
			if got := setting(t, b, name, "retention.ms"); got != want {
				t.Errorf("%s keeps for %s ms, want %s", name, got, want)
			}
		}
		if got := setting(t, b, topic.Name, "segment.bytes"); got != "33554432" {
			t.Errorf("segments of %s bytes", got)
		}
		topic.Partitions = 4
		err := kafka.Provision(t.Context(), b, []kafka.Topic{topic, other}, 1)
		if err == nil || !strings.Contains(err.Error(), topic.Name) || !strings.Contains(err.Error(), "3 partitions") {
			t.Errorf("another number of partitions: %v", err)
		}
	})
}

func TestTheManifestCanBeProvisioned(t *testing.T) {
	onEach(t, func(t *testing.T, b kafka.Broker) {
		var topics []kafka.Topic
		for _, topic := range stream.Topics {
			topics = append(topics, kafka.Topic(topic))
		}
		if err := kafka.Provision(t.Context(), b, topics, 0); err != nil {
			t.Fatal(err)
		}
	})
}

func TestProvisionEndsWithItsContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var held net.Conn
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		held, _ = silent.Accept()
		cancel()
	}()
	defer func() { <-accepted; _ = held.Close() }()
	err = kafka.Provision(ctx, kafka.Broker{Addrs: []string{silent.Addr().String()}}, nil, 0)
	if err == nil {
		t.Error("provisioned by a listener that is no broker")
	}
}

func setting(t *testing.T, b kafka.Broker, topic, name string) string {
	t.Helper()
	config := sarama.NewConfig()
	config.Version = sarama.V2_8_0_0
	admin, err := sarama.NewClusterAdmin(b.Addrs, config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{name}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name == name {
			return e.Value
		}
	}
	t.Fatal(errors.New("no such setting"))
	return ""
}

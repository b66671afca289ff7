package embedded

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func startKafka(t *testing.T, dir, addr string) *Kafka {
	t.Helper()
	k, err := StartKafka(t.Context(), KafkaOptions{Dir: dir, Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

func dialKafka(t *testing.T, brokers []string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(brokers...))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func newTopic(ctx context.Context, client *kgo.Client, name string, partitions int32) error {
	request := kmsg.NewPtrCreateTopicsRequest()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, partitions, -1
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(response.Topics[0].ErrorCode)
}

// consume reads a topic from its beginning until it has want different values.
func consume(t *testing.T, brokers []string, topic string, want int) map[string]bool {
	t.Helper()
	client := dialKafka(t, brokers, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	seen := map[string]bool{}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for len(seen) < want {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) { seen[string(r.Value)] = true })
	}
	return seen
}

func TestKafkaKeepsTopicsOverARestartAtTheSameAddress(t *testing.T) {
	dir := t.TempDir()
	first := startKafka(t, dir, "")
	client := dialKafka(t, first.Brokers())
	if err := newTopic(t.Context(), client, "kept", 3); err != nil {
		t.Fatal(err)
	}
	for n := range 100 {
		record := &kgo.Record{Topic: "kept", Key: fmt.Append(nil, n%7), Value: fmt.Append(nil, n)}
		if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	client.Close()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again := startKafka(t, dir, first.Brokers()[0])
	if got := consume(t, again.Brokers(), "kept", 100); len(got) != 100 {
		t.Errorf("got %d of 100", len(got))
	}
}

func TestKafkaMakesNoTopicUnasked(t *testing.T) {
	k := startKafka(t, t.TempDir(), "")
	client := dialKafka(t, k.Brokers(), kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(1))
	err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "unasked", Value: []byte("x")}).FirstErr()
	if err == nil || !strings.Contains(err.Error(), "UNKNOWN_TOPIC") {
		t.Errorf("got %v", err)
	}
}

func TestKafkaRefusesAnAddressForNobody(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "9092"} {
		if k, err := StartKafka(t.Context(), KafkaOptions{Dir: t.TempDir(), Addr: addr}); err == nil {
			k.Close()
			t.Errorf("%s is accepted", addr)
		}
	}
	k := startKafka(t, t.TempDir(), "")
	if other, err := StartKafka(t.Context(), KafkaOptions{Dir: t.TempDir(), Addr: k.Brokers()[0]}); err == nil {
		other.Close()
		t.Error("a taken port is accepted")
	}
}

package kafka_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/scanledger/scanledger/adapters/kafka"
)

// engines are the brokers that every test of behaviour runs on: kfake in the
// process, and Apache Kafka where SCANLEDGER_TEST_KAFKA has its addresses.
func engines() map[string]func(testing.TB) kafka.Broker {
	e := map[string]func(testing.TB) kafka.Broker{"kfake": fake}
	if addrs := os.Getenv("SCANLEDGER_TEST_KAFKA"); addrs != "" {
		e["kafka"] = func(testing.TB) kafka.Broker { return kafka.Broker{Addrs: strings.Split(addrs, ",")} }
	}
	return e
}

func fake(t testing.TB) kafka.Broker {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return kafka.Broker{Addrs: cluster.ListenAddrs()}
}

// onEach runs a test on every engine.
func onEach(t *testing.T, test func(*testing.T, kafka.Broker)) {
	for name, start := range engines() {
		t.Run(name, func(t *testing.T) { test(t, start(t)) })
	}
}

// newTopic makes a topic of a name that nothing else has.
func newTopic(t testing.TB, b kafka.Broker, partitions int32) string {
	t.Helper()
	name := fmt.Sprintf("test-%s-%d", strings.Map(plain, t.Name()), time.Now().UnixNano())
	if err := provide(t.Context(), b, name, partitions); err != nil {
		t.Fatal(err)
	}
	return name
}

func provide(ctx context.Context, b kafka.Broker, name string, partitions int32) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	topic := kafka.Topic{Name: name, Partitions: partitions, Retention: time.Hour, SegmentBytes: 64 << 20}
	return kafka.Provision(ctx, b, []kafka.Topic{topic}, 0)
}

func plain(r rune) rune {
	if r == '/' || r == '#' || r == '=' {
		return '-'
	}
	return r
}

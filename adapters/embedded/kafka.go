package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// KafkaOptions say where the embedded broker keeps its log and where it answers.
type KafkaOptions struct {
	Dir  string       // the data folder; the log is in its folder kafka
	Addr string       // host:port that clients connect to; port 0 or "" takes a free one
	Log  *slog.Logger // what goes wrong inside the broker; nil for nobody to hear
}

// Kafka is a broker in this process that speaks Kafka's protocol. A produce
// request is acknowledged when it is on disk, and what was acknowledged is
// there after a kill. An idempotent producer that is cut off by a kill may
// leave a batch twice.
type Kafka struct {
	cluster *kfake.Cluster
	members *members
	brokers []string
	once    sync.Once
}

// brokerSettings free a file when all of its records are past their retention,
// which only topics with an explicit one have; a group that is away keeps its
// offsets for a year.
var brokerSettings = map[string]string{
	"default.replication.factor": "1",
	"log.segment.bytes":          "67108864",
	"log.cleaner.backoff.ms":     "600000",
	"offsets.retention.minutes":  "525600",
}

// StartKafka opens the log and serves it. Topics come into being only when a
// client creates them. After a restart clients find the topics, offsets and
// groups at the same address if Addr names a port.
//
// Retention counts from the timestamp of a record, whatever a topic's
// message.timestamp.type says, and one old record takes all before it along:
// a producer leaves the timestamp at the time of sending.
func StartKafka(ctx context.Context, o KafkaOptions) (*Kafka, error) {
	addr, err := listenAddr(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("embedded kafka: %w", err)
	}
	dir := filepath.Join(o.Dir, "kafka")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded kafka: %w", err)
	}
	members := newMembers()
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ClusterID("scanledger"),
		kfake.DataDir(dir),
		kfake.SyncWrites(),
		kfake.BrokerConfigs(brokerSettings),
		kfake.WithLogger(kafkaLog{loggerOr(o.Log)}),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) {
			l, err := new(net.ListenConfig).Listen(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return frameListener{l, members}, nil
		}),
	)
	if err != nil {
		members.close()
		return nil, fmt.Errorf("embedded kafka on %s: %w", addr, err)
	}
	refuseWithoutRoom(cluster, dir)
	return &Kafka{cluster: cluster, members: members, brokers: cluster.ListenAddrs()}, nil
}

// Brokers returns the address of the broker, as a list for a client's settings.
func (k *Kafka) Brokers() []string { return k.brokers }

// Close stops the broker; connections are cut.
func (k *Kafka) Close() error {
	k.once.Do(func() {
		k.members.close()
		k.cluster.Close()
	})
	return nil
}

// listenAddr checks an address that is also told to clients: it needs a host
// that they can connect to.
func listenAddr(addr string) (string, error) {
	if addr == "" {
		return "127.0.0.1:0", nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		return "", errors.New(addr + " names no host that clients could connect to: give an address of this machine, such as 127.0.0.1")
	}
	return addr, nil
}

// kafkaLog passes on the broker's complaints.
type kafkaLog struct{ log *slog.Logger }

// Logf implements kfake.Logger.
func (l kafkaLog) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error("embedded kafka: " + fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		l.log.Warn("embedded kafka: " + fmt.Sprintf(format, args...))
	}
}

func loggerOr(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

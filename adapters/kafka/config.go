// Package kafka speaks to Kafka through sarama: topics, batches out, batches
// in, and watermill's Publisher and Subscriber on the same machinery.
package kafka

import (
	"cmp"
	"fmt"
	"log/slog"
	"time"

	"github.com/IBM/sarama"
)

// Broker is where Kafka is and how it is spoken to. Only Addrs is needed.
type Broker struct {
	Addrs    []string
	ClientID string // "scanledger" when empty
	// Version is the newest version of the protocol that may be spoken,
	// "2.8.0" when empty. It must not be newer than the brokers; what is really
	// spoken is agreed with each broker.
	Version string
	// Timeout is how long a broker may be away before a publication fails; 15 s
	// when 0. Retries go on for longer than that.
	Timeout time.Duration
	Log     *slog.Logger
}

// MaxMessageBytes is the largest message that is published: key, value and
// headers together. It is what brokers take by default, less the batch's head.
const MaxMessageBytes = 1_000_000

const retryEvery = 100 * time.Millisecond

func (b Broker) timeout() time.Duration { return cmp.Or(b.Timeout, 15*time.Second) }

func (b Broker) log() *slog.Logger {
	if b.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return b.Log
}

// config is every setting that sarama's defaults leave unsafe, for producers
// and consumers alike.
func (b Broker) config() (*sarama.Config, error) {
	version, err := sarama.ParseKafkaVersion(cmp.Or(b.Version, "2.8.0"))
	if err != nil {
		return nil, fmt.Errorf("kafka version %q: %w", b.Version, err)
	}
	c := sarama.NewConfig()
	c.ClientID = cmp.Or(b.ClientID, "scanledger")
	c.Version = version
	c.Net.WriteTimeout = 10 * time.Second
	c.Net.ReadTimeout = 30 * time.Second // longer than a join or a sync can take: see consume
	c.Metadata.Full = false              // only topics in use; and nothing is dialled before it is needed
	c.Metadata.RefreshFrequency = time.Minute
	c.Metadata.AllowAutoTopicCreation = false
	c.Metadata.Retry.Max, c.Metadata.Retry.Backoff = 3, 250*time.Millisecond
	produce(c, b.timeout())
	consume(c)
	return c, c.Validate()
}

// produce sets what a producer needs to lose nothing, double nothing and keep
// the order of each key. One request in flight: a retry must not be overtaken.
func produce(c *sarama.Config, timeout time.Duration) {
	c.Net.MaxOpenRequests = 1
	p := &c.Producer
	p.Idempotent = true
	p.RequiredAcks = sarama.WaitForAll
	p.Timeout = 10 * time.Second
	p.MaxMessageBytes = MaxMessageBytes
	p.Compression = sarama.CompressionSnappy
	p.Partitioner = sarama.NewHashPartitioner
	p.Return.Successes, p.Return.Errors = true, true
	p.Retry.Max = int(2*timeout/retryEvery) + 1
	p.Retry.Backoff = retryEvery
	p.Transaction.Retry.Max, p.Transaction.Retry.Backoff = 3, retryEvery // of the producer's id
}

// consume sets what a group's member needs to miss nothing.
func consume(c *sarama.Config) {
	r := &c.Consumer
	r.Return.Errors = true
	r.Offsets.Initial = sarama.OffsetOldest
	r.Offsets.AutoCommit.Enable, r.Offsets.AutoCommit.Interval = true, time.Second // of what is marked
	r.Offsets.Retry.Max = 3
	r.Fetch.Min, r.Fetch.Default, r.Fetch.Max = 1, 1<<20, 16<<20
	r.MaxWaitTime = 250 * time.Millisecond
	r.MaxProcessingTime = time.Second
	r.Retry.Backoff = 500 * time.Millisecond
	// A member that died holds up who joins until its session is over, and one
	// that dies meanwhile for another rebalance: both together stay below
	// ReadTimeout. The embedded broker forgets who waits for longer than its own
	// session, so a rebalance is shorter.
	r.Group.Session.Timeout = 12 * time.Second
	r.Group.Heartbeat.Interval = 2 * time.Second
	r.Group.Rebalance.Timeout = 10 * time.Second
	r.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategySticky()}
}

package embedded

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// cable is a client's connections, which can be pulled out, as by the death of
// its process.
type cable struct {
	mu    sync.Mutex
	conns []net.Conn
	dead  bool
}

func (c *cable) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.dead {
		conn.Close()
		return nil, net.ErrClosed
	}
	c.conns = append(c.conns, conn)
	return conn, err
}

// pull ends all connections, and lets none come until the test is over.
func (c *cable) pull(t *testing.T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = true
	for _, conn := range c.conns {
		conn.Close()
	}
	t.Cleanup(func() { // a client that reaches nobody takes its time to end
		c.mu.Lock()
		defer c.mu.Unlock()
		c.dead = false
	})
}

// reader is a member of a group.
type reader struct {
	cable
	given   chan int // how many partitions, each time
	revoked func()   // holds the reader up before it joins again
}

// join is a group's new member. Its session is so long that nobody outlasts it.
func join(t *testing.T, k *Kafka) *reader {
	t.Helper()
	r := &reader{given: make(chan int, 100), revoked: func() {}}
	client := dialKafka(t, k.Brokers(), kgo.Dialer(r.dial), kgo.ConsumerGroup("readers"), kgo.ConsumeTopics("shared"),
		kgo.Balancers(kgo.RangeBalancer()), kgo.SessionTimeout(time.Minute), kgo.RebalanceTimeout(time.Minute), kgo.HeartbeatInterval(100*time.Millisecond),
		kgo.OnPartitionsRevoked(func(context.Context, *kgo.Client, map[string][]int32) { r.revoked() }),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, p map[string][]int32) { r.given <- len(p["shared"]) }))
	go func() {
		for t.Context().Err() == nil && !client.PollFetches(t.Context()).IsClientClosed() {
		}
	}()
	return r
}

// await waits until the reader is given so many partitions.
func (r *reader) await(t *testing.T, want int) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case n := <-r.given:
			if n == want {
				return
			}
		case <-late:
			t.Fatalf("%d partitions are never given to it", want)
		}
	}
}

// TestKafkaForgetsADeadMember: one that dies leaves its share to the others.
func TestKafkaForgetsADeadMember(t *testing.T) {
	k := startKafka(t, t.TempDir(), "")
	if err := newTopic(t.Context(), dialKafka(t, k.Brokers()), "shared", 4); err != nil {
		t.Fatal(err)
	}
	alive := join(t, k)
	alive.await(t, 4)
	dying := join(t, k)
	dying.await(t, 2)
	alive.await(t, 2)
	dying.pull(t)
	alive.await(t, 4)
}

// TestKafkaForgetsWhoDiesWhileJoining: a member that was never let in is not
// given a share when all others have come.
func TestKafkaForgetsWhoDiesWhileJoining(t *testing.T) {
	k := startKafka(t, t.TempDir(), "")
	if err := newTopic(t.Context(), dialKafka(t, k.Brokers()), "shared", 4); err != nil {
		t.Fatal(err)
	}
	alive := join(t, k)
	alive.await(t, 4)
	busy, free := make(chan struct{}), make(chan struct{})
	var once sync.Once
	alive.revoked = func() { once.Do(func() { close(busy); <-free }) }
	dying := join(t, k)
	<-busy // another has joined, and waits
	dying.pull(t)
	close(free)
	alive.await(t, 4)
}

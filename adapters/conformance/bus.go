// Package conformance has one suite per port, run by every adapter that
// implements it.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Broker is a bus under test. Messages carry their key in the metadata entry
// ce_partitionkey.
type Broker struct {
	Publisher message.Publisher
	// Consume hands over a topic's batches as a member of a group, from the
	// oldest message on, until ctx ends.
	Consume func(ctx context.Context, group, topic string, handle func(context.Context, []*message.Message) error) error
	// NewTopic makes an empty topic of several partitions and returns its name.
	NewTopic func(t *testing.T) string
}

// Bus runs what every bus has to do. open returns one that is ready; tests
// share it if it likes.
func Bus(t *testing.T, open func(*testing.T) Broker) {
	for name, test := range map[string]func(*testing.T, Broker){
		"what is published is consumed as it was": busKeepsMessages,
		"the order of each key is kept":           busKeepsOrder,
		"every group is given everything":         busServesGroups,
		"a group goes on where it ended":          busResumes,
		"a refused batch comes again":             busRepeatsRefused,
		"a panic is a refusal":                    busRepeatsAfterPanic,
		"the members of a group share its topic":  busShares,
		"consuming ends with its context":         busEnds,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// busPatience is when a test gives up on what has to happen.
const busPatience = time.Minute

// inbox collects what handlers take: payloads by key, each where it came first.
type inbox struct {
	mu    sync.Mutex
	byKey map[string][]string
	seen  map[string]bool
	more  chan struct{}
}

func newInbox() *inbox {
	return &inbox{byKey: make(map[string][]string), seen: make(map[string]bool), more: make(chan struct{}, 1)}
}

// take is a handler that takes everything.
func (in *inbox) take(_ context.Context, batch []*message.Message) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, m := range batch {
		key := m.Metadata["ce_partitionkey"]
		if id := key + "/" + string(m.Payload); !in.seen[id] {
			in.seen[id] = true
			in.byKey[key] = append(in.byKey[key], string(m.Payload))
		}
	}
	select {
	case in.more <- struct{}{}:
	default:
	}
	return nil
}

// wait returns when n different messages were taken.
func (in *inbox) wait(t *testing.T, n int) {
	t.Helper()
	late := time.After(busPatience)
	for {
		in.mu.Lock()
		total := len(in.seen)
		in.mu.Unlock()
		if total >= n {
			return
		}
		select {
		case <-in.more:
		case <-late:
			t.Fatalf("%d of %d messages came", total, n)
		}
	}
}

// consuming runs a consumer until the returned function is called, which
// returns when it has ended.
func consuming(t *testing.T, b Broker, group, topic string, handle func(context.Context, []*message.Message) error) func() {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Consume(ctx, group, topic, handle) }()
	stop := sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("consume: %v", err)
			}
		case <-time.After(busPatience):
			t.Error("consume did not end with its context")
		}
	})
	t.Cleanup(stop)
	return stop
}

func busMessage(key, payload string) *message.Message {
	m := message.NewMessage(key+"/"+payload, []byte(payload))
	m.Metadata["ce_partitionkey"] = key
	return m
}

// busFlood publishes n messages of each of some keys from several goroutines,
// each key from one, and returns how many.
func busFlood(t *testing.T, b Broker, topic string, keys, n int) int {
	t.Helper()
	var senders sync.WaitGroup
	for k := range keys {
		senders.Go(func() {
			for part := range slices.Chunk(busSeries(fmt.Sprintf("key-%d", k), n), 10) {
				if err := b.Publisher.Publish(topic, part...); err != nil {
					t.Errorf("publish: %v", err)
					return
				}
			}
		})
	}
	senders.Wait()
	return keys * n
}

func busSeries(key string, n int) []*message.Message {
	msgs := make([]*message.Message, n)
	for i := range msgs {
		msgs[i] = busMessage(key, fmt.Sprintf("%06d", i))
	}
	return msgs
}

func busKeepsMessages(t *testing.T, b Broker) {
	topic := b.NewTopic(t)
	sent := busMessage("the key", "{\"a\": \"\x00ü\"}")
	sent.Metadata["ce_type"] = "scan.requested"
	sent.Metadata["empty"] = ""
	if err := b.Publisher.Publish(topic, sent); err != nil {
		t.Fatal(err)
	}
	got := make(chan *message.Message, 1)
	consuming(t, b, "keeps-"+topic, topic, func(_ context.Context, batch []*message.Message) error {
		got <- batch[0]
		return nil
	})
	select {
	case m := <-got:
		if string(m.Payload) != string(sent.Payload) || m.UUID != sent.UUID {
			t.Errorf("got %q with id %q", m.Payload, m.UUID)
		}
		for name, value := range sent.Metadata {
			if held, ok := m.Metadata[name]; held != value || !ok {
				t.Errorf("metadata %s is %q, want %q", name, held, value)
			}
		}
	case <-time.After(busPatience):
		t.Fatal("nothing came")
	}
}

func busKeepsOrder(t *testing.T, b Broker) {
	topic, in := b.NewTopic(t), newInbox()
	consuming(t, b, "order-"+topic, topic, in.take)
	in.wait(t, busFlood(t, b, topic, 20, 200))
	in.mu.Lock()
	defer in.mu.Unlock()
	for key, payloads := range in.byKey {
		if !slices.IsSorted(payloads) {
			t.Errorf("%s came as %v", key, payloads)
		}
	}
}

func busServesGroups(t *testing.T, b Broker) {
	topic, one, two := b.NewTopic(t), newInbox(), newInbox()
	consuming(t, b, "one-"+topic, topic, one.take)
	n := busFlood(t, b, topic, 5, 10)
	one.wait(t, n)
	consuming(t, b, "two-"+topic, topic, two.take)
	two.wait(t, n)
}

func busResumes(t *testing.T, b Broker) {
	topic, before, after := b.NewTopic(t), newInbox(), newInbox()
	n := busFlood(t, b, topic, 5, 20)
	stop := consuming(t, b, "resumes-"+topic, topic, before.take)
	before.wait(t, n)
	stop()
	if err := b.Publisher.Publish(topic, busSeries("later", 10)...); err != nil {
		t.Fatal(err)
	}
	consuming(t, b, "resumes-"+topic, topic, after.take)
	after.wait(t, 10)
	after.mu.Lock()
	defer after.mu.Unlock()
	if len(after.byKey) != 1 {
		t.Errorf("what was taken before a clean end came again: %v", after.byKey)
	}
}

var errRefused = errors.New("not now")

func busRepeatsRefused(t *testing.T, b Broker) { busRepeats(t, b, func() error { return errRefused }) }

func busRepeatsAfterPanic(t *testing.T, b Broker) {
	busRepeats(t, b, func() error { panic("a handler's fault") })
}

// busRepeats refuses one key's first batch three times. It must come again
// from its first message, nothing of it left out, and the rest must follow.
func busRepeats(t *testing.T, b Broker, refuse func() error) {
	topic, in, tries := b.NewTopic(t), newInbox(), 0
	if err := b.Publisher.Publish(topic, busSeries("k", 50)...); err != nil {
		t.Fatal(err)
	}
	consuming(t, b, "repeats-"+topic, topic, func(ctx context.Context, batch []*message.Message) error {
		if first := string(batch[0].Payload); tries < 3 {
			if tries++; first != "000000" {
				t.Errorf("try %d begins with %s", tries, first)
			}
			return refuse()
		}
		return in.take(ctx, batch)
	})
	in.wait(t, 50)
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.byKey["k"]) != 50 || !slices.IsSorted(in.byKey["k"]) {
		t.Errorf("after refusals came %v", in.byKey["k"])
	}
}

// busShares lets a second member join while the first holds a batch, and
// leaves it alone: nothing is lost when partitions move.
func busShares(t *testing.T, b Broker) {
	topic, in := b.NewTopic(t), newInbox()
	held, moved := make(chan struct{}), make(chan struct{})
	hold := sync.OnceFunc(func() { close(held) })
	leave := consuming(t, b, "shares-"+topic, topic, func(ctx context.Context, batch []*message.Message) error {
		hold()
		select {
		case <-moved:
			return in.take(ctx, batch)
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	n := busFlood(t, b, topic, 20, 10)
	<-held
	consuming(t, b, "shares-"+topic, topic, in.take)
	in.wait(t, 1) // the second member has its share
	close(moved)
	in.wait(t, n)
	leave()
	if err := b.Publisher.Publish(topic, busMessage("last", "x")); err != nil {
		t.Fatal(err)
	}
	in.wait(t, n+1)
}

func busEnds(t *testing.T, b Broker) {
	topic := b.NewTopic(t)
	consuming(t, b, "ends-"+topic, topic, newInbox().take)()
}

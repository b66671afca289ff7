package memory

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

// partitions is how many a topic of a Bus has.
const partitions = 3

// Bus is a broker in maps: topics are there when they are first used, and keep
// everything. A message's key is its metadata entry ce_partitionkey.
type Bus struct {
	mu     sync.Mutex
	topics map[string]*[partitions][]*message.Message
	places map[place]int  // a group's next message
	busy   map[place]bool // whether a member has the partition at the moment
	news   chan struct{}  // closed when any of it changes
}

type place struct {
	group, topic string
	partition    int
}

// NewBus returns a bus without topics.
func NewBus() *Bus {
	return &Bus{
		topics: map[string]*[partitions][]*message.Message{}, places: map[place]int{}, busy: map[place]bool{},
		news: make(chan struct{}),
	}
}

// Publish implements message.Publisher.
func (b *Bus) Publish(topic string, messages ...*message.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range messages {
		h := fnv.New32a()
		h.Write([]byte(m.Metadata["ce_partitionkey"]))
		p := h.Sum32() % partitions
		b.topic(topic)[p] = append(b.topic(topic)[p], m.Copy())
	}
	b.tell()
	return nil
}

// Close implements message.Publisher.
func (b *Bus) Close() error { return nil }

func (b *Bus) topic(name string) *[partitions][]*message.Message {
	if b.topics[name] == nil {
		b.topics[name] = new([partitions][]*message.Message)
	}
	return b.topics[name]
}

// tell wakes whoever waits; b.mu is held.
func (b *Bus) tell() {
	close(b.news)
	b.news = make(chan struct{})
}

// Consume hands over a topic's batches as a member of a group until ctx ends;
// a batch that is refused, by an error or a panic, comes again.
func (b *Bus) Consume(ctx context.Context, group, topic string, handle func(context.Context, []*message.Message) error) error {
	for ctx.Err() == nil {
		at, batch, news := b.take(group, topic)
		if batch == nil {
			select {
			case <-news:
			case <-ctx.Done():
			}
			continue
		}
		b.done(at, len(batch), guarded(ctx, batch, handle) == nil)
	}
	return nil
}

// take gives a member a partition that has something for its group and that
// no other member has; else it returns what to wait for.
func (b *Bus) take(group, topic string) (place, []*message.Message, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for p, all := range b.topic(topic) {
		at := place{group, topic, p}
		if b.busy[at] || b.places[at] == len(all) {
			continue
		}
		b.busy[at] = true
		batch := make([]*message.Message, 0, len(all)-b.places[at])
		for _, m := range all[b.places[at]:] {
			batch = append(batch, m.Copy())
		}
		return at, batch, nil
	}
	return place{}, nil, b.news
}

func (b *Bus) done(at place, n int, taken bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy[at] = false
	if taken {
		b.places[at] += n
	}
	b.tell()
}

func guarded(ctx context.Context, batch []*message.Message, handle func(context.Context, []*message.Message) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panicked: %v", p)
		}
	}()
	return handle(ctx, batch)
}

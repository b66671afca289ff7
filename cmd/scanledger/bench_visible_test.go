package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// BenchmarkVisible appends 500 events a second for four seconds, and says when
// all but the slowest percent of them could be read from the last read model
// that is written, by way of the relay, the embedded broker and the projector,
// from the moment at which their append was answered.
func BenchmarkVisible(b *testing.B) {
	const streams, pause, each = 50, 100 * time.Millisecond, 40
	p, _ := benchPlatform(b, postgresEngine, kafkaEngine)
	runProjector(b, p)
	v := &visibility{b: b, p: p, waiting: map[domain.Stream][]committed{}}
	v.told(v.story(nil, 17)) // to be warm
	v.took = nil
	for b.Loop() {
		appended := make(chan struct{})
		var writers sync.WaitGroup
		for i := range streams {
			writers.Go(func() {
				<-time.After(pause * time.Duration(i) / streams)
				tick := time.NewTicker(pause)
				defer tick.Stop()
				v.story(tick.C, each)
			})
		}
		go func() {
			writers.Wait()
			close(appended)
		}()
		v.told(appended)
	}
	slices.Sort(v.took)
	slow := float64(v.took[len(v.took)*99/100].Microseconds()) / 1000
	fmt.Printf("project/visible ratio %.2f (ours %.1f, peer 100, unit ms)\n", slow/100, slow)
}

// runProjector runs the relay and the projector until the benchmark ends.
func runProjector(b *testing.B, p *platform) {
	broker := p.broker()
	publisher := kafka.NewPublisher(broker)
	if !p.provision(b.Context(), broker) {
		b.Fatal("there are no topics")
	}
	ctx, cancel := context.WithCancel(context.Background())
	var roles sync.WaitGroup
	roles.Go(func() { _ = p.relay(publisher).Run(ctx) }) // ends with nothing but ctx's error
	roles.Go(func() {
		if err := quiet(p.project(ctx, broker, publisher)); err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(func() {
		cancel()
		roles.Wait()
		_ = publisher.Close()
	})
}

// visibility is how long events took until they could be read.
type visibility struct {
	b *testing.B
	p *platform

	mu      sync.Mutex
	waiting map[domain.Stream][]committed
	took    []time.Duration
}

type committed struct {
	version int
	at      time.Time
}

// story appends n events, one at each tick, of one scan after the other. What
// it returns is closed.
func (v *visibility) story(tick <-chan time.Time, n int) <-chan struct{} {
	done := make(chan struct{})
	defer close(done)
	var w commands.Write
	var events []domain.Event
	for range n {
		if tick != nil {
			<-tick
		}
		if w.After == len(events) {
			id := newID()
			events, w = conformance.Story(id, "https://example.com/"), commands.Write{Stream: domain.NewStream(domain.ScanFamily, id), Owner: uuid.Max}
		}
		w.Events = []domain.Envelope{{
			ID: newID(), Stream: w.Stream, Version: w.After + 1, Owner: w.Owner, At: now(), Event: events[w.After],
		}}
		if _, err := v.p.desk.Log.Append(v.b.Context(), w); err != nil {
			v.b.Error(err)
			return done
		}
		w.After++
		v.mu.Lock()
		v.waiting[w.Stream] = append(v.waiting[w.Stream], committed{w.After, time.Now()})
		v.mu.Unlock()
	}
	return done
}

// told asks every two milliseconds what can be read, until that is all that
// was appended.
func (v *visibility) told(appended <-chan struct{}) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline, over := time.After(time.Minute), false
	for left := 1; !over || left > 0; {
		select {
		case <-appended:
			over, appended = true, nil
		case <-tick.C:
		case <-deadline:
			v.b.Fatalf("%d streams are not in the read models after a minute", left)
		}
		left = v.look()
	}
}

// look returns how many streams wait for more.
func (v *visibility) look() int {
	v.mu.Lock()
	names := make([]string, 0, len(v.waiting))
	for s := range v.waiting {
		names = append(names, string(s))
	}
	v.mu.Unlock()
	rows, err := v.p.pool.Query(v.b.Context(), "SELECT stream, version FROM reports WHERE row_key = ANY($1)", names)
	if err != nil {
		v.b.Fatal(err)
	}
	defer rows.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	for rows.Next() {
		var s domain.Stream
		var version int
		if err := rows.Scan(&s, &version); err != nil {
			v.b.Fatal(err)
		}
		seen := time.Now()
		v.waiting[s] = slices.DeleteFunc(v.waiting[s], func(c committed) bool {
			if c.version <= version {
				v.took = append(v.took, seen.Sub(c.at))
			}
			return c.version <= version
		})
		if len(v.waiting[s]) == 0 {
			delete(v.waiting, s)
		}
	}
	return len(v.waiting)
}

package postgres

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// clients append, or insert, at the same time.
const clients = 32

// BenchmarkAppend appends single events to streams of their own, each answered
// when it is durable, and compares the rate with pgbench's of plain inserts of
// one row of the same size into the same server.
func BenchmarkAppend(b *testing.B) {
	const each = 100
	url := newDatabase(b)
	log := openLog(b, openPool(b, url))
	for b.Loop() {
		var wg sync.WaitGroup
		for range clients {
			wg.Go(func() {
				for range each {
					if _, err := log.Append(context.Background(), newWrite(newScanStream(), 0, 1)); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
	}
	ours := float64(b.N*clients*each) / b.Elapsed().Seconds()
	peer := conformance.PlainInserts(b, url, clients)
	fmt.Printf("log/append-vs-pgbench ratio %.2f (ours %.0f, peer %.0f, unit tx/s)\n", ours/peer, ours, peer)
}

// BenchmarkProjection takes whole scans from the log through the relay into
// the table of scans, in batches, and compares the rate with applying event by
// event.
func BenchmarkProjection(b *testing.B) {
	pool := openPool(b, newDatabase(b))
	log := openLog(b, pool)
	table := NewTable(pool, projections.Scans)
	conn, err := pool.Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Release()
	at, total := cursor{xid: "0"}, 0
	for b.Loop() {
		b.StopTimer()
		events := tell(b, log, 500)
		total += len(events)
		b.StartTimer()
		at = relayInto(b, conn.Conn(), at, table, len(events))
	}
	ours := float64(total) / b.Elapsed().Seconds()
	peer := singly(b, log, table)
	fmt.Printf("projection/apply ratio %.2f (ours %.0f, peer %.0f, unit events/s)\n", ours/peer, ours, peer)
}

// tell appends the stories of n scans.
func tell(b *testing.B, log *Log, n int) (events []domain.Envelope) {
	b.Helper()
	for range n {
		id := uuid.New()
		w := commands.Write{Stream: domain.NewStream(domain.ScanFamily, id)}
		for i, e := range conformance.Story(id, "https://example.com/") {
			w.Events = append(w.Events, domain.Envelope{ID: uuid.New(), Stream: w.Stream, Version: i + 1, At: time.Unix(0, 0), Event: e})
		}
		events = append(events, mustAppend(b, log, w)...)
	}
	return events
}

// relayInto sends n events into the table, and returns where it stands then.
func relayInto(b *testing.B, conn *pgx.Conn, at cursor, table *Table[projections.ScanRow], n int) cursor {
	b.Helper()
	r := &Relay{Batch: 1000, fence: fence, Publish: func(ctx context.Context, batch []domain.Stored) error {
		events, err := decodeAll(batch)
		if err != nil {
			return err
		}
		return table.Apply(ctx, events)
	}}
	for n > 0 {
		sent, err := r.round(b.Context(), conn, &at)
		if err != nil {
			b.Fatal(err)
		}
		n -= sent
	}
	return at
}

// singly is how many events a second go into the table one by one.
func singly(b *testing.B, log *Log, table *Table[projections.ScanRow]) float64 {
	b.Helper()
	events := tell(b, log, 50)
	began := time.Now()
	for i := range events {
		if err := table.Apply(context.Background(), events[i:i+1]); err != nil {
			b.Fatal(err)
		}
	}
	return float64(len(events)) / time.Since(began).Seconds()
}

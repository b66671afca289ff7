package postgres

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// growthMax is how many events the log grows to, where the environment does
// not say more.
const growthMax = 100_000

// smallLog is the log that larger ones are compared with, in events.
const smallLog = 10_000

// BenchmarkGrowth takes new scans into logs of many events, through the relay
// and into the table of scans, and compares what an event costs with what it
// costs in a log of ten thousand, taken in turns with it on the same server.
// SCANLEDGER_BENCH_EVENTS=10000000 lets the log grow further.
func BenchmarkGrowth(b *testing.B) {
	most := growthMax
	if s := os.Getenv("SCANLEDGER_BENCH_EVENTS"); s != "" {
		var err error
		if most, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		large := openGrown(b, newDatabase(b))
		for size := smallLog; size <= most; size *= 10 {
			large.fill(b, size)
			small := openGrown(b, newDatabase(b))
			small.fill(b, smallLog)
			compareGrown(b, size, large, small)
			small.close()
		}
		large.close()
	}
}

// compareGrown prints the median ratio of rounds in which both logs take turns.
func compareGrown(b *testing.B, size int, large, small *grown) {
	const rounds = 9
	var ours, peer [rounds]cost
	large.round(b)
	small.round(b)
	for i := range rounds {
		if i%2 == 0 {
			ours[i], peer[i] = large.round(b), small.round(b)
		} else {
			peer[i], ours[i] = small.round(b), large.round(b)
		}
	}
	ratio := func(of func(cost) float64) float64 {
		var all []float64
		for i := range rounds {
			all = append(all, of(ours[i])/of(peer[i]))
		}
		slices.Sort(all)
		return all[rounds/2]
	}
	slices.SortFunc(ours[:], func(a, b cost) int { return int(a.all() - b.all()) })
	total := ratio(cost.all)
	fmt.Printf("log/growth-%d ratio %.2f (ours %.1f, peer %.1f, unit us/event) append %.2f relay %.2f projection %.2f\n",
		size, total, ours[rounds/2].all(), ours[rounds/2].all()/total,
		ratio(func(c cost) float64 { return c.append }), ratio(func(c cost) float64 { return c.relay }), ratio(func(c cost) float64 { return c.projection }))
}

// cost is what one event costs, in microseconds.
type cost struct{ append, relay, projection float64 }

func (c cost) all() float64 { return c.append + c.relay + c.projection }

// grown is a log in a database of its own, and what stands beside it.
type grown struct {
	pool   *pgxpool.Pool
	log    *Log
	conn   *pgxpool.Conn
	table  *Table[projections.ScanRow]
	at     cursor
	filled int
}

func openGrown(b *testing.B, url string) *grown {
	b.Helper()
	pool, err := Open(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	conn, err := pool.Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return &grown{pool: pool, log: NewLog(pool), conn: conn, table: NewTable(pool, projections.Scans), at: cursor{xid: "0"}}
}

func (g *grown) close() {
	g.log.Close()
	g.conn.Release()
	g.pool.Close()
}

// fillEach is how many events a filled scan has.
const fillEach = 20

// Ids are UUIDs of version 7, as the program draws them: those that are made
// here are of the past, a scan each hundred milliseconds.
const (
	fillScans = `CREATE TEMP TABLE filled AS
		SELECT s, (lpad(to_hex(1577836800000 + s * 100), 12, '0') || '70008000' || lpad('', 12, '0'))::uuid AS scan,
			md5('owner' || s % 1000)::uuid AS owner, timestamptz '2020-01-01' + s * interval '100 ms' AS began
		FROM generate_series($1::bigint, $2) AS s`
	fillEvents = `INSERT INTO events (id, stream, version, owner, type, schema_version, at, actor, cause, trace, payload, digest, hash)
		SELECT (lpad(to_hex(1577836800000 + s * 100 + v), 12, '0') || '70018000' || lpad(to_hex(v), 12, '0'))::uuid,
			'scan-' || scan, v, owner, CASE v WHEN 1 THEN 'scan.requested' WHEN 2 THEN 'scan.started' WHEN 20 THEN 'scan.completed' ELSE 'finding.raised' END, 1,
			began + v * interval '1 ms', 'worker:host-1234-000000000000', scan::text, '',
			('{"tool":"headers","lease":1,"finding":"headers/missing/hsts","where":"' || s || '/tcp","description":"' || repeat('word ', 40) || '"}')::json,
			sha256(int8send(s * 20 + v)), sha256(int8send(-s * 20 - v))
		FROM filled CROSS JOIN LATERAL generate_series(1, 20 + 0 * s) AS v`
	fillStreams = `INSERT INTO streams (stream, owner, version, head, listed)
		SELECT 'scan-' || scan, owner, 20, sha256(int8send(-s * 20 - 20)), 20 FROM filled`
	fillPlaces = `INSERT INTO projected (projection, stream, version) SELECT 'scans', 'scan-' || scan, 20 FROM filled`
	fillRows   = `INSERT INTO scans (row_key, stream, scan, number, version, account, contract, target_value, target, profile, state, probes, progress,
			scores, findings, open_ports, reason, retest_of, requested_at, started_at, finished_at)
		SELECT 'scan-' || scan, 'scan-' || scan, scan, s * 20 + 1, 20, owner, 'issafesite', 'https://' || s % 5000 || '.example.com/',
			'{"kind": "url", "value": "https://example.com/", "domain": "example.com"}', 'quick', 'completed',
			'{"tls": {"Percent": 100}, "headers": {"Percent": 100}, "cookies": {"Percent": 100}}', 100, '{"overall": 73}', '{"medium": 17}', 2, '',
			'00000000-0000-0000-0000-000000000000', began, began, began FROM filled`
)

// fill adds finished scans of the past until there are as many events, and
// leaves the tables as autovacuum would.
func (g *grown) fill(b *testing.B, events int) {
	b.Helper()
	const batch = 25_000 // scans
	for first := g.filled / fillEach; first < events/fillEach; first += batch {
		last := min(first+batch, events/fillEach) - 1
		err := pgx.BeginFunc(b.Context(), g.conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(b.Context(), fillScans, first, last); err != nil {
				return err
			}
			for _, sql := range []string{fillEvents, fillStreams, fillPlaces, fillRows, "DROP TABLE filled"} {
				if _, err := tx.Exec(b.Context(), sql); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	g.filled = events
	for _, sql := range []string{"VACUUM (ANALYZE) events", "VACUUM (ANALYZE) streams", "VACUUM (ANALYZE)", "CHECKPOINT"} {
		if _, err := g.conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	err := g.conn.QueryRow(b.Context(), "SELECT xid::text, position FROM events ORDER BY events.xid DESC, position DESC LIMIT 1").Scan(&g.at.xid, &g.at.position)
	if err != nil {
		b.Fatal(err)
	}
}

// round appends whole scans, those of one client after each other, and brings
// them into the table.
func (g *grown) round(b *testing.B) (c cost) {
	b.Helper()
	const each = 5
	var n, unsent int
	var wg sync.WaitGroup
	began := time.Now()
	for range clients {
		wg.Go(func() {
			for range each {
				if _, err := g.log.Append(b.Context(), grownScan()); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	n = clients * each * len(grownScan().Events)
	c.append = microseconds(began, n)
	var applying time.Duration
	r := &Relay{Batch: 1000, fence: fence, Publish: func(ctx context.Context, batch []domain.Stored) error {
		read := time.Now()
		defer func() { applying += time.Since(read) }()
		events, err := decodeAll(batch)
		if err != nil {
			return err
		}
		return g.table.Apply(ctx, events)
	}}
	began = time.Now()
	for unsent = n; unsent > 0; {
		sent, err := r.round(b.Context(), g.conn.Conn(), &g.at)
		if err != nil {
			b.Fatal(err)
		}
		unsent -= sent
	}
	c.projection = float64(applying.Microseconds()) / float64(n)
	c.relay = microseconds(began, n) - c.projection
	return c
}

func microseconds(since time.Time, n int) float64 {
	return float64(time.Since(since).Microseconds()) / float64(n)
}

// grownScan is a new scan's whole story.
func grownScan() commands.Write {
	id := uuid.Must(uuid.NewV7())
	w := commands.Write{Stream: domain.NewStream(domain.ScanFamily, id)}
	for i, e := range conformance.Story(id, "https://example.com/") {
		w.Events = append(w.Events, domain.Envelope{ID: uuid.Must(uuid.NewV7()), Stream: w.Stream, Version: i + 1, At: time.Now(), Event: e})
	}
	return w
}

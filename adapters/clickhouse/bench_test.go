package clickhouse_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/projections"
)

// BenchmarkRebuild stores rows as a rebuild does, and makes a whole read model
// again, and compares the rows a second with those of one Native block, as a
// file has it, that the same engine stores into a table like it.
func BenchmarkRebuild(b *testing.B) {
	const count, rounds = 500_000, 3
	db := newDatabase(b, clickhouse.Options{Transport: engine})
	name := strings.Trim(one(b, db, "SELECT currentDatabase()"), "[]")
	p := keptOf(requests(0, count))
	var inserts, rebuilds []figures
	for b.Loop() {
		for i := range rounds {
			stored := perSecond(b, count, func() error { return p.storeInto(b.Context(), db, "requests_v"+fmt.Sprint(i+1)) })
			block := native(b, db, "SELECT * FROM "+name+".requests FORMAT Native", nil)
			native(b, db, "CREATE OR REPLACE TABLE "+name+".peer AS "+name+".requests_v"+fmt.Sprint(i+1), nil)
			peer := perSecond(b, count, func() error {
				native(b, db, "INSERT INTO "+name+".peer FORMAT Native", block)
				return nil
			})
			rebuilt := perSecond(b, count, func() error {
				_, err := db.Rebuild(b.Context(), "requests", columns, p, projections.Rebuilding{})
				return err
			})
			inserts, rebuilds = append(inserts, figures{stored, peer}), append(rebuilds, figures{rebuilt, peer})
		}
	}
	report("replay/clickhouse-insert", inserts)
	report("replay/clickhouse", rebuilds)
}

type figures struct{ ours, peer float64 }

// report prints the median ratio.
func report(name string, list []figures) {
	slices.SortFunc(list, func(a, b figures) int {
		if a.ours/a.peer < b.ours/b.peer {
			return -1
		}
		return 1
	})
	m := list[len(list)/2]
	fmt.Printf("%s ratio %.2f (ours %.0f, peer %.0f, unit rows/s)\n", name, m.ours/m.peer, m.ours, m.peer)
}

func perSecond(b *testing.B, rows int, do func() error) float64 {
	b.Helper()
	began := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return float64(rows) / time.Since(began).Seconds()
}

// native asks the engine over HTTP, without any client library.
func native(b *testing.B, db *clickhouse.DB, sql string, body []byte) []byte {
	b.Helper()
	request, err := http.NewRequest(http.MethodPost, engine.URL()+"/?query="+url.QueryEscape(sql), bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s %.300s %v", sql, answer.Status, text, err)
	}
	return text
}

// kept is a topic of two partitions in memory.
type kept struct{ partitions [2][]clickhouse.Row }

func keptOf(rows []clickhouse.Row) *kept {
	k := &kept{}
	for i, row := range rows {
		p := i % len(k.partitions)
		row[12], row[13] = int32(p), int64(len(k.partitions[p]))
		k.partitions[p] = append(k.partitions[p], row)
	}
	return k
}

// batch is what replay reads of a partition at one time.
const batch = 100_000

// Extent implements clickhouse.Topic.
func (k *kept) Extent(context.Context) (first, next map[int32]int64, err error) {
	first, next = map[int32]int64{}, map[int32]int64{}
	for p, rows := range k.partitions {
		first[int32(p)], next[int32(p)] = 0, int64(len(rows))
	}
	return first, next, nil
}

// Deleted implements clickhouse.Topic.
func (*kept) Deleted(context.Context, []uuid.UUID) ([]uuid.UUID, error) { return nil, nil }

// Read implements clickhouse.Topic.
func (k *kept) Read(ctx context.Context, from, to map[int32]int64, see func(context.Context, int32, int64, []clickhouse.Row) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for p, end := range to {
		group.Go(func() error {
			for at := from[p]; at < end; at += batch {
				next := min(at+batch, end)
				if err := see(ctx, p, next, k.partitions[p][at:next]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (k *kept) storeInto(ctx context.Context, db *clickhouse.DB, table string) error {
	_, next, _ := k.Extent(ctx)
	return k.Read(ctx, nil, next, func(ctx context.Context, p int32, next int64, rows []clickhouse.Row) error {
		return db.Insert(ctx, table, columns, fmt.Sprint("bench/", p, next, time.Now().UnixNano()), rows)
	})
}

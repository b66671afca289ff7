package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
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

// BenchmarkRebuild rebuilds each read model from the log, from the first event
// that is read to the swap, and compares its rows a second with those of a bare
// CopyFrom of the same finished rows into a table like it.
func BenchmarkRebuild(b *testing.B) {
	const scans = 10_000
	pool := openPool(b, newDatabase(b))
	log := openLog(b, pool)
	for range scans / 200 {
		writes := make([]commands.Write, 200)
		for i := range writes {
			writes[i] = storyOf(uuid.Must(uuid.NewV7()))
		}
		mustAppend(b, log, writes...)
	}
	if _, err := pool.Exec(b.Context(), "ANALYZE events; ANALYZE streams; CHECKPOINT"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		benchRebuild(b, pool, projections.Scans)
		benchRebuild(b, pool, projections.Findings)
		benchRebuild(b, pool, projections.Reports)
	}
}

// storyOf is a whole scan, to be appended.
func storyOf(id uuid.UUID) commands.Write {
	w := commands.Write{Stream: domain.NewStream(domain.ScanFamily, id)}
	for i, e := range conformance.Story(id, "https://example.com/") {
		w.Events = append(w.Events, domain.Envelope{ID: uuid.New(), Stream: w.Stream, Version: i + 1, At: time.Unix(0, 0), Event: e})
	}
	return w
}

// benchRebuild prints the median ratio of rounds in which both sides take turns.
func benchRebuild[R any](b *testing.B, pool *pgxpool.Pool, fold projections.Fold[R]) {
	b.Helper()
	const rounds = 3
	type round struct{ ours, peer float64 }
	list := make([]round, rounds)
	for i := range list {
		began := time.Now()
		done, err := NewTable(pool, fold).Rebuild(b.Context(), projections.Rebuilding{})
		if err != nil {
			b.Fatal(err)
		}
		took := time.Since(began).Seconds()
		list[i] = round{float64(done.Rows) / took, benchCopy(b, pool, fold)}
	}
	slices.SortFunc(list, func(a, b round) int {
		if a.ours/a.peer < b.ours/b.peer {
			return -1
		}
		return 1
	})
	m := list[rounds/2]
	fmt.Printf("replay/postgres-%s ratio %.2f (ours %.0f, peer %.0f, unit rows/s)\n", fold.Name, m.ours/m.peer, m.ours, m.peer)
}

// benchCopy is how many of the rows that stand CopyFrom writes in a second into
// an empty table of the same columns and indexes.
func benchCopy[R any](b *testing.B, pool *pgxpool.Pool, fold projections.Fold[R]) float64 {
	b.Helper()
	t := NewTable(pool, fold)
	var rows [][]any
	err := t.each(b.Context(), pool, fold.Name, "", nil, func(key string, s domain.Stream, row *R) error {
		columns, err := finished(key, s, row)
		rows = append(rows, columns)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := pool.Exec(b.Context(), "CREATE TABLE peer (LIKE "+standing(b, pool, fold.Name)+" INCLUDING ALL)"); err != nil {
		b.Fatal(err)
	}
	defer pool.Exec(context.Background(), "DROP TABLE peer")
	began := time.Now()
	n, err := pool.CopyFrom(b.Context(), pgx.Identifier{"peer"}, append([]string{"row_key", "stream"}, t.columns...), pgx.CopyFromRows(rows))
	if err != nil || n != int64(len(rows)) {
		b.Fatalf("%d of %d rows: %v", n, len(rows), err)
	}
	return float64(n) / time.Since(began).Seconds()
}

// finished are a row's columns as they are copied: what is JSON is made.
func finished[R any](key string, s domain.Stream, row *R) ([]any, error) {
	columns := []any{key, string(s)}
	for _, f := range fieldsOf(row) {
		v := reflect.ValueOf(f).Elem()
		switch value := v.Interface().(type) {
		case uuid.UUID, time.Time, *time.Time, []string:
			columns = append(columns, value)
			continue
		}
		switch {
		case v.Kind() == reflect.String:
			columns = append(columns, v.String())
		case v.CanInt():
			columns = append(columns, v.Int())
		case v.Kind() == reflect.Pointer && v.IsNil():
			columns = append(columns, nil)
		default:
			text, err := json.Marshal(v.Interface())
			if err != nil {
				return nil, err
			}
			columns = append(columns, text)
		}
	}
	return columns, nil
}

// standing is the table of the version that is live.
func standing(t testing.TB, pool *pgxpool.Pool, model string) (table string) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), "SELECT model || '_v' || live FROM models WHERE model = $1", model).Scan(&table); err != nil {
		t.Fatal(err)
	}
	return table
}

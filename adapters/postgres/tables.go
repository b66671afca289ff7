package postgres

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Table keeps one read model. Its columns are the row's db tags, beside
// row_key and stream.
type Table[R any] struct {
	fold    projections.Fold[R]
	pool    *pgxpool.Pool
	columns []string
	lists   bool // whether streams.listed follows this table
}

// NewTable returns the table of a read model.
func NewTable[R any](pool *pgxpool.Pool, fold projections.Fold[R]) *Table[R] {
	t := &Table[R]{fold: fold, pool: pool, lists: fold.Name == projections.Scans.Name}
	for f := range reflect.TypeFor[R]().Fields() {
		t.columns = append(t.columns, f.Tag.Get("db"))
	}
	return t
}

// Name is the read model's name.
func (t *Table[R]) Name() string { return t.fold.Name }

// Apply folds a batch into the rows, in one transaction with the versions
// that they then have. Events that are in the rows already are skipped. Where
// events are missing before those of the batch, they are read from the log:
// what the log has is never waited for. A stream that is erased has no rows,
// whatever of it comes.
func (t *Table[R]) Apply(ctx context.Context, batch []domain.Envelope) error {
	streams := byStream(batch)
	return away(pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		have, err := t.versions(ctx, tx, streams)
		if err != nil {
			return err
		}
		var news []history
		for _, h := range streams {
			h, err := t.news(ctx, tx, h, have[h.stream].version)
			h.erased = have[h.stream].erased || slices.ContainsFunc(h.events, projections.Forgets)
			if err != nil {
				return err
			}
			if len(h.events) > 0 {
				news = append(news, h)
			}
		}
		if len(news) == 0 {
			return nil
		}
		return t.write(ctx, tx, news)
	}))
}

// history is what a batch has of one stream, oldest first.
type history struct {
	stream domain.Stream
	events []domain.Envelope
	erased bool // whether the stream is: then it is forgotten, and not folded
}

// place is how far a projection has come with a stream.
type place struct {
	version int
	erased  bool // whether the log says so of the stream
}

// byStream sorts a batch by stream and version, so that all writers lock rows
// in one order.
func byStream(batch []domain.Envelope) []history {
	at := map[domain.Stream]int{}
	var out []history
	for _, e := range batch {
		i, ok := at[e.Stream]
		if !ok {
			i = len(out)
			at[e.Stream], out = i, append(out, history{stream: e.Stream})
		}
		out[i].events = append(out[i].events, e)
	}
	for _, h := range out {
		slices.SortStableFunc(h.events, func(a, b domain.Envelope) int { return a.Version - b.Version })
	}
	slices.SortFunc(out, func(a, b history) int { return strings.Compare(string(a.stream), string(b.stream)) })
	return out
}

// versions locks the streams' places in this projection.
func (t *Table[R]) versions(ctx context.Context, tx pgx.Tx, streams []history) (map[domain.Stream]place, error) {
	names := make([]string, len(streams))
	for i, h := range streams {
		names[i] = string(h.stream)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO projected (projection, stream, version)
		SELECT $1, unnest($2::text[]), 0 ON CONFLICT DO NOTHING`, t.fold.Name, names); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT p.stream, p.version, coalesce(s.erased, false) FROM projected p LEFT JOIN streams s ON s.stream = p.stream
		WHERE p.projection = $1 AND p.stream = ANY($2) ORDER BY p.stream FOR UPDATE OF p`, t.fold.Name, names)
	if err != nil {
		return nil, err
	}
	have := make(map[domain.Stream]place, len(streams))
	var s domain.Stream
	var at place
	_, err = pgx.ForEachRow(rows, []any{&s, &at.version, &at.erased}, func() error { have[s] = at; return nil })
	return have, err
}

// news is what of a stream's batch is not in the rows yet, without a gap.
func (t *Table[R]) news(ctx context.Context, tx pgx.Tx, h history, have int) (history, error) {
	fresh := h.events[:0:0]
	for _, e := range h.events {
		if e.Version == have+len(fresh)+1 {
			fresh = append(fresh, e)
		} else if e.Version > have+len(fresh)+1 {
			missing, err := readStream(ctx, tx, h.stream, have)
			if err != nil {
				return history{}, err
			}
			if len(missing) == 0 || missing[0].Version != have+1 {
				return history{}, &unknownEvent{h.stream, have + 1}
			}
			return history{stream: h.stream, events: missing}, nil
		}
	}
	return history{stream: h.stream, events: fresh}, nil
}

// write folds the news into the rows and puts them down.
func (t *Table[R]) write(ctx context.Context, tx pgx.Tx, news []history) error {
	touched := map[string]domain.Stream{}
	for _, h := range news {
		for _, e := range h.events {
			if k, ok := t.fold.Touches(e); ok && !h.erased {
				touched[k] = h.stream
			}
		}
	}
	rows, err := t.load(ctx, tx, slices.Sorted(maps.Keys(touched)))
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, h := range news {
		version := h.events[len(h.events)-1].Version
		if h.erased {
			t.forget(b, h.stream, version)
			continue
		}
		rows = t.fold.Rows(rows, h.events)
		b.Queue("UPDATE projected SET version = $3 WHERE projection = $1 AND stream = $2", t.fold.Name, h.stream, version)
		if t.lists {
			b.Queue("UPDATE streams SET listed = $2 WHERE stream = $1 AND listed < $2", h.stream, version)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(touched)) {
		t.upsert(b, k, touched[k], rows[k])
	}
	return tx.SendBatch(ctx, b).Close()
}

// forget queues that a stream has no rows, as of a version.
func (t *Table[R]) forget(b *pgx.Batch, s domain.Stream, version int) {
	b.Queue(`INSERT INTO projected AS p (projection, stream, version) VALUES ($1, $2, $3)
		ON CONFLICT (projection, stream) DO UPDATE SET version = greatest(p.version, excluded.version)`, t.fold.Name, s, version)
	if t.lists {
		b.Queue("UPDATE streams SET listed = $2 WHERE stream = $1 AND listed < $2", s, version)
	}
	if t.fold.Many {
		b.Queue("DELETE FROM "+t.fold.Name+" WHERE scan = $1", s.ID())
		return
	}
	b.Queue("DELETE FROM "+t.fold.Name+" WHERE row_key = $1", s)
}

// load reads rows by their keys.
func (t *Table[R]) load(ctx context.Context, q querier, keys []string) (map[string]R, error) {
	return t.query(ctx, q, "WHERE row_key = ANY($1)", keys)
}

// query reads the rows that a condition chooses, by their keys.
func (t *Table[R]) query(ctx context.Context, q querier, condition string, args ...any) (map[string]R, error) {
	rows, err := q.Query(ctx, "SELECT row_key, "+strings.Join(t.columns, ", ")+" FROM "+t.fold.Name+" "+condition, args...)
	if err != nil {
		return nil, err
	}
	out := map[string]R{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var key string
		var r R
		err := row.Scan(append([]any{&key}, fieldsOf(&r)...)...)
		out[key] = r
		return struct{}{}, err
	})
	return out, err
}

// upsert queues a row to be written.
func (t *Table[R]) upsert(b *pgx.Batch, key string, stream domain.Stream, row R) {
	places, sets := make([]string, len(t.columns)), make([]string, len(t.columns))
	for i, c := range t.columns {
		places[i], sets[i] = fmt.Sprintf("$%d", i+3), c+" = excluded."+c
	}
	args := []any{key, stream}
	for _, f := range fieldsOf(&row) {
		args = append(args, reflect.ValueOf(f).Elem().Interface())
	}
	b.Queue(fmt.Sprintf("INSERT INTO %s (row_key, stream, %s) VALUES ($1, $2, %s) ON CONFLICT (row_key) DO UPDATE SET %s",
		t.fold.Name, strings.Join(t.columns, ", "), strings.Join(places, ", "), strings.Join(sets, ", ")), args...)
}

// fieldsOf returns pointers to a row's fields, in the order of its columns.
func fieldsOf[R any](row *R) []any {
	v := reflect.ValueOf(row).Elem()
	out := make([]any, v.NumField())
	for i := range out {
		out[i] = v.Field(i).Addr().Interface()
	}
	return out
}

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

// Apply folds a batch into the rows of the version that is live, in one
// transaction with the versions that the streams then have. Events that are in
// the rows already are skipped. Where events are missing before those of the
// batch, they are read from the log: what the log has is never waited for.
func (t *Table[R]) Apply(ctx context.Context, batch []domain.Envelope) error {
	return away(pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		v, err := live(ctx, tx, t.fold.Name)
		if err != nil {
			return err
		}
		return t.applyTo(ctx, tx, v, batch, applying{gap: fromLog(tx), listed: t.lists})
	}))
}

// applying is how a batch goes into a version.
type applying struct {
	// gap reads what is missing after a stream's version; nothing without an
	// error when what follows is to be left out.
	gap    func(ctx context.Context, s domain.Stream, after int) ([]domain.Envelope, error)
	listed bool // streams.listed follows
	// A rebuild's: the checksum of the rows and the count of events, which follow.
	sum    *Sum
	events *int64
}

// applyTo folds a batch into the rows of one version.
func (t *Table[R]) applyTo(ctx context.Context, tx pgx.Tx, v version, batch []domain.Envelope, how applying) error {
	streams := byStream(batch)
	have, err := lockPlaces(ctx, tx, v, streams)
	if err != nil {
		return err
	}
	var news []history
	for _, h := range streams {
		h, err := newsOf(ctx, h, have[h.stream], how)
		if err != nil {
			return err
		}
		if len(h.events) > 0 {
			news = append(news, h)
		}
		if how.events != nil {
			*how.events += int64(len(h.events))
		}
	}
	if len(news) == 0 {
		return nil
	}
	return t.write(ctx, tx, v, news, how)
}

// fromLog fills gaps with what the log has.
func fromLog(q querier) func(context.Context, domain.Stream, int) ([]domain.Envelope, error) {
	return func(ctx context.Context, s domain.Stream, after int) ([]domain.Envelope, error) {
		missing, err := readStream(ctx, q, s, after)
		if err == nil && (len(missing) == 0 || missing[0].Version != after+1) {
			err = fmt.Errorf("stream %s: the log has no version %d", s, after+1)
		}
		return missing, err
	}
}

// history is what a batch has of one stream, oldest first.
type history struct {
	stream domain.Stream
	events []domain.Envelope
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

// lockPlaces locks the streams' places in a version.
func lockPlaces(ctx context.Context, tx pgx.Tx, v version, streams []history) (map[domain.Stream]int, error) {
	names := make([]string, len(streams))
	for i, h := range streams {
		names[i] = string(h.stream)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO `+v.places()+` (projection, stream, version)
		SELECT $1, unnest($2::text[]), 0 ON CONFLICT DO NOTHING`, v.model, names); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT stream, version FROM `+v.places()+` WHERE stream = ANY($1) ORDER BY stream FOR UPDATE`, names)
	if err != nil {
		return nil, err
	}
	have := make(map[domain.Stream]int, len(streams))
	var s domain.Stream
	var n int
	_, err = pgx.ForEachRow(rows, []any{&s, &n}, func() error { have[s] = n; return nil })
	return have, err
}

// newsOf is what of a stream's batch is not in the rows yet, without a gap.
func newsOf(ctx context.Context, h history, have int, how applying) (history, error) {
	fresh := h.events[:0:0]
	for _, e := range h.events {
		if e.Version == have+len(fresh)+1 {
			fresh = append(fresh, e)
		} else if e.Version > have+len(fresh)+1 {
			missing, err := how.gap(ctx, h.stream, have)
			if err != nil || len(missing) == 0 {
				return history{h.stream, fresh}, err
			}
			return history{h.stream, missing}, nil
		}
	}
	return history{h.stream, fresh}, nil
}

// write folds the news into the rows and puts them down.
func (t *Table[R]) write(ctx context.Context, tx pgx.Tx, v version, news []history, how applying) error {
	touched := map[string]domain.Stream{}
	for _, h := range news {
		for _, e := range h.events {
			if k, ok := t.fold.Key(e); ok {
				touched[k] = h.stream
			}
		}
	}
	rows, err := t.load(ctx, tx, v.table(), slices.Sorted(maps.Keys(touched)))
	if err != nil {
		return err
	}
	if err := t.count(how.sum, (*Sum).Take, rows, touched); err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, h := range news {
		rows = t.fold.Rows(rows, h.events)
		last := h.events[len(h.events)-1].Version
		b.Queue("UPDATE "+v.places()+" SET version = $2 WHERE stream = $1", h.stream, last)
		if how.listed {
			b.Queue("UPDATE streams SET listed = $2 WHERE stream = $1 AND listed < $2", h.stream, last)
		}
	}
	if err := t.count(how.sum, (*Sum).Add, rows, touched); err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(rows)) {
		t.upsert(b, v, k, touched[k], rows[k])
	}
	return tx.SendBatch(ctx, b).Close()
}

// load reads rows by their keys.
func (t *Table[R]) load(ctx context.Context, q querier, table string, keys []string) (map[string]R, error) {
	return t.query(ctx, q, table, "WHERE row_key = ANY($1)", keys)
}

// query reads the rows of a table, or of the view, that a condition chooses,
// by their keys.
func (t *Table[R]) query(ctx context.Context, q querier, table, condition string, args ...any) (map[string]R, error) {
	out := map[string]R{}
	err := t.each(ctx, q, table, condition, args, func(key string, _ domain.Stream, row *R) error {
		out[key] = *row
		return nil
	})
	return out, err
}

// each gives the rows of a table, or of the view, that a condition chooses.
func (t *Table[R]) each(ctx context.Context, q querier, table, condition string, args []any, see func(key string, s domain.Stream, row *R) error) error {
	rows, err := q.Query(ctx, "SELECT row_key, stream, "+strings.Join(t.columns, ", ")+" FROM "+table+" "+condition, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var s domain.Stream
		var row R
		if err := rows.Scan(append([]any{&key, &s}, fieldsOf(&row)...)...); err != nil {
			return err
		}
		if err := see(key, s, &row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// upsert queues a row to be written.
func (t *Table[R]) upsert(b *pgx.Batch, v version, key string, stream domain.Stream, row R) {
	places, sets := make([]string, len(t.columns)), make([]string, len(t.columns))
	for i, c := range t.columns {
		places[i], sets[i] = fmt.Sprintf("$%d", i+3), c+" = excluded."+c
	}
	args := []any{key, stream}
	for _, f := range fieldsOf(&row) {
		args = append(args, reflect.ValueOf(f).Elem().Interface())
	}
	b.Queue(fmt.Sprintf("INSERT INTO %s (row_key, stream, %s) VALUES ($1, $2, %s) ON CONFLICT (row_key) DO UPDATE SET %s",
		v.table(), strings.Join(t.columns, ", "), strings.Join(places, ", "), strings.Join(sets, ", ")), args...)
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

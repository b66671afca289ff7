package postgres

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// ofStreams chooses the rows of streams by a column that has an index.
func (t *Table[R]) ofStreams(streams ...domain.Stream) (condition string, keys any) {
	if !t.fold.Many {
		return "WHERE row_key = ANY($1)", streams
	}
	ids := make([]uuid.UUID, len(streams))
	for i, s := range streams {
		ids[i] = s.ID()
	}
	return "WHERE scan = ANY($1)", ids
}

// rowsOf reads the rows of streams, and of which stream each is.
func (t *Table[R]) rowsOf(ctx context.Context, q querier, v version, streams ...domain.Stream) (rows map[string]R, of map[string]domain.Stream, err error) {
	rows, of = map[string]R{}, map[string]domain.Stream{}
	condition, keys := t.ofStreams(streams...)
	err = t.each(ctx, q, v.table(), condition, []any{keys}, func(key string, s domain.Stream, row *R) error {
		rows[key], of[key] = *row, s
		return nil
	})
	return rows, of, err
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
	rows, err := q.Query(ctx, t.selects(table, condition), args...)
	if err != nil {
		return err
	}
	return scanEach(rows, see)
}

// queue queues that the rows that a condition chooses are given.
func (t *Table[R]) queue(b *pgx.Batch, table, condition string, args []any, see func(key string, s domain.Stream, row *R) error) {
	b.Queue(t.selects(table, condition), args...).Query(func(rows pgx.Rows) error { return scanEach(rows, see) })
}

func (t *Table[R]) selects(table, condition string) string {
	return "SELECT row_key, stream, " + strings.Join(t.columns, ", ") + " FROM " + table + " " + condition
}

func scanEach[R any](rows pgx.Rows, see func(key string, s domain.Stream, row *R) error) error {
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

package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/scanledger/scanledger/projections"
)

// tally is how many rows there are, and the sum of their hashes.
type tally struct {
	rows uint64
	sum  uint64
}

// content are the columns of what a row says; where it was read is none of it.
func (r *rebuild) content() string {
	var names []string
	for _, c := range r.columns {
		if c != "topic" && c != "partition" && c != "offset" {
			names = append(names, c)
		}
	}
	return "cityHash64(" + strings.Join(names, ", ") + ")"
}

// tally counts a table's rows of a month by their ids.
func (r *rebuild) tally(ctx context.Context, table string, month uint32, condition string) (t tally, err error) {
	ctx, cancel := context.WithTimeout(ctx, steps)
	defer cancel()
	err = r.db.conn.QueryRow(ctx, fmt.Sprintf("SELECT uniqExact(event_id), sum(%s) FROM %s FINAL WHERE toYYYYMM(at) = %d AND %s",
		r.content(), table, month, condition)).Scan(&t.rows, &t.sum)
	return t, err
}

// check compares the rows that stand with the new ones, as far as both have
// been filled. While others store, they may differ for a moment.
func (r *rebuild) check(ctx context.Context) error {
	r.Seen(projections.Progress{Phase: projections.Checking, Done: r.note.Events, Total: r.note.Events})
	const tries = 5
	for try := 1; ; try++ {
		err := r.compare(ctx, try == tries)
		var refused *projections.Refused
		if try == tries || !errors.As(err, &refused) {
			return err
		}
		timer := time.NewTimer(time.Duration(try) * 100 * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// compare compares month by month. In the last try missing rows are carried
// over, where that is accepted.
func (r *rebuild) compare(ctx context.Context, last bool) error {
	limits, err := r.filled(ctx)
	if err != nil {
		return err
	}
	months, err := r.months(ctx)
	if err != nil {
		return err
	}
	var all tally
	for _, month := range months {
		made, err := r.compareMonth(ctx, month, limits, last)
		if err != nil {
			return err
		}
		all.rows, all.sum = all.rows+made.rows, all.sum+made.sum
	}
	r.done.Rows, r.done.Checksum = int64(all.rows), fmt.Sprintf("%016x", all.sum)
	return nil
}

// compareMonth compares as far as both tables are filled, and counts the new
// rows up to the end.
func (r *rebuild) compareMonth(ctx context.Context, month uint32, limits map[int32]int64, last bool) (made tally, err error) {
	began := time.Now()
	standing, err := r.tally(ctx, r.old, month, bound(limits))
	if err != nil {
		return made, err
	}
	if made, err = r.tally(ctx, r.new, month, bound(limits)); err != nil {
		return made, err
	}
	if standing != made {
		if err := r.explain(ctx, month, bound(limits), last); err != nil {
			return made, err
		}
	}
	if standing != made || !maps.Equal(limits, r.end) {
		made, err = r.tally(ctx, r.new, month, bound(r.end))
	}
	r.Rest(ctx, time.Since(began))
	return made, err
}

// filled is up to where the rows that stand have come, in each partition, and
// the new ones at least as far.
func (r *rebuild) filled(ctx context.Context) (map[int32]int64, error) {
	limits := map[int32]int64{}
	rows, err := r.db.conn.Query(ctx, "SELECT partition, max(offset) + 1 FROM "+r.old+" GROUP BY partition")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p int32
		var next int64
		if err := rows.Scan(&p, &next); err != nil {
			return nil, err
		}
		if end, known := r.end[p]; known {
			limits[p] = min(end, next)
		}
	}
	for p := range r.end { // of which nothing stands
		if _, known := limits[p]; !known {
			limits[p] = 0
		}
	}
	return limits, rows.Err()
}

// explain refuses when rows that stand are not among the new ones. More rows
// than stand are what a rebuild may be for.
func (r *rebuild) explain(ctx context.Context, month uint32, condition string, last bool) error {
	rows := func(table string) string {
		return fmt.Sprintf("FROM %s FINAL WHERE toYYYYMM(at) = %d", table, month)
	}
	known := "event_id IN (SELECT event_id " + rows(r.new) + ")"
	if last && r.Accept {
		return r.take(ctx, month, condition+" AND NOT "+known)
	}
	ctx, cancel := context.WithTimeout(ctx, steps)
	defer cancel()
	var missing, others uint64
	err := r.db.conn.QueryRow(ctx, fmt.Sprintf("SELECT countIf(NOT known), countIf(known AND (event_id, %s) NOT IN (SELECT event_id, %s %s)) FROM (SELECT *, %s AS known %s AND %s)",
		r.content(), r.content(), rows(r.new), known, rows(r.old), condition)).Scan(&missing, &others)
	if err == nil && missing+others > 0 {
		return &projections.Refused{Reason: fmt.Sprintf("%s: of the rows of %d that stand %d are missing in %s and %d are others there; "+
			"with --accept the missing ones are carried over, and the others are as the topic has them", r.model, month, missing, r.new, others)}
	}
	return err
}

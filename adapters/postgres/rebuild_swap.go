package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// index gives the new tables the indexes of those that stand. They are built
// without a transaction, which the relay's fence would have to wait for.
func (r *rebuild[R]) index(ctx context.Context) error {
	for _, table := range []string{r.new.table(), r.new.places()} { // what a run that was cut off has left
		if _, err := r.t.pool.Exec(ctx, "ALTER TABLE "+table+" DROP CONSTRAINT IF EXISTS "+table+"_pkey"); err != nil {
			return err
		}
		if err := r.eachOf(ctx, "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = $1::regclass", table, "DROP INDEX %s"); err != nil {
			return err
		}
	}
	err := r.eachOf(ctx, `SELECT CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX CONCURRENTLY ON ' || $2::text
			|| substring(pg_get_indexdef(i.indexrelid) FROM ' USING .*')
		FROM pg_index i WHERE i.indrelid = $1::regclass ORDER BY i.indexrelid`, r.old.table(), "CREATE %s", r.new.table())
	if err != nil {
		return err
	}
	for _, sql := range []string{
		"CREATE UNIQUE INDEX CONCURRENTLY %[1]s_pkey ON %[1]s (stream, projection)",
		"ALTER TABLE %[1]s ADD PRIMARY KEY USING INDEX %[1]s_pkey", // what projected needs of a partition
		"ANALYZE %[1]s",
	} {
		if _, err := r.t.pool.Exec(ctx, fmt.Sprintf(sql, r.new.places())); err != nil {
			return err
		}
	}
	_, err = r.t.pool.Exec(ctx, "ANALYZE "+r.new.table())
	return err
}

// eachOf runs a statement for each text that a query has.
func (r *rebuild[R]) eachOf(ctx context.Context, query, table, statement string, more ...any) error {
	rows, err := r.t.pool.Query(ctx, query, append([]any{table}, more...)...)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, text := range list {
		if err == nil {
			_, err = r.t.pool.Exec(ctx, fmt.Sprintf(statement, text))
		}
	}
	return err
}

// finish catches up, checks and swaps. What stands may be ahead of a topic for
// a moment, by what was filled in from the log before it is relayed: then it
// does so again.
func (r *rebuild[R]) finish(ctx context.Context) error {
	const tries = 5
	for try := 1; ; try++ {
		err := r.finishOnce(ctx)
		var refused *projections.Refused
		if try == tries || !errors.As(err, &refused) || !refused.Passing {
			return err
		}
		rest(ctx, time.Duration(try)*200*time.Millisecond, nil)
	}
}

func (r *rebuild[R]) finishOnce(ctx context.Context) error {
	if err := r.catchUp(ctx); err != nil {
		return err
	}
	r.tellOf(projections.Checking)
	if err := r.check(ctx); err != nil {
		return err
	}
	r.tellOf(projections.Swapping)
	before := r.state.clone()
	return r.patiently(ctx, func(tx pgx.Tx) error {
		r.state = before.clone() // of a try that was rolled back nothing stays
		return r.swap(ctx, tx)
	})
}

func (s rebuildState) clone() rebuildState {
	s.Offsets, s.Lost = maps.Clone(s.Offsets), maps.Clone(s.Lost)
	return s
}

func (r *rebuild[R]) catchUp(ctx context.Context) error {
	r.tell()
	if r.Topic == nil {
		return r.follow(ctx)
	}
	if err := r.followTopic(ctx); err != nil {
		return err
	}
	return r.settle(ctx, r.restful)
}

// check reads the rows back and compares their sum with that of those that were made.
func (r *rebuild[R]) check(ctx context.Context) error {
	found, err := r.t.sumOf(ctx, r.new.table())
	if err == nil && found != r.state.Sum {
		err = &projections.Refused{Reason: fmt.Sprintf("%s: the rows that were made are %d with the checksum %s, those in %s are %d with %s; the old ones stay",
			r.new.model, r.state.Sum.Rows, r.state.Sum, r.new.table(), found.Rows, found)}
	}
	return err
}

// Sum is the checksum of the rows that stand.
func (t *Table[R]) Sum(ctx context.Context) (Sum, error) {
	sum, err := t.sumOf(ctx, t.fold.Name)
	return sum, away(err)
}

// sumOf reads all rows of a table, or of the view.
func (t *Table[R]) sumOf(ctx context.Context, table string) (sum Sum, err error) {
	parts := make([]Sum, runtime.GOMAXPROCS(0))
	group, ctx := errgroup.WithContext(ctx)
	for i := range parts {
		group.Go(func() error {
			return t.each(ctx, t.pool, table, "WHERE abs(hashtext(row_key) % $1) = $2", []any{len(parts), i},
				func(key string, s domain.Stream, row *R) error {
					_, hash, err := encodeRow(key, s, row)
					parts[i].Add(hash)
					return err
				})
		})
	}
	err = group.Wait()
	for _, part := range parts {
		sum.Join(part)
	}
	return sum, err
}

// swap puts the new version in the place of the one that stands, with whatever
// that has got in the last moment. Nobody applies events or erases a scan until
// it is committed.
func (r *rebuild[R]) swap(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1, hashtext($2))", swapLock, r.new.model); err != nil {
		return err
	}
	if err := r.last(ctx, tx); err != nil {
		return err
	}
	if r.t.lists {
		if _, err := tx.Exec(ctx, `WITH ahead AS (SELECT s.stream, p.version FROM streams s JOIN `+r.new.places()+` p USING (stream)
				WHERE s.listed < s.version AND s.stream LIKE 'scan-%' AND s.listed < p.version ORDER BY s.stream FOR UPDATE OF s)
			UPDATE streams s SET listed = ahead.version FROM ahead WHERE s.stream = ahead.stream`); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		"CREATE OR REPLACE VIEW {model} AS SELECT * FROM {new}",
		"ALTER TABLE projected DETACH PARTITION {old}_places",
		"ALTER TABLE projected ATTACH PARTITION {new}_places FOR VALUES IN ('{model}')",
	} {
		sql = strings.NewReplacer("{model}", r.new.model, "{new}", r.new.table(), "{old}", r.old.table()).Replace(sql)
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := r.save(ctx, tx); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE models SET live = building, building = NULL WHERE model = $1", r.new.model)
	return err
}

// last applies what is left, whether the relay has come to it or not.
func (r *rebuild[R]) last(ctx context.Context, tx pgx.Tx) error {
	if r.Topic == nil {
		for {
			if n, err := r.applyLog(ctx, tx, "true"); err != nil || n < r.followed() {
				return err
			}
		}
	}
	in := func(_ context.Context, do func(pgx.Tx) error) error { return do(tx) }
	if _, err := r.readTopic(ctx, in); err != nil {
		return err
	}
	return r.settle(ctx, in)
}

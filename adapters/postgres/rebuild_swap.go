package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/projections"
)

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

// sumOf reads all rows of a table that nobody writes to.
func (t *Table[R]) sumOf(ctx context.Context, table string) (sum Sum, err error) {
	var blocks int
	if err := t.pool.QueryRow(ctx, "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int", table).Scan(&blocks); err != nil {
		return sum, err
	}
	parts := make([]Sum, runtime.GOMAXPROCS(0))
	group, ctx := errgroup.WithContext(ctx)
	for i := range parts {
		group.Go(func() error {
			from, to := fmt.Sprintf("(%d,0)", i*blocks/len(parts)), fmt.Sprintf("(%d,0)", (i+1)*blocks/len(parts))
			rows, err := t.pool.Query(ctx, t.selects(table, "WHERE ctid >= $1::text::tid AND ctid < $2::text::tid"),
				pgx.QueryResultFormats{pgx.BinaryFormatCode}, from, to)
			if err != nil {
				return err
			}
			defer rows.Close()
			var tuple []byte
			for rows.Next() {
				tuple = appendValues(tuple[:0], rows.RawValues())
				parts[i].Add(sha256.Sum256(tuple))
			}
			return rows.Err()
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
				WHERE s.listed < s.version AND s.stream LIKE '`+r.t.fold.Family+`-%' AND s.listed < p.version ORDER BY s.stream FOR UPDATE OF s)
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

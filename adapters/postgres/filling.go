package postgres

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// steps are how a batch goes into one version of a table. What they queue goes
// to the server in one journey with what those of other tables queue.
type steps interface {
	lock(b *pgx.Batch)                                                        // the streams' places
	load(ctx context.Context, tx pgx.Tx, b *pgx.Batch) (news bool, err error) // the rows that the news are about
	write(ctx context.Context, tx pgx.Tx, b *pgx.Batch) error
}

// applyTo folds a batch into the live versions of tables, in one transaction.
func applyTo(ctx context.Context, pool *pgxpool.Pool, batch []domain.Envelope, tables ...Model) error {
	streams := byStream(batch)
	if len(streams) == 0 {
		return nil
	}
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		versions, err := live(ctx, tx, tables...)
		if err != nil {
			return err
		}
		all := make([]steps, len(tables))
		for i, t := range tables {
			all[i] = t.filling(versions[i], streams, applying{gap: fromLog(tx), listed: true})
		}
		return fill(ctx, tx, all...)
	})
	failpoint.Here(failpoint.TableCommitted)
	return away(err)
}

// fill takes the steps. All places are locked before anything is written, in
// the order of the tables and the streams.
func fill(ctx context.Context, tx pgx.Tx, tables ...steps) error {
	locks, loads, writes := &pgx.Batch{}, &pgx.Batch{}, &pgx.Batch{}
	for _, t := range tables {
		t.lock(locks)
	}
	if err := tx.SendBatch(ctx, locks).Close(); err != nil {
		return err
	}
	var some []steps
	for _, t := range tables {
		news, err := t.load(ctx, tx, loads)
		if err != nil {
			return err
		}
		if news {
			some = append(some, t)
		}
	}
	if len(some) == 0 {
		return nil
	}
	failpoint.Here(failpoint.TableRead)
	if err := tx.SendBatch(ctx, loads).Close(); err != nil {
		return err
	}
	for _, t := range some {
		if err := t.write(ctx, tx, writes); err != nil {
			return err
		}
	}
	err := tx.SendBatch(ctx, writes).Close()
	failpoint.Here(failpoint.TableWritten)
	return err
}

// filling is a batch on its way into one version of a table.
type filling[R any] struct {
	t       *Table[R]
	v       version
	how     applying
	streams []history // of the batch
	have    map[domain.Stream]place
	news    []history // what of them is not in the rows yet
	touched map[string]domain.Stream
	rows    map[string]R
}

// filling implements Model.
func (t *Table[R]) filling(v version, streams []history, how applying) steps {
	how.listed = how.listed && t.lists
	return &filling[R]{
		t: t, v: v, how: how, streams: streams,
		have: make(map[domain.Stream]place, len(streams)), touched: map[string]domain.Stream{}, rows: map[string]R{},
	}
}

// lock implements steps.
func (f *filling[R]) lock(b *pgx.Batch) {
	names := make([]string, len(f.streams))
	for i, h := range f.streams {
		names[i] = string(h.stream)
	}
	b.Queue(`INSERT INTO `+f.v.places()+` (projection, stream, version)
		SELECT $1, unnest($2::text[]), 0 ON CONFLICT DO NOTHING`, f.v.model, names)
	b.Queue(`SELECT p.stream, p.version, coalesce(s.erased, false) FROM `+f.v.places()+` p LEFT JOIN streams s USING (stream)
		WHERE p.stream = ANY($1) ORDER BY p.stream FOR UPDATE OF p`, names).Query(func(rows pgx.Rows) error {
		var s domain.Stream
		var at place
		_, err := pgx.ForEachRow(rows, []any{&s, &at.version, &at.erased}, func() error { f.have[s] = at; return nil })
		return err
	})
}

// load implements steps.
func (f *filling[R]) load(ctx context.Context, tx pgx.Tx, b *pgx.Batch) (news bool, err error) {
	for _, h := range f.streams {
		at, how := f.have[h.stream], f.how
		if at.erased {
			how.gap = fromLog(tx) // whatever is missing, it says nothing
		}
		h, err := newsOf(ctx, h, at.version, how)
		if err != nil {
			return false, err
		}
		if h.erased = at.erased || slices.ContainsFunc(h.events, projections.Forgets); len(h.events) > 0 {
			f.news = append(f.news, h)
		}
		if how.events != nil {
			*how.events += int64(len(h.events))
		}
		for _, e := range h.events {
			if k, ok := f.t.fold.Touches(e); ok && !h.erased {
				f.touched[k] = h.stream
			}
		}
	}
	if len(f.touched) > 0 {
		f.t.queue(b, f.v.table(), "WHERE row_key = ANY($1)", []any{slices.Sorted(maps.Keys(f.touched))},
			func(key string, _ domain.Stream, row *R) error { f.rows[key] = *row; return nil })
	}
	return len(f.news) > 0, nil
}

// write implements steps: it folds the news into the rows.
func (f *filling[R]) write(ctx context.Context, tx pgx.Tx, b *pgx.Batch) error {
	if err := f.takeOut(ctx, tx); err != nil {
		return err
	}
	for _, h := range f.news {
		last := h.events[len(h.events)-1].Version
		if h.erased {
			f.t.forget(b, f.v.table(), f.v.places(), h.stream, last)
		} else {
			f.rows = f.t.fold.Rows(f.rows, h.events)
			b.Queue("UPDATE "+f.v.places()+" SET version = $2 WHERE stream = $1", h.stream, last)
		}
		if f.how.listed {
			b.Queue("UPDATE streams SET listed = $2 WHERE stream = $1 AND listed < $2", h.stream, last)
		}
	}
	if err := count(f.how.sum, tx.Conn().TypeMap(), (*Sum).Add, f.rows, f.touched); err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(f.rows)) {
		f.t.upsert(b, f.v, k, f.touched[k], f.rows[k])
	}
	return nil
}

// takeOut takes the rows that are to be changed, or to go, out of the sum.
func (f *filling[R]) takeOut(ctx context.Context, tx pgx.Tx) error {
	if f.how.sum == nil {
		return nil
	}
	if err := count(f.how.sum, tx.Conn().TypeMap(), (*Sum).Take, f.rows, f.touched); err != nil {
		return err
	}
	var erased []domain.Stream
	for _, h := range f.news {
		if h.erased {
			erased = append(erased, h.stream)
		}
	}
	if len(erased) == 0 {
		return nil
	}
	gone, of, err := f.t.rowsOf(ctx, tx, f.v, erased...)
	if err == nil {
		err = count(f.how.sum, tx.Conn().TypeMap(), (*Sum).Take, gone, of)
	}
	return err
}

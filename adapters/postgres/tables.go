package postgres

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/failpoint"
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
	t := &Table[R]{fold: fold, pool: pool, lists: fold.Name == projections.Scans.Name || fold.Name == projections.Targets.Name}
	for f := range reflect.TypeFor[R]().Fields() {
		t.columns = append(t.columns, f.Tag.Get("db"))
	}
	return t
}

// Name is the read model's name.
func (t *Table[R]) Name() string { return t.fold.Name }

// Family is that of the streams that the read model is made of.
func (t *Table[R]) Family() string { return t.fold.Family }

// Apply folds a batch into the rows of the version that is live, in one
// transaction with the versions that the streams then have. Events that are in
// the rows already are skipped. Where events are missing before those of the
// batch, they are read from the log: what the log has is never waited for. A
// stream that is erased has no rows, whatever of it comes.
func (t *Table[R]) Apply(ctx context.Context, batch []domain.Envelope) error {
	err := pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		v, err := live(ctx, tx, t.fold.Name)
		if err != nil {
			return err
		}
		return t.applyTo(ctx, tx, v, batch, applying{gap: fromLog(tx), listed: t.lists})
	})
	failpoint.Here(failpoint.TableCommitted)
	return away(err)
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
		at, how := have[h.stream], how
		if at.erased {
			how.gap = fromLog(tx) // whatever is missing, it says nothing
		}
		h, err := newsOf(ctx, h, at.version, how)
		if err != nil {
			return err
		}
		h.erased = at.erased || slices.ContainsFunc(h.events, projections.Forgets)
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
	failpoint.Here(failpoint.TableRead)
	err = t.write(ctx, tx, v, news, how)
	failpoint.Here(failpoint.TableWritten)
	return err
}

// fromLog fills gaps with what the log has.
func fromLog(q querier) func(context.Context, domain.Stream, int) ([]domain.Envelope, error) {
	return func(ctx context.Context, s domain.Stream, after int) ([]domain.Envelope, error) {
		missing, err := readStream(ctx, q, s, after)
		if err == nil && (len(missing) == 0 || missing[0].Version != after+1) {
			err = &unknownEvent{s, after + 1}
		}
		return missing, err
	}
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

// lockPlaces locks the streams' places in a version.
func lockPlaces(ctx context.Context, tx pgx.Tx, v version, streams []history) (map[domain.Stream]place, error) {
	names := make([]string, len(streams))
	for i, h := range streams {
		names[i] = string(h.stream)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO `+v.places()+` (projection, stream, version)
		SELECT $1, unnest($2::text[]), 0 ON CONFLICT DO NOTHING`, v.model, names); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT p.stream, p.version, coalesce(s.erased, false) FROM `+v.places()+` p LEFT JOIN streams s USING (stream)
		WHERE p.stream = ANY($1) ORDER BY p.stream FOR UPDATE OF p`, names)
	if err != nil {
		return nil, err
	}
	have := make(map[domain.Stream]place, len(streams))
	var s domain.Stream
	var at place
	_, err = pgx.ForEachRow(rows, []any{&s, &at.version, &at.erased}, func() error { have[s] = at; return nil })
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
				return history{stream: h.stream, events: fresh}, err
			}
			return history{stream: h.stream, events: missing}, nil
		}
	}
	return history{stream: h.stream, events: fresh}, nil
}

// write folds the news into the rows and puts them down.
func (t *Table[R]) write(ctx context.Context, tx pgx.Tx, v version, news []history, how applying) error {
	touched := map[string]domain.Stream{}
	var erased []domain.Stream
	for _, h := range news {
		if h.erased {
			erased = append(erased, h.stream)
		}
		for _, e := range h.events {
			if k, ok := t.fold.Touches(e); ok && !h.erased {
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
	if how.sum != nil && len(erased) > 0 {
		gone, of, err := t.rowsOf(ctx, tx, v, erased...)
		if err == nil {
			err = t.count(how.sum, (*Sum).Take, gone, of)
		}
		if err != nil {
			return err
		}
	}
	b := &pgx.Batch{}
	for _, h := range news {
		last := h.events[len(h.events)-1].Version
		if h.erased {
			t.forget(b, v.table(), v.places(), h.stream, last)
		} else {
			rows = t.fold.Rows(rows, h.events)
			b.Queue("UPDATE "+v.places()+" SET version = $2 WHERE stream = $1", h.stream, last)
		}
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

// forget queues that a stream has no rows, as of a version of it.
func (t *Table[R]) forget(b *pgx.Batch, table, places string, s domain.Stream, last int) {
	b.Queue(`INSERT INTO `+places+` AS p (projection, stream, version) VALUES ($1, $2, $3)
		ON CONFLICT (projection, stream) DO UPDATE SET version = greatest(p.version, excluded.version)`, t.fold.Name, s, last)
	condition, keys := t.ofStreams(s)
	b.Queue("DELETE FROM "+table+" "+condition, keys)
}

package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// rebuildState is where a rebuild goes on after it was cut off.
type rebuildState struct {
	Source   string                 `json:"source"` // "log" or "kafka"
	Phase    projections.Phase      `json:"phase"`
	After    domain.Stream          `json:"after,omitempty"`    // the last one that is copied
	Xid      string                 `json:"xid,omitempty"`      // catching up: the last event
	Position int64                  `json:"position,omitempty"` //
	Offsets  map[int32]int64        `json:"offsets,omitempty"`  // of the topic: the next
	Lost     map[domain.Stream]bool `json:"lost,omitempty"`     // whose beginning the topic does not have
	Events   int64                  `json:"events"`
	Sum      Sum                    `json:"sum"`
}

// rebuild is one run. Nobody else writes to the version that it makes.
type rebuild[R any] struct {
	projections.Rebuilding
	t        *Table[R]
	old, new version
	run      int
	state    rebuildState
	resumed  bool
	total    int64
	types    []uint32     // of the columns
	longest  atomic.Int64 // piece so far
}

// Rebuild makes the read model again beside the one that stands, checks it, and
// swaps it in, while others read and write. Readers never miss a row: what the
// one that stands has, the new one has before it takes its place. When it is
// cut off, the next call goes on where it was. A second one at the same time is
// a Conflict; *projections.Refused says that the new rows are not as they have to be.
func (t *Table[R]) Rebuild(ctx context.Context, how projections.Rebuilding) (projections.Rebuilt, error) {
	r := &rebuild[R]{Rebuilding: how, t: t}
	r.Piece = cmp.Or(r.Piece, 4096)
	if r.Rest == nil {
		r.Rest = func(context.Context, time.Duration) {}
	}
	if r.Seen == nil {
		r.Seen = func(projections.Progress) {}
	}
	unlock, err := Alone(ctx, t.pool, t.fold.Name)
	if err != nil {
		return projections.Rebuilt{}, outcome(err)
	}
	defer unlock()
	err = r.begin(ctx)
	if err == nil {
		err = r.work(ctx)
	}
	var refused *projections.Refused
	if errors.As(err, &refused) {
		err = errors.Join(err, r.giveUp(ctx))
	}
	return projections.Rebuilt{
		Rows: r.state.Sum.Rows, Events: r.state.Events, Checksum: r.state.Sum.String(), Swapped: err == nil,
		Resumed: r.resumed, Lost: int64(len(r.state.Lost)),
	}, outcome(err)
}

// outcome leaves an answer and a fault of the topic as they are, and tells a
// database that is away.
func outcome(err error) error {
	var refused *projections.Refused
	var topic *topicError
	if domain.CodeOf(err) != domain.Internal || errors.As(err, &refused) || errors.As(err, &topic) {
		return err
	}
	return away(err)
}

// work goes through the phases from where the state says.
func (r *rebuild[R]) work(ctx context.Context) error {
	if err := r.measure(ctx); err != nil {
		return err
	}
	var err error
	if r.types, err = r.t.types(ctx, r.t.pool, r.new.table()); err != nil {
		return err
	}
	if r.state.Phase == projections.Copying {
		if err := r.copy(ctx); err != nil {
			return err
		}
	}
	if err := r.finish(ctx); err != nil {
		return err
	}
	return r.clear(ctx)
}

// copy makes the rows of what is there when it begins.
func (r *rebuild[R]) copy(ctx context.Context) error {
	r.tell()
	from := r.copyLog
	if r.Topic != nil {
		from = r.fromTopic
	}
	if err := from(ctx); err != nil {
		return err
	}
	if _, err := r.t.pool.Exec(ctx, "ANALYZE "+r.new.table()+", "+r.new.places()); err != nil {
		return err
	}
	r.state.Phase = projections.Following
	return pgx.BeginFunc(ctx, r.t.pool, func(tx pgx.Tx) error { return r.save(ctx, tx) })
}

// summing is the checksum of the rows that were made.
func (r *rebuild[R]) summing() *summing { return &summing{&r.state.Sum, r.types} }

func (r *rebuild[R]) tell() { r.tellOf(r.state.Phase) }

func (r *rebuild[R]) tellOf(phase projections.Phase) {
	r.Seen(projections.Progress{Phase: phase, Done: r.state.Events, Total: max(r.total, r.state.Events)})
}

// begin takes up what an earlier run has left, or makes the tables of a new
// version.
func (r *rebuild[R]) begin(ctx context.Context) error {
	if err := r.clear(ctx); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, r.t.pool, func(tx pgx.Tx) error {
		var building *int
		var state []byte
		r.old.model, r.new.model = r.t.fold.Name, r.t.fold.Name
		err := tx.QueryRow(ctx, "UPDATE models SET run = run + 1 WHERE model = $1 RETURNING live, building, run, state", r.old.model).
			Scan(&r.old.n, &building, &r.run, &state)
		if errors.Is(err, pgx.ErrNoRows) {
			return domain.Errorf(domain.NotFound, "there is no read model %s", r.old.model)
		}
		if err == nil && building != nil {
			r.state = rebuildState{Offsets: map[int32]int64{}, Lost: map[domain.Stream]bool{}}
			err = json.Unmarshal(state, &r.state)
			r.new.n = *building
		}
		r.resumed = building != nil && r.state.Source == r.source() && !r.Anew
		if err != nil || r.resumed {
			return err
		}
		return r.create(ctx, tx)
	})
}

func (r *rebuild[R]) source() string {
	if r.Topic != nil {
		return "kafka"
	}
	return "log"
}

// create makes the tables of a new version. From the moment that it notes,
// events are caught up with: all earlier ones can be seen.
func (r *rebuild[R]) create(ctx context.Context, tx pgx.Tx) error {
	r.new.n = max(r.new.n, r.old.n) + 1
	r.state = rebuildState{Source: r.source(), Phase: projections.Copying, Offsets: map[int32]int64{}, Lost: map[domain.Stream]bool{}}
	for _, sql := range []string{
		fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL)", r.new.table(), r.old.table()),
		fmt.Sprintf("CREATE TABLE %s (LIKE projected INCLUDING INDEXES, CHECK (projection = '%s'))", r.new.places(), r.new.model),
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := tx.QueryRow(ctx, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text").Scan(&r.state.Xid); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE models SET building = $2, touched = now() WHERE model = $1", r.new.model, r.new.n); err != nil {
		return err
	}
	return r.save(ctx, tx)
}

// save notes the state, in the transaction of what it speaks of.
func (r *rebuild[R]) save(ctx context.Context, tx pgx.Tx) error {
	text, err := json.Marshal(r.state)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, "UPDATE models SET state = $4, touched = now() WHERE model = $1 AND run = $2 AND building = $3", r.new.model, r.run, r.new.n, text)
	if err == nil && tag.RowsAffected() == 0 {
		err = domain.Errorf(domain.Conflict, "%s is in other hands by now", r.new.model)
	}
	return err
}

// measure finds out how much there is to do.
func (r *rebuild[R]) measure(ctx context.Context) error {
	if r.Topic == nil {
		return r.t.pool.QueryRow(ctx, "SELECT coalesce(sum(version), 0) FROM streams WHERE stream LIKE $1", r.t.fold.Family+"-%").Scan(&r.total)
	}
	first, next, err := r.Topic.Extent(ctx)
	if err != nil {
		return &topicError{err}
	}
	r.total = r.state.Events
	for p := range next {
		r.total += next[p] - max(first[p], r.state.Offsets[p])
	}
	return nil
}

// giveUp leaves the new tables as they are, for whoever wants to look, until
// the next rebuild begins.
func (r *rebuild[R]) giveUp(ctx context.Context) error {
	_, err := r.t.pool.Exec(ctx, "UPDATE models SET building = NULL WHERE model = $1 AND run = $2", r.new.model, r.run)
	if err != nil {
		return err
	}
	return r.clear(ctx)
}

// DropAbandoned drops what a rebuild has made that was cut off, and that nobody
// has gone on with for so long: nothing that is erased is taken out of it.
func (t *Table[R]) DropAbandoned(ctx context.Context, idle time.Duration) error {
	const abandoned = "model = $1 AND building IS NOT NULL AND touched < now() - $2::interval"
	var some bool
	err := t.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM models WHERE "+abandoned+")", t.fold.Name, idle).Scan(&some)
	if err != nil || !some {
		return away(err)
	}
	unlock, err := Alone(ctx, t.pool, t.fold.Name)
	if domain.CodeOf(err) == domain.Conflict { // somebody goes on with it
		return nil
	}
	if err != nil {
		return away(err)
	}
	defer unlock()
	if _, err = t.pool.Exec(ctx, "UPDATE models SET building = NULL, run = run + 1 WHERE "+abandoned, t.fold.Name, idle); err == nil {
		err = (&rebuild[R]{t: t}).clear(ctx)
	}
	return away(err)
}

// clear drops all versions but the one that is live and the one that is made.
// Where somebody still reads one, it is tried again.
func (r *rebuild[R]) clear(ctx context.Context) error {
	return r.patiently(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT c.relname FROM pg_class c, models m WHERE m.model = $1 AND c.relkind = 'r'
			AND pg_table_is_visible(c.oid) AND c.relname ~ ('^' || m.model || '_v[0-9]+(_places)?$')
			AND substring(c.relname FROM '_v([0-9]+)')::int NOT IN (m.live, coalesce(m.building, m.live))`, r.t.fold.Name)
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, name := range names {
			if err == nil {
				_, err = tx.Exec(ctx, "DROP TABLE "+name)
			}
		}
		return err
	})
}

// patiently runs a transaction that needs locks which others hold, again and
// again: it waits for none for so long that others would have to wait behind it.
func (r *rebuild[R]) patiently(ctx context.Context, do func(pgx.Tx) error) error {
	const tries, pause = 60, 200 * time.Millisecond
	var err error
	for range tries {
		err = pgx.BeginFunc(ctx, r.t.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '15s'"); err != nil {
				return err
			}
			return do(tx)
		})
		if state := sqlState(err); state != lockNotAvailable && !isCollision(err) {
			return err
		}
		rest(ctx, pause, nil)
	}
	return fmt.Errorf("%s is read or written all the time, try again later: %w", r.t.fold.Name, err)
}

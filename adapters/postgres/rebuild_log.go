package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// chunkStreams is how many streams' names are asked for at one time.
const chunkStreams = 2048

// chunk is a piece of the log on its way into the table.
type chunk struct {
	streams []string
	heads   []int
	events  int64
	made    chan struct{} // closed when what follows is there
	tuples  []byte        // as COPY takes them
	sum     Sum
	err     error
}

// copyLog folds the streams of the log, each as far as it is then, and copies
// the finished rows. Pieces are made side by side and copied one after another,
// each in one transaction with the note of how far it goes.
func (r *rebuild[R]) copyLog(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	makers := runtime.GOMAXPROCS(0)
	todo, ready := make(chan *chunk), make(chan *chunk, makers)
	group.Go(func() error {
		defer close(ready)
		defer close(todo)
		return r.cut(ctx, todo, ready)
	})
	for range makers {
		group.Go(func() error {
			for c := range todo {
				c.err = r.fold(ctx, c)
				close(c.made)
			}
			return nil
		})
	}
	group.Go(func() error {
		for c := range ready {
			began := time.Now()
			if err := r.put(ctx, c); err != nil {
				return err
			}
			r.tell()
			r.Rest(ctx, time.Since(began))
		}
		return ctx.Err()
	})
	return group.Wait()
}

// cut cuts the log into pieces, and hands each to who makes it and to who
// copies it.
func (r *rebuild[R]) cut(ctx context.Context, todo, ready chan<- *chunk) error {
	for after := r.state.After; ; {
		names, heads, err := r.streams(ctx, after)
		if err != nil || len(names) == 0 {
			return err
		}
		for len(names) > 0 {
			n, events := 0, int64(0)
			for n < len(names) && (n == 0 || events+int64(heads[n]) <= int64(r.Piece)) {
				events += int64(heads[n])
				n++
			}
			c := &chunk{streams: names[:n], heads: heads[:n], events: events, made: make(chan struct{})}
			for _, to := range []chan<- *chunk{ready, todo} {
				select {
				case to <- c:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			after = domain.Stream(names[n-1])
			names, heads = names[n:], heads[n:]
		}
	}
}

// streams are the next ones after a name, with how many events each has.
func (r *rebuild[R]) streams(ctx context.Context, after domain.Stream) (names []string, heads []int, err error) {
	rows, err := r.t.pool.Query(ctx, "SELECT stream, version FROM streams WHERE stream > $1 AND stream LIKE $2 ORDER BY stream LIMIT $3",
		after, r.t.fold.Family+"-%", chunkStreams)
	if err != nil {
		return nil, nil, err
	}
	var name string
	var head int
	_, err = pgx.ForEachRow(rows, []any{&name, &head}, func() error {
		names, heads = append(names, name), append(heads, head)
		return nil
	})
	return names, heads, err
}

// fold reads the events of a piece and makes its rows. Of events that mean
// nothing to the model only their number is known.
func (r *rebuild[R]) fold(ctx context.Context, c *chunk) error {
	conn, err := r.t.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	rows, err := conn.Query(ctx, `SELECT n, version, position, owner, type, schema_version, at, payload
		FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS s(name, head, n) CROSS JOIN LATERAL (
		SELECT * FROM events WHERE stream = s.name AND version <= s.head AND ($3::text[] IS NULL OR type = ANY($3)) ORDER BY version) e`,
		pgx.QueryResultFormats{pgx.BinaryFormatCode}, c.streams, c.heads, r.t.fold.Kinds)
	if err != nil {
		return err
	}
	defer rows.Close()
	c.tuples = append(make([]byte, 0, int(r.longest.Load())), copyHead...)
	var history []domain.Envelope
	at := 0
	for rows.Next() {
		n, e, err := readEvent(rows.RawValues())
		if err != nil {
			return err
		}
		if n != at {
			if err := r.foldOne(conn.Conn().TypeMap(), c, at, history); err != nil {
				return err
			}
			at, history = n, history[:0]
		}
		e.Stream = domain.Stream(c.streams[n])
		history = append(history, e)
	}
	if rows.Err() != nil {
		return rows.Err()
	}
	err = r.foldOne(conn.Conn().TypeMap(), c, at, history)
	c.tuples = append(c.tuples, copyTail...)
	r.longest.Store(max(r.longest.Load(), int64(len(c.tuples)+len(c.tuples)/8)))
	return err
}

// readEvent reads what a fold knows of an event, from a row in binary, and
// which of the streams it is of. The payload is not kept.
func readEvent(v [][]byte) (stream int, e domain.Envelope, err error) {
	const epoch = 946_684_800_000_000 // 2000-01-01, from which the server counts microseconds
	e = domain.Envelope{
		Version: int(binary.BigEndian.Uint32(v[1])), Position: int64(binary.BigEndian.Uint64(v[2])), Owner: uuid.UUID(v[3]),
		At: time.UnixMicro(int64(binary.BigEndian.Uint64(v[6])) + epoch).UTC(),
	}
	e.Event, err = domain.Stored{Type: string(v[4]), Schema: int(binary.BigEndian.Uint16(v[5])), Payload: v[7]}.Read()
	return int(binary.BigEndian.Uint64(v[0])) - 1, e, err
}

// foldOne makes the rows of one stream. A stream of which something is erased
// has none.
func (r *rebuild[R]) foldOne(m *pgtype.Map, c *chunk, at int, history []domain.Envelope) error {
	n := len(history)
	if n == 0 || slices.ContainsFunc(history, gone) {
		return nil
	}
	s, head := history[0].Stream, c.heads[at]
	if history[n-1].Version < head {
		history = append(history, domain.Envelope{Stream: s, Version: head, Event: projections.Passed{}})
	}
	for key, row := range r.t.fold.Rows(map[string]R{}, history) {
		c.tuples = binary.BigEndian.AppendUint16(c.tuples, uint16(len(r.types)))
		start := len(c.tuples)
		longer, err := appendTuple(c.tuples, m, r.types, key, s, &row)
		if err != nil {
			return err
		}
		c.tuples = longer
		c.sum.Add(sha256.Sum256(c.tuples[start:]))
	}
	return nil
}

// gone says that what an event said is erased.
func gone(e domain.Envelope) bool {
	_, erased := e.Event.(domain.Erased)
	return erased
}

// put copies a piece into the tables. A lost commit is no loss: the note of how
// far it went is lost with it.
func (r *rebuild[R]) put(ctx context.Context, c *chunk) error {
	select {
	case <-c.made:
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.err != nil {
		return c.err
	}
	r.state.After = domain.Stream(c.streams[len(c.streams)-1])
	r.state.Events += c.events
	r.state.Sum.Join(c.sum)
	return pgx.BeginFunc(ctx, r.t.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
			return err
		}
		if _, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(c.tuples),
			"COPY "+r.new.table()+" (row_key, stream, "+strings.Join(r.t.columns, ", ")+") FROM STDIN BINARY"); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{r.new.places()}, []string{"projection", "stream", "version"},
			pgx.CopyFromSlice(len(c.streams), func(i int) ([]any, error) {
				return []any{r.new.model, c.streams[i], c.heads[i]}, nil
			}))
		if err != nil {
			return err
		}
		return r.save(ctx, tx)
	})
}

// followed is how many events are caught up with at one time.
func (r *rebuild[R]) followed() int { return min(r.Piece, 2000) }

// follow applies what the log has got since, until little is left.
func (r *rebuild[R]) follow(ctx context.Context) error {
	for {
		began, n := time.Now(), 0
		err := pgx.BeginFunc(ctx, r.t.pool, func(tx pgx.Tx) (err error) {
			n, err = r.applyLog(ctx, tx, fence)
			return err
		})
		if err != nil || n < r.followed() {
			return err
		}
		r.tell()
		r.Rest(ctx, time.Since(began))
	}
}

// applyLog applies the next events of the log, behind the relay's fence or all
// that can be seen.
func (r *rebuild[R]) applyLog(ctx context.Context, tx pgx.Tx, fence string) (int, error) {
	rows, err := tx.Query(ctx, `SELECT xid::text, `+eventColumns+` FROM events
		WHERE (xid, position) > ($1::text::xid8, $2) AND stream LIKE $3 AND `+fence+`
		ORDER BY events.xid, position LIMIT $4`, r.state.Xid, r.state.Position, r.t.fold.Family+"-%", r.followed())
	if err != nil {
		return 0, err
	}
	stored, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s domain.Stored, err error) {
		err = row.Scan(&r.state.Xid, &s.Position, &s.ID, &s.Stream, &s.Version, &s.Owner, &s.Type, &s.Schema,
			&s.At, &s.Actor, &s.Cause, &s.Trace, &s.Payload)
		r.state.Position = s.Position
		return s, err
	})
	if err != nil || len(stored) == 0 {
		return 0, err
	}
	events, err := decodeAll(stored)
	if err == nil {
		err = r.t.applyTo(ctx, tx, r.new, events, applying{gap: fromLog(tx), sum: r.summing(), events: &r.state.Events})
	}
	if err != nil {
		return 0, err
	}
	return len(events), r.save(ctx, tx)
}

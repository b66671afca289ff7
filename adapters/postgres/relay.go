package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/domain"
)

// fence keeps the relay behind every transaction that is still open: a
// position that is visible says nothing of lower ones that are yet to commit.
const fence = "xid < pg_snapshot_xmin(pg_current_snapshot())"

// relayLock is the advisory lock that the one relay at work holds.
const relayLock = 0x5ca11ed6e7

// Relay sends every committed event out, at least once, in order per stream,
// but for those that were erased before their turn came.
type Relay struct {
	Pool    *pgxpool.Pool
	Publish func(context.Context, []domain.Stored) error // returns nil once all are acknowledged
	Wake    <-chan struct{}                              // hints that there is something new; may be nil
	Log     *slog.Logger
	Batch   int // events per round; 4000 when 0

	fence string  // for the test that takes it out
	ahead stretch // what was read while the last batch was on its way
}

// Run relays until ctx ends. Of several processes one relays and the others
// wait for it to go. It returns nothing but ctx.Err().
func (r *Relay) Run(ctx context.Context) error {
	if r.Batch == 0 {
		r.Batch = 4000
	}
	if r.fence == "" {
		r.fence = fence
	}
	said := ""
	for ctx.Err() == nil {
		err := r.lead(ctx)
		if err != nil && ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			r.Log.Warn("relay waits", "error", err)
		}
		rest(ctx, time.Second, nil)
	}
	return ctx.Err()
}

// lead takes the lock and relays until something breaks. Everything runs on
// the connection that holds the lock, so that losing the one loses the other.
func (r *Relay) lead(ctx context.Context) error {
	conn, err := r.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	c := conn.Hijack() // closing it frees the lock, whatever state it is in
	defer c.Close(context.WithoutCancel(ctx))
	var leading bool
	if err := c.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(relayLock)).Scan(&leading); err != nil || !leading {
		return err
	}
	// A cursor that a crash of the server takes back only means that some is sent
	// again, so nobody waits until it is on disk.
	if _, err := c.Exec(ctx, "SET synchronous_commit = off"); err != nil {
		return err
	}
	var at cursor
	if err := c.QueryRow(ctx, `INSERT INTO relay (name) VALUES ('kafka')
		ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING xid::text, position`).Scan(&at.xid, &at.position); err != nil {
		return err
	}
	r.ahead = stretch{} // what another has sent meanwhile
	idle := 5 * time.Millisecond
	for ctx.Err() == nil {
		n, err := r.round(ctx, c, &at)
		if err != nil {
			return err
		}
		if n > 0 {
			idle = 5 * time.Millisecond
			continue
		}
		rest(ctx, idle, r.Wake)
		idle = min(2*idle, 50*time.Millisecond)
	}
	return ctx.Err()
}

// cursor is the last event that was sent.
type cursor struct {
	xid      string
	position int64
}

// stretch is what is to be sent next.
type stretch struct {
	from, to cursor
	events   []domain.Stored
	err      error
}

// round sends one batch and then moves the cursor past it. Between the two a
// crash means that the batch is sent again. While a full batch is on its way,
// the next is read.
func (r *Relay) round(ctx context.Context, c *pgx.Conn, at *cursor) (int, error) {
	now := r.ahead
	r.ahead = stretch{}
	if now.events == nil || now.from != *at {
		now = r.read(ctx, c, *at)
	}
	if now.err != nil || len(now.events) == 0 {
		return 0, now.err
	}
	failpoint.Here(failpoint.RelayRead)
	var ahead stretch
	var reading sync.WaitGroup
	if len(now.events) == r.Batch {
		reading.Go(func() { ahead = r.read(ctx, c, now.to) })
	}
	err := r.send(ctx, now.events)
	reading.Wait() // the connection does one thing at a time
	if err != nil {
		return 0, fmt.Errorf("publish: %w", err)
	}
	failpoint.Here(failpoint.RelayPublished)
	if _, err := c.Exec(ctx, "UPDATE relay SET xid = $1::text::xid8, position = $2 WHERE name = 'kafka'", now.to.xid, now.to.position); err != nil {
		return 0, err
	}
	failpoint.Here(failpoint.RelayMoved)
	*at, r.ahead = now.to, ahead
	return len(now.events), nil
}

// read reads what comes after the last event that was sent.
func (r *Relay) read(ctx context.Context, c *pgx.Conn, from cursor) stretch {
	p := stretch{from: from, to: from}
	// events.xid, as xid alone would be the text that is selected.
	rows, err := c.Query(ctx, `SELECT xid::text, `+eventColumns+` FROM events
		WHERE (xid, position) > ($1::text::xid8, $2) AND `+r.fence+`
		ORDER BY events.xid, position LIMIT $3`, from.xid, from.position, r.Batch)
	if err != nil {
		p.err = err
		return p
	}
	p.events, p.err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s domain.Stored, err error) {
		err = row.Scan(&p.to.xid, &s.Position, &s.ID, &s.Stream, &s.Version, &s.Owner, &s.Type, &s.Schema,
			&s.At, &s.Actor, &s.Cause, &s.Trace, &s.Payload)
		p.to.position = s.Position
		return s, err
	})
	return p
}

// send publishes events, but for what is erased.
func (r *Relay) send(ctx context.Context, events []domain.Stored) error {
	whole := slices.DeleteFunc(slices.Clone(events), func(s domain.Stored) bool { return s.Payload == nil })
	if len(whole) == 0 {
		return nil
	}
	return r.Publish(ctx, whole)
}

// Lag is how many committed events wait to be sent, and how old the oldest is.
func (r *Relay) Lag(ctx context.Context) (events int, oldest time.Duration, err error) {
	var seconds float64
	err = r.Pool.QueryRow(ctx, `SELECT count(*), coalesce(extract(epoch FROM now() - min(at)), 0) FROM events
		WHERE (xid, position) > (coalesce((SELECT xid FROM relay WHERE name = 'kafka'), '0'),
			coalesce((SELECT position FROM relay WHERE name = 'kafka'), 0))`).Scan(&events, &seconds)
	return events, time.Duration(seconds * float64(time.Second)), err
}

// rest waits for d, for a wake-up or for the end of ctx.
func rest(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
}

package postgres

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// Place is where an event stands in the order in which events are sent.
type Place struct {
	xid      uint64
	position int64
}

// Before says whether what stands at p is sent before what stands at q.
func (p Place) Before(q Place) bool {
	return p.xid < q.xid || p.xid == q.xid && p.position < q.position
}

func (p Place) text() string { return strconv.FormatUint(p.xid, 10) }

// Sent is how far the relay has come: whatever stands at this place or before
// it is on Kafka, or was.
func (a *Auditor) Sent(ctx context.Context) (p Place, err error) {
	err = a.pool.QueryRow(ctx, `SELECT coalesce(max(xid::text), '0')::bigint, coalesce(max(position), 0) FROM relay WHERE name = 'kafka'`).Scan(&p.xid, &p.position)
	return p, away(err)
}

// Entry is what the log knows of one event.
type Entry struct {
	Stream  domain.Stream
	Version int
	Owner   uuid.UUID
	Type    string
	At      time.Time
	Actor   string
	Cause   string
	Digest  []byte // SHA-256 of its payload
	Place   Place
}

// Erased says whether a stream is erased. What the relay had not sent of it by
// then it leaves out.
func (a *Auditor) Erased(ctx context.Context, s domain.Stream) (erased bool, err error) {
	err = a.pool.QueryRow(ctx, "SELECT coalesce(bool_or(erased), false) FROM streams WHERE stream = $1", s).Scan(&erased)
	return erased, away(err)
}

// Entries looks events up by their ids; one that the log does not have is
// missing in the answer.
func (a *Auditor) Entries(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]Entry, error) {
	rows, err := a.pool.Query(ctx, "SELECT id, stream, version, owner, type, at, actor, cause, digest, xid::text::bigint, position FROM events WHERE id = ANY($1)", ids)
	if err != nil {
		return nil, away(err)
	}
	found := make(map[uuid.UUID]Entry, len(ids))
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var id uuid.UUID
		var e Entry
		err := row.Scan(&id, &e.Stream, &e.Version, &e.Owner, &e.Type, &e.At, &e.Actor, &e.Cause, &e.Digest, &e.Place.xid, &e.Place.position)
		found[id] = e
		return struct{}{}, err
	})
	return found, away(err)
}

// Newest is the place of the newest event.
func (a *Auditor) Newest(ctx context.Context) (p Place, err error) {
	err = a.pool.QueryRow(ctx, "SELECT xid::text::bigint, position FROM events ORDER BY events.xid DESC, position DESC LIMIT 1").Scan(&p.xid, &p.position)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, nil
	}
	return p, away(err)
}

// Since is the position after which events are newer than an age; 0 for an age
// of 0.
func (a *Auditor) Since(ctx context.Context, age time.Duration) (after int64, err error) {
	if age == 0 {
		return 0, nil
	}
	err = a.pool.QueryRow(ctx, "SELECT position FROM events WHERE at < now() - $1::interval ORDER BY position DESC LIMIT 1", age).Scan(&after)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return after, away(err)
}

// Due gives, stream by stream, the newest version that must have been sent by
// the time the relay stood at a place, and where that version stands.
func (a *Auditor) Due(ctx context.Context, sent Place, see func(s domain.Stream, newest int, at Place) error) error {
	rows, err := a.pool.Query(ctx, `SELECT e.stream, e.version, e.xid::text::bigint, e.position FROM events e
		JOIN (SELECT stream, max(version) AS version FROM events WHERE (xid, position) <= ($1::text::xid8, $2) AND position > $3 GROUP BY stream) n
			ON n.stream = e.stream AND n.version = e.version`, sent.text(), sent.position, a.After)
	if err != nil {
		return away(err)
	}
	var s domain.Stream
	var newest int
	var at Place
	_, err = pgx.ForEachRow(rows, []any{&s, &newest, &at.xid, &at.position}, func() error { return see(s, newest, at) })
	return away(err)
}

// At is where a version of a stream stands; nowhere when the log has none.
func (a *Auditor) At(ctx context.Context, s domain.Stream, version int) (p Place, err error) {
	err = a.pool.QueryRow(ctx, "SELECT xid::text::bigint, position FROM events WHERE stream = $1 AND version = $2", s, version).Scan(&p.xid, &p.position)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, nil
	}
	return p, away(err)
}

// Unsent counts the events that the relay has not sent, and of those the
// overdue ones: older than the grace. The oldest of them is named.
func (a *Auditor) Unsent(ctx context.Context) (unsent, overdue int, oldest Overdue, err error) {
	const late = `FROM events WHERE (xid, position) > (coalesce((SELECT xid FROM relay WHERE name = 'kafka'), '0'),
		coalesce((SELECT position FROM relay WHERE name = 'kafka'), 0))`
	err = a.snapshot(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT count(*), count(*) FILTER (WHERE at < now() - $1::interval) "+late, a.Grace).Scan(&unsent, &overdue); err != nil || overdue == 0 {
			return err
		}
		return tx.QueryRow(ctx, "SELECT id::text, stream, version, now() - at "+late+" ORDER BY at, events.xid, position LIMIT 1").
			Scan(&oldest.ID, &oldest.Stream, &oldest.Version, &oldest.Age)
	})
	return unsent, overdue, oldest, err
}

// Overdue is an event that should have been sent.
type Overdue struct {
	ID      string
	Stream  domain.Stream
	Version int
	Age     time.Duration
}

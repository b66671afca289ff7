package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
)

// grace is for how long something may be on its way, where Grace does not say
// otherwise.
const grace = time.Minute

// Auditor compares what the database has with what the invariants allow. It
// changes nothing. Its errors are of the database, never of what is wrong.
type Auditor struct {
	pool *pgxpool.Pool
	// After is the position in the log after which to look, where a look at
	// everything costs as much as the log is long; 0 for everything.
	After int64
	// Grace is for how long something may be on its way before its absence is a
	// violation; a minute from NewAuditor.
	Grace time.Duration
	// Broken are the streams whose versions do not hold. What else is wrong
	// with them follows from that, and is not told again.
	Broken map[domain.Stream]bool
}

// maxBroken bounds what an Auditor keeps of streams that do not hold.
const maxBroken = 100_000

// NewAuditor returns one over pool. Versions comes first: the others rely on
// what it finds.
func NewAuditor(pool *pgxpool.Pool) *Auditor {
	return &Auditor{pool: pool, Grace: grace, Broken: map[domain.Stream]bool{}}
}

// snapshot runs read in one state of the database.
func (a *Auditor) snapshot(ctx context.Context, read func(pgx.Tx) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return away(pgx.BeginTxFunc(ctx, a.pool, options, read))
}

// Versions looks whether each stream's events have the versions 1 to n, and
// whether its head is the newest of them.
func (a *Auditor) Versions(ctx context.Context, i *domain.Invariant) error {
	return a.snapshot(ctx, func(tx pgx.Tx) error {
		var streams, events int
		if err := tx.QueryRow(ctx, "SELECT (SELECT count(*) FROM streams), (SELECT count(*) FROM events WHERE position > $1)", a.After).Scan(&streams, &events); err != nil {
			return err
		}
		i.Look("streams", streams)
		i.Look("events", events)
		return a.wrongVersions(ctx, tx, i)
	})
}

// brokenStreams are heads and histories that do not fit. The newest event is
// looked up by its version, so that a wrong hash is found too.
const brokenStreams = `WITH recent AS (SELECT DISTINCT stream FROM events WHERE $1 > 0 AND position > $1)
	SELECT coalesce(s.stream, e.stream), coalesce(s.version, 0), coalesce(e.n, 0), coalesce(e.first, 0), coalesce(e.last, 0),
		coalesce(encode(s.head, 'hex'), ''), coalesce(encode(n.hash, 'hex'), '')
	FROM (SELECT * FROM streams WHERE $1 = 0 OR stream IN (SELECT stream FROM recent)) s
	FULL JOIN (SELECT stream, count(*) AS n, min(version) AS first, max(version) AS last FROM events
		WHERE $1 = 0 OR stream IN (SELECT stream FROM recent) GROUP BY stream) e ON e.stream = s.stream
	LEFT JOIN events n ON n.stream = s.stream AND n.version = s.version
	WHERE s.version IS DISTINCT FROM e.last OR e.first <> 1 OR e.n <> e.last OR n.hash IS DISTINCT FROM s.head`

func (a *Auditor) wrongVersions(ctx context.Context, tx pgx.Tx, i *domain.Invariant) error {
	rows, err := tx.Query(ctx, brokenStreams, a.After)
	if err != nil {
		return err
	}
	type shape struct {
		stream               domain.Stream
		head, n, first, last int
		hash, newest         string
	}
	var s shape
	var gaps []domain.Stream
	_, err = pgx.ForEachRow(rows, []any{&s.stream, &s.head, &s.n, &s.first, &s.last, &s.hash, &s.newest}, func() error {
		if len(a.Broken) < maxBroken {
			a.Broken[s.stream] = true
		}
		v := domain.Violation{Stream: s.stream, Version: max(s.head, s.last)}
		switch {
		case s.n > 0 && s.n != s.last || s.first > 1:
			if len(gaps) < maxGaps {
				gaps = append(gaps, s.stream)
				return nil
			}
			v.What, v.Expected, v.Found = "versions without a gap", fmt.Sprintf("1 to %d", s.last), fmt.Sprintf("%d of them", s.n)
		case s.head != s.last:
			v.What, v.Expected, v.Found = "newest version", strconv.Itoa(s.head), strconv.Itoa(s.last)
		default:
			v.What, v.Expected, v.Found = "head of the stream", s.newest, s.hash
		}
		i.Violate(v)
		return nil
	})
	for _, stream := range gaps {
		if err == nil {
			err = a.gap(ctx, tx, stream, i)
		}
	}
	return err
}

// maxGaps is how many streams with a gap are looked at closely.
const maxGaps = 100

// gap names the first version that a stream lacks or has twice.
func (a *Auditor) gap(ctx context.Context, tx pgx.Tx, stream domain.Stream, i *domain.Invariant) error {
	var expected, found int
	err := tx.QueryRow(ctx, `SELECT n, version FROM (SELECT version, row_number() OVER (ORDER BY version) AS n FROM events WHERE stream = $1) v
		WHERE n <> version ORDER BY n LIMIT 1`, stream).Scan(&expected, &found)
	if err != nil {
		return err
	}
	i.Violate(domain.Violation{Stream: stream, Version: expected, What: "versions without a gap", Expected: strconv.Itoa(expected), Found: strconv.Itoa(found)})
	return nil
}

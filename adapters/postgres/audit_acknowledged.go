package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// Acknowledged looks at what stands beside the events in their transactions:
// ids, claims, answers and tallies.
func (a *Auditor) Acknowledged(ctx context.Context, i *domain.Invariant) error {
	return a.snapshot(ctx, func(tx pgx.Tx) error {
		for _, look := range []func(context.Context, pgx.Tx, *domain.Invariant) error{a.doubleIDs, a.claims, a.answers, a.queue, a.months, a.lists} {
			if err := look(ctx, tx, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// odd runs a query of the things that should not be: stream, id, expected, found.
func (a *Auditor) odd(ctx context.Context, tx pgx.Tx, i *domain.Invariant, what, sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	v := domain.Violation{What: what}
	_, err = pgx.ForEachRow(rows, []any{&v.Stream, &v.ID, &v.Expected, &v.Found}, func() error {
		if !a.Broken[v.Stream] {
			i.Violate(v)
		}
		return nil
	})
	return err
}

// count counts rows that are looked at.
func (a *Auditor) count(ctx context.Context, tx pgx.Tx, i *domain.Invariant, what, table string) error {
	var n int
	err := tx.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n)
	i.Look(what, n)
	return err
}

func (a *Auditor) doubleIDs(ctx context.Context, tx pgx.Tx, i *domain.Invariant) error {
	if err := a.count(ctx, tx, i, "event ids", fmt.Sprintf("events WHERE position > %d", a.After)); err != nil {
		return err
	}
	return a.odd(ctx, tx, i, "id of an event", "SELECT min(stream), id::text, '1', count(*)::text FROM events WHERE position > $1 GROUP BY id HAVING count(*) > 1", a.After)
}

// claims must belong to a stream, and those of running scans to one that runs.
func (a *Auditor) claims(ctx context.Context, tx pgx.Tx, i *domain.Invariant) error {
	if err := a.count(ctx, tx, i, "claims", "claims"); err != nil {
		return err
	}
	err := a.odd(ctx, tx, i, "stream of the claim", `SELECT stream, name, stream, 'none' FROM claims c
		WHERE NOT EXISTS (SELECT FROM streams s WHERE s.stream = c.stream)`)
	if err != nil {
		return err
	}
	return a.odd(ctx, tx, i, "claim of a running scan", `SELECT c.stream, c.name, 'released by ' || e.type, 'held' FROM claims c
		JOIN events e ON e.stream = c.stream AND e.type = ANY($1) WHERE c.name LIKE 'running:%'`, closers)
}

// answers that are kept for an Idempotency-Key must be of events that are there.
func (a *Auditor) answers(ctx context.Context, tx pgx.Tx, i *domain.Invariant) error {
	if err := a.count(ctx, tx, i, "answers", "answers"); err != nil {
		return err
	}
	return a.odd(ctx, tx, i, "event of the answer", `SELECT '', a.record, e.id::text, 'none' FROM answers a, unnest(a.events) AS e(id)
		WHERE NOT EXISTS (SELECT FROM events WHERE events.id = e.id)`)
}

// closers are the events that end a scan.
var closers = []string{domain.ScanCompleted{}.Kind(), domain.ScanFailed{}.Kind(), domain.ScanCancelled{}.Kind()}

// finals are the events that a scan that is over may have as its newest.
var finals = append([]string{domain.ScanRegraded{}.Kind(), domain.ScanCompared{}.Kind()}, closers...)

// queue counts again what waits in Scanner's queue: scans of which the log has
// the request alone.
func (a *Auditor) queue(ctx context.Context, tx pgx.Tx, i *domain.Invariant) error {
	if err := a.count(ctx, tx, i, "tallies", "tallies"); err != nil {
		return err
	}
	return a.odd(ctx, tx, i, "tally", `SELECT '', t.name, w.n::text, t.used::text FROM tallies t, (SELECT count(*) AS n FROM streams s
			JOIN events e ON e.stream = s.stream AND e.version = 1
			WHERE s.version = 1 AND s.stream LIKE 'scan-%' AND e.payload->>'contract' = $1) w
		WHERE t.name = $2 AND t.used <> w.n`, domain.ScannerAPI, queueTally)
}

// queueTally is the name that commands gives it.
const queueTally = "queue:scanner"

// months compares the scans of a month, and those of an hour, with their tallies,
// which count only while a limit stands: they must not be beyond what the log has. A
// scan that is asked for at the end of one may be written in the next.
func (a *Auditor) months(ctx context.Context, tx pgx.Tx, i *domain.Invariant) error {
	if a.After > 0 {
		return nil // it takes all events
	}
	return a.odd(ctx, tx, i, "tally", `SELECT '', t.name, 'at most ' || count(e.owner), t.used::text
		FROM (SELECT name, used, split_part(name, ':', 2) AS contract, split_part(name, ':', 3)::uuid AS account, interval '1 month 1 minute' AS span,
			make_timestamptz(substr(split_part(name, ':', 4), 1, 4)::int, substr(split_part(name, ':', 4), 6, 2)::int, 1, 0, 0, 0, 'UTC') AS began
			FROM tallies WHERE name ~ '^scans:[^:]+:[0-9a-f-]{36}:[0-9]{4}-[0-9]{2}$'
			UNION ALL SELECT name, used, split_part(name, ':', 4), split_part(name, ':', 5)::uuid, interval '1 hour 1 minute',
			make_timestamptz(substr(name, 6, 4)::int, substr(name, 11, 2)::int, substr(name, 14, 2)::int, substr(name, 17, 2)::int, 0, 0, 'UTC')
			FROM tallies WHERE name ~ '^hour:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:scans:[^:]+:[0-9a-f-]{36}$') t
		LEFT JOIN events e ON e.version = 1 AND e.type = $1 AND e.owner = t.account
			AND coalesce(e.payload->>'contract', t.contract) = t.contract
			AND e.at >= t.began AND e.at < t.began + t.span
		GROUP BY t.name, t.used HAVING t.used > count(e.owner)`, domain.ScanRequested{}.Kind())
}

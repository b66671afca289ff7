package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// Stuck is a scan that has no end, and nothing that would bring it to one.
type Stuck struct {
	Stream  domain.Stream
	Version int
	Why     string
	Since   string
	Asked   bool // it was asked for and never begun: what begins it may only be behind
}

// Unfinished looks at scans without an end, and returns those that nothing
// brings to it: whose lease ran out a minute ago and nobody took it, of which
// no probe is left, that were asked for a minute ago and are not in the inbox.
// Working says that leases are held at the moment.
func (a *Auditor) Unfinished(ctx context.Context, i *domain.Invariant) (stuck []Stuck, working bool, err error) {
	err = a.snapshot(ctx, func(tx pgx.Tx) error {
		var open, probes int
		err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM streams s JOIN events e ON e.stream = s.stream AND e.version = s.version
				WHERE s.stream LIKE 'scan-%' AND NOT s.erased AND NOT e.type = ANY($1)),
			(SELECT count(*) FROM probes), (SELECT count(*) > 0 FROM probes WHERE lease_until >= now())`, finals).Scan(&open, &probes, &working)
		if err != nil {
			return err
		}
		i.Look("scans without an end", open)
		i.Look("probes", probes)
		rows, err := tx.Query(ctx, stuckScans, closers, a.Grace)
		if err != nil {
			return err
		}
		stuck, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Stuck])
		return err
	})
	kept := stuck[:0]
	for _, s := range stuck {
		if !a.Broken[s.Stream] {
			kept = append(kept, s)
		}
	}
	return kept, working, err
}

// stuckScans are at most a thousand. An event may come after the end of a scan:
// a scan whose newest event is no end has another look.
const stuckScans = `SELECT s.stream, s.version, 'lease of probe ' || p.tool, p.lease_until::text, false
	FROM probes p JOIN streams s ON s.stream = 'scan-' || p.scan
	WHERE NOT p.dropped AND p.lease_until < now() - $2::interval
		AND NOT EXISTS (SELECT FROM events c WHERE c.stream = s.stream AND c.type = ANY($1))
UNION ALL (SELECT s.stream, s.version, CASE WHEN s.version = 1 THEN 'probes of the scan' ELSE 'end of the scan' END, e.at::text, s.version = 1
	FROM streams s JOIN events e ON e.stream = s.stream AND e.version = s.version
	WHERE s.stream LIKE 'scan-%' AND NOT e.type = ANY($1) AND e.at < now() - $2::interval
		AND NOT EXISTS (SELECT FROM probes p WHERE 'scan-' || p.scan = s.stream)
		AND NOT EXISTS (SELECT FROM events c WHERE c.stream = s.stream AND c.type = ANY($1)))
LIMIT 1000`

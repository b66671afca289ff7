package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Inbox = (*Inbox)(nil)

// Inbox holds the probes that are to be run. All clocks are the server's.
type Inbox struct{ pool *pgxpool.Pool }

// NewInbox returns an inbox over pool.
func NewInbox(pool *pgxpool.Pool) *Inbox { return &Inbox{pool} }

// Enqueue implements commands.Inbox.
func (i *Inbox) Enqueue(ctx context.Context, scan domain.ScanRequested, cause string) error {
	tools := make([]string, len(scan.Probes))
	for n, t := range scan.Probes {
		tools[n] = string(t)
	}
	_, err := i.pool.Exec(ctx, `INSERT INTO probes (scan, tool, account, cause)
		SELECT $1, tool, $2, $3 FROM unnest($4::text[]) WITH ORDINALITY AS t(tool, n) ORDER BY n
		ON CONFLICT DO NOTHING`, scan.Scan, scan.Account, cause, tools)
	failpoint.Here(failpoint.InboxEnqueued)
	return away(err)
}

// Lease implements commands.Inbox.
func (i *Inbox) Lease(ctx context.Context, worker string, ttl time.Duration) (*commands.Lease, error) {
	var l commands.Lease
	err := i.pool.QueryRow(ctx, `UPDATE probes SET token = token + 1, attempt = attempt + 1, worker = $1, lease_until = now() + $2
		WHERE (scan, tool) = (SELECT scan, tool FROM probes
			WHERE NOT dropped AND (lease_until IS NULL OR lease_until < now())
			ORDER BY enqueued LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING scan, account, tool, token, attempt, cause`, worker, ttl).
		Scan(&l.Scan, &l.Account, &l.Tool, &l.Token, &l.Attempt, &l.Cause)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, away(err)
	}
	failpoint.Here(failpoint.InboxLeased)
	return &l, nil
}

// Beat implements commands.Inbox.
func (i *Inbox) Beat(ctx context.Context, l commands.Lease, ttl time.Duration) error {
	var dropped bool
	err := i.pool.QueryRow(ctx, `UPDATE probes SET lease_until = now() + $4
		WHERE scan = $1 AND tool = $2 AND token = $3 RETURNING dropped`, l.Scan, l.Tool, l.Token, ttl).Scan(&dropped)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return domain.Errorf(domain.Lost, "probe %s of scan %s is in other hands", l.Tool, l.Scan)
	case err != nil:
		return away(err)
	case dropped:
		return domain.Errorf(domain.Over, "scan %s is over", l.Scan)
	default:
		return nil
	}
}

// Yield implements commands.Inbox.
func (i *Inbox) Yield(ctx context.Context, l commands.Lease, spent bool) error {
	_, err := i.pool.Exec(ctx, `UPDATE probes SET lease_until = NULL, attempt = attempt - CASE WHEN $4 THEN 0 ELSE 1 END
		WHERE scan = $1 AND tool = $2 AND token = $3`, l.Scan, l.Tool, l.Token, spent)
	return away(err)
}

// Done implements commands.Inbox.
func (i *Inbox) Done(ctx context.Context, l commands.Lease) error {
	_, err := i.pool.Exec(ctx, "DELETE FROM probes WHERE scan = $1 AND tool = $2 AND token = $3", l.Scan, l.Tool, l.Token)
	return away(err)
}

// Drop implements commands.Inbox. A probe that is leased is only marked, so
// that its worker learns of it. What dead workers left of other dropped scans
// goes along.
func (i *Inbox) Drop(ctx context.Context, scan uuid.UUID) error {
	b := &pgx.Batch{}
	b.Queue("DELETE FROM probes WHERE (scan = $1 OR dropped) AND (lease_until IS NULL OR lease_until < now())", scan)
	b.Queue("UPDATE probes SET dropped = true WHERE scan = $1", scan)
	err := i.pool.SendBatch(ctx, b).Close()
	failpoint.Here(failpoint.InboxDropped)
	return away(err)
}

package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
)

// Erasures says what is to be erased yet.
type Erasures struct{ pool *pgxpool.Pool }

// NewErasures returns a reader over pool.
func NewErasures(pool *pgxpool.Pool) *Erasures { return &Erasures{pool} }

// Expired are scans that were over before a time, the oldest first, at most
// limit.
func (e *Erasures) Expired(ctx context.Context, before time.Time, limit int) ([]uuid.UUID, error) {
	return e.ids(ctx, `SELECT stream FROM events WHERE type IN ('scan.completed', 'scan.failed', 'scan.cancelled')
		AND payload IS NOT NULL AND at < $1 ORDER BY at LIMIT $2`, before, limit)
}

// Looked are look-ups from before a time, the oldest first, at most limit.
func (e *Erasures) Looked(ctx context.Context, before time.Time, limit int) ([]uuid.UUID, error) {
	return e.ids(ctx, `SELECT stream FROM events WHERE type = 'lookup.completed' AND payload IS NOT NULL AND at < $1 ORDER BY at LIMIT $2`, before, limit)
}

// Orphans are scans, targets, links or look-ups, by their family, of deleted accounts, at most
// limit.
func (e *Erasures) Orphans(ctx context.Context, family string, limit int) ([]uuid.UUID, error) {
	return e.ids(ctx, `SELECT s.stream FROM streams a JOIN streams s ON s.owner = a.owner AND NOT s.erased AND `+within(family)+`
		WHERE a.erased AND a.stream LIKE 'account-%' LIMIT $1`, limit)
}

// Of are an account's scans, targets, links or look-ups that are not erased, at most limit.
func (e *Erasures) Of(ctx context.Context, account uuid.UUID, family string, limit int) ([]uuid.UUID, error) {
	return e.ids(ctx, "SELECT stream FROM streams s WHERE owner = $1 AND NOT erased AND "+within(family)+" LIMIT $2", account, limit)
}

// ErasedOf counts an account's scans, targets, links or look-ups that are erased.
func (e *Erasures) ErasedOf(ctx context.Context, account uuid.UUID, family string) (n int, err error) {
	err = e.pool.QueryRow(ctx, "SELECT count(*) FROM streams s WHERE owner = $1 AND erased AND "+within(family), account).Scan(&n)
	return n, away(err)
}

// within chooses the streams of a family, in words that an index has.
func within(family string) string { return "s.stream LIKE '" + family + "-%'" }

func (e *Erasures) ids(ctx context.Context, sql string, args ...any) ([]uuid.UUID, error) {
	rows, err := e.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, away(err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (uuid.UUID, error) {
		var s domain.Stream
		err := row.Scan(&s)
		return s.ID(), err
	})
	return found, away(err)
}

// Deleted chooses of accounts those that are deleted.
func (e *Erasures) Deleted(ctx context.Context, accounts []uuid.UUID) ([]uuid.UUID, error) {
	return e.accounts(ctx, "SELECT owner FROM streams WHERE erased AND stream LIKE 'account-%' AND owner = ANY($1)", accounts)
}

// Forgetting are the deleted accounts that have yet to be forgotten beyond this
// database.
func (e *Erasures) Forgetting(ctx context.Context) ([]uuid.UUID, error) {
	return e.accounts(ctx, "SELECT account FROM forgetting ORDER BY since")
}

func (e *Erasures) accounts(ctx context.Context, sql string, args ...any) ([]uuid.UUID, error) {
	rows, err := e.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, away(err)
	}
	accounts, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return accounts, away(err)
}

// Forgotten notes that an account is forgotten everywhere.
func (e *Erasures) Forgotten(ctx context.Context, account uuid.UUID) error {
	_, err := e.pool.Exec(ctx, "DELETE FROM forgetting WHERE account = $1", account)
	return away(err)
}

// erasingLock and judgingLock are the advisory locks of the one process at work.
const (
	erasingLock = 0x5ca11ede1e
	judgingLock = 0x5ca11edc1c
)

// Lead does a piece of work unless another process is at it.
func (e *Erasures) Lead(ctx context.Context, do func(context.Context) error) error {
	return lead(ctx, e.pool, erasingLock, do)
}

// LeadLinks does to links what is done by one process, unless another is at it.
func LeadLinks(ctx context.Context, pool *pgxpool.Pool, do func(context.Context) error) error {
	return lead(ctx, pool, judgingLock, do)
}

func lead(ctx context.Context, pool *pgxpool.Pool, lock int64, do func(context.Context) error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return away(err)
	}
	c := conn.Hijack() // closing it frees the lock, whatever state it is in
	defer c.Close(context.WithoutCancel(ctx))
	var leading bool
	if err := c.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lock).Scan(&leading); err != nil || !leading {
		return away(err)
	}
	return do(ctx)
}

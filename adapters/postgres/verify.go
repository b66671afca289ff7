package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Proofs reads what proves the log, and compares it. What it holds at one time
// is bounded by a stream's state, not by its length or by the log's.
type Proofs struct {
	pool *pgxpool.Pool
	q    reading
}

// reading is a pool or a transaction.
type reading interface {
	querier
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// NewProofs returns a reader over pool.
func NewProofs(pool *pgxpool.Pool) *Proofs { return &Proofs{pool, pool} }

// At reads in one snapshot: what is written meanwhile is not seen.
func (p *Proofs) At(ctx context.Context, read func(*Proofs) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, p.pool, options, func(tx pgx.Tx) error {
		if err := standStill(ctx, tx, NewTable(p.pool, projections.Reports)); err != nil {
			return err
		}
		return read(&Proofs{p.pool, tx})
	})
}

// Streams returns the next names after a name, in the database's order: of
// all streams that anything is kept of.
func (p *Proofs) Streams(ctx context.Context, after domain.Stream, limit int) ([]domain.Stream, error) {
	rows, err := p.q.Query(ctx, `(SELECT stream FROM streams WHERE stream > $1 ORDER BY stream LIMIT $2)
		UNION (SELECT DISTINCT stream FROM events WHERE stream > $1 ORDER BY stream LIMIT $2)
		UNION (SELECT DISTINCT stream FROM signed_heads WHERE stream > $1 ORDER BY stream LIMIT $2)
		UNION (SELECT row_key FROM reports WHERE row_key > $1 ORDER BY row_key LIMIT $2)
		ORDER BY 1 LIMIT $2`, after, limit)
	if err != nil {
		return nil, away(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[domain.Stream])
	return names, away(err)
}

// Count is how many streams the log has.
func (p *Proofs) Count(ctx context.Context) (n int, err error) {
	err = p.q.QueryRow(ctx, "SELECT count(*) FROM streams").Scan(&n)
	return n, away(err)
}

// Head is a stream's newest event as the log says; nil where there is none.
func (p *Proofs) Head(ctx context.Context, s domain.Stream) (*domain.Head, error) {
	h := domain.Head{Stream: s}
	err := p.q.QueryRow(ctx, "SELECT owner, version, head FROM streams WHERE stream = $1", s).Scan(&h.Owner, &h.Version, &h.Hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &h, away(err)
}

// HashAt is the chain's hash of a stream's event; NotFound where there is none.
func (p *Proofs) HashAt(ctx context.Context, s domain.Stream, version int) (hash []byte, err error) {
	err = p.q.QueryRow(ctx, "SELECT hash FROM events WHERE stream = $1 AND version = $2", s, version).Scan(&hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, domain.Errorf(domain.NotFound, "There is no event %d of %s", version, s)
	}
	return hash, away(err)
}

// Signed are the heads of a stream that checkpoints have, oldest first.
func (p *Proofs) Signed(ctx context.Context, s domain.Stream) ([]domain.Head, error) {
	rows, err := p.q.Query(ctx, "SELECT version, head, checkpoint FROM signed_heads WHERE stream = $1 ORDER BY version", s)
	if err != nil {
		return nil, away(err)
	}
	heads, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (domain.Head, error) {
		h := domain.Head{Stream: s}
		return h, row.Scan(&h.Version, &h.Hash, &h.Checkpoint)
	})
	return heads, away(err)
}

// Each gives a stream's events up to a version, oldest first, with what proves
// them; see gets no event twice.
func (p *Proofs) Each(ctx context.Context, s domain.Stream, upTo int, see func(domain.Kept) error) error {
	rows, err := p.q.Query(ctx, "SELECT "+eventColumns+", digest, hash FROM events WHERE stream = $1 AND version <= $2 ORDER BY version", s, upTo)
	if err != nil {
		return away(err)
	}
	defer rows.Close()
	for rows.Next() {
		var k domain.Kept
		if err := rows.Scan(&k.Position, &k.ID, &k.Stream, &k.Version, &k.Owner, &k.Type, &k.Schema,
			&k.At, &k.Actor, &k.Cause, &k.Trace, &k.Payload, &k.Sum, &k.Hash); err != nil {
			return away(err)
		}
		if err := see(k); err != nil {
			return err
		}
	}
	return away(rows.Err())
}

// Piece is a piece of evidence.
type Piece struct {
	Hash domain.Hash
	Size int64
}

// Pieces lists a scan's evidence by hash.
func (p *Proofs) Pieces(ctx context.Context, scan uuid.UUID) ([]Piece, error) {
	rows, err := p.q.Query(ctx, `SELECT hash, octet_length(body) FROM evidence WHERE scan = $1 ORDER BY hash COLLATE "C"`, scan)
	if err != nil {
		return nil, away(err)
	}
	pieces, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Piece])
	return pieces, away(err)
}

// Body reads a piece of evidence. The error of one that is gone has the code
// NotFound.
func (p *Proofs) Body(ctx context.Context, scan uuid.UUID, h domain.Hash) (body []byte, err error) {
	err = p.q.QueryRow(ctx, "SELECT body FROM evidence WHERE scan = $1 AND hash = $2", scan, h).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, domain.Errorf(domain.NotFound, "evidence %s is gone", h)
	}
	return body, away(err)
}

// Strays are scans of which there is evidence and no stream, at most limit.
func (p *Proofs) Strays(ctx context.Context, limit int) ([]uuid.UUID, error) {
	rows, err := p.q.Query(ctx, `SELECT DISTINCT scan FROM evidence e
		WHERE NOT EXISTS (SELECT FROM streams s WHERE s.stream = 'scan-' || e.scan) ORDER BY scan LIMIT $1`, limit)
	if err != nil {
		return nil, away(err)
	}
	scans, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return scans, away(err)
}

// Checkpoints gives the checkpoints in their order.
func (p *Proofs) Checkpoints(ctx context.Context, see func(number int64, c domain.SignedCheckpoint) error) error {
	for after, more := int64(-1<<62), true; more; {
		rows, err := p.q.Query(ctx, "SELECT number, statement, signature FROM checkpoints WHERE number > $1 ORDER BY number LIMIT 16", after)
		if err != nil {
			return away(err)
		}
		var c domain.SignedCheckpoint
		more = false
		_, err = pgx.ForEachRow(rows, []any{&after, &c.Statement, &c.Signature}, func() error {
			more = true
			return see(after, domain.SignedCheckpoint{Statement: slices.Clone(c.Statement), Signature: slices.Clone(c.Signature)})
		})
		if err != nil {
			return away(err)
		}
	}
	return nil
}

// HeadsOf are the heads that a checkpoint names, in the order of its statement.
func (p *Proofs) HeadsOf(ctx context.Context, checkpoint int64) ([]domain.Head, error) {
	rows, err := p.q.Query(ctx, `SELECT stream, version, head FROM signed_heads WHERE checkpoint = $1 ORDER BY stream COLLATE "C"`, checkpoint)
	if err != nil {
		return nil, away(err)
	}
	heads, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (domain.Head, error) {
		h := domain.Head{Checkpoint: checkpoint}
		return h, row.Scan(&h.Stream, &h.Version, &h.Hash)
	})
	return heads, away(err)
}

// Checkpoint is the one of a number.
func (p *Proofs) Checkpoint(ctx context.Context, number int64) (c domain.SignedCheckpoint, err error) {
	err = p.q.QueryRow(ctx, "SELECT statement, signature FROM checkpoints WHERE number = $1", number).Scan(&c.Statement, &c.Signature)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, domain.Errorf(domain.NotFound, "checkpoint %d is gone", number)
	}
	return c, away(err)
}

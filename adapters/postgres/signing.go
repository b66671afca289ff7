package postgres

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/domain"
)

// signingLock is the advisory lock by which signers take turns.
const signingLock = 0x5ca11ed519

// signBatch is how many events one checkpoint covers at most, and so bounds
// its size.
const signBatch = 4096

// Signer writes checkpoints: signed statements of what the log has.
type Signer struct {
	pool *pgxpool.Pool
	key  ed25519.PrivateKey
	now  func() time.Time
}

// NewSigner returns a signer with the installation's key, which is drawn by
// random when it is first asked for.
func NewSigner(ctx context.Context, pool *pgxpool.Pool, now func() time.Time, random func([]byte)) (*Signer, error) {
	seed, err := NewSecrets(pool).Installation(ctx, "signing", random)
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("the installation's signing seed has %d bytes, not %d", len(seed), ed25519.SeedSize)
	}
	return &Signer{pool, ed25519.NewKeyFromSeed(seed), now}, nil
}

// Public is the key by which the checkpoints are verified.
func (s *Signer) Public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// Run signs at intervals until ctx ends. It returns nothing but ctx.Err().
func (s *Signer) Run(ctx context.Context, every time.Duration, log *slog.Logger) error {
	for ctx.Err() == nil {
		if err := s.Sign(ctx); err != nil && ctx.Err() == nil {
			log.Warn("no checkpoint is signed", "error", err)
		}
		rest(ctx, every, nil)
	}
	return ctx.Err()
}

// Sign covers all that is committed and behind the fence by checkpoints. Where
// nothing has changed there is no new one.
func (s *Signer) Sign(ctx context.Context) error {
	for covered := signBatch; covered == signBatch; {
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
			covered, err = s.next(ctx, tx)
			return err
		})
		if err != nil {
			return away(err)
		}
		failpoint.Here(failpoint.CheckpointWritten)
	}
	return nil
}

// next writes one checkpoint and returns how many events it covers.
func (s *Signer) next(ctx context.Context, tx pgx.Tx) (int, error) {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(signingLock)); err != nil {
		return 0, err
	}
	c, err := s.successor(ctx, tx)
	if err != nil {
		return 0, err
	}
	heads, covered, err := changed(ctx, tx, &c)
	if err != nil || covered == 0 {
		return 0, err
	}
	for _, h := range heads {
		c.Heads = append(c.Heads, h.Leaf())
	}
	signed, err := c.Sign(s.key)
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO checkpoints (number, statement, signature) VALUES ($1, $2, $3)", c.Number, signed.Statement, signed.Signature); err != nil {
		return 0, err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"signed_heads"}, []string{"stream", "version", "head", "checkpoint"},
		pgx.CopyFromSlice(len(heads), func(i int) ([]any, error) {
			return []any{string(heads[i].Stream), heads[i].Version, heads[i].Hash, c.Number}, nil
		}))
	failpoint.Here(failpoint.CheckpointSigned)
	return covered, err
}

// successor begins the checkpoint after the newest.
func (s *Signer) successor(ctx context.Context, tx pgx.Tx) (domain.Checkpoint, error) {
	c := domain.Checkpoint{Number: 1, At: s.now(), Key: domain.KeyID(s.Public()), Xid: "0"}
	var last domain.SignedCheckpoint
	err := tx.QueryRow(ctx, "SELECT statement, signature FROM checkpoints ORDER BY number DESC LIMIT 1").Scan(&last.Statement, &last.Signature)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	var before domain.Checkpoint
	if err := json.Unmarshal(last.Statement, &before); err != nil {
		return c, fmt.Errorf("the newest checkpoint cannot be read, run scanledger verify: %w", err)
	}
	c.Number, c.Before, c.Xid, c.Position = before.Number+1, last.Hash(), before.Xid, before.Position
	return c, nil
}

// changed reads the heads, by stream, of what was committed after the
// checkpoint's place in the log, and moves the place on.
func changed(ctx context.Context, tx pgx.Tx, c *domain.Checkpoint) ([]domain.Head, int, error) {
	rows, err := tx.Query(ctx, `SELECT xid::text, position, stream, version, hash FROM events
		WHERE (xid, position) > ($1::text::xid8, $2) AND `+fence+` ORDER BY events.xid, position LIMIT $3`, c.Xid, c.Position, signBatch)
	if err != nil {
		return nil, 0, err
	}
	newest, covered := map[domain.Stream]domain.Head{}, 0
	var h domain.Head
	_, err = pgx.ForEachRow(rows, []any{&c.Xid, &c.Position, &h.Stream, &h.Version, &h.Hash}, func() error {
		covered++
		if h.Version > newest[h.Stream].Version {
			h.Hash = slices.Clone(h.Hash)
			newest[h.Stream] = h
		}
		return nil
	})
	heads := make([]domain.Head, 0, len(newest))
	for _, s := range slices.Sorted(maps.Keys(newest)) {
		heads = append(heads, newest[s])
	}
	return heads, covered, err
}

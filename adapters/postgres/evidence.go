package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/domain"
)

// Evidence keeps raw scanner output by its hash, for each scan.
type Evidence struct{ pool *pgxpool.Pool }

// NewEvidence returns a store over pool.
func NewEvidence(pool *pgxpool.Pool) *Evidence { return &Evidence{pool} }

// Keep stores body and returns the hash that names it.
func (e *Evidence) Keep(ctx context.Context, scan uuid.UUID, kind string, body []byte) (domain.Hash, error) {
	sum := sha256.Sum256(body)
	hash := domain.Hash(hex.EncodeToString(sum[:]))
	_, err := e.pool.Exec(ctx, `INSERT INTO evidence (scan, hash, kind, body) VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`, scan, hash, kind, body)
	failpoint.Here(failpoint.EvidenceKept)
	return hash, away(err)
}

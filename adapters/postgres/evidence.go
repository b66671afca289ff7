package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
)

// Evidence keeps raw scanner output by its hash, for each scan.
type Evidence struct{ pool *pgxpool.Pool }

// NewEvidence returns a store over pool.
func NewEvidence(pool *pgxpool.Pool) *Evidence { return &Evidence{pool} }

// Keep stores body and returns the hash that names it. Of a scan that is erased
// nothing is kept: Over.
func (e *Evidence) Keep(ctx context.Context, scan uuid.UUID, kind string, body []byte) (domain.Hash, error) {
	sum := sha256.Sum256(body)
	hash := domain.Hash(hex.EncodeToString(sum[:]))
	var gone bool // an erasure that comes at the same time waits for the lock, and takes what was kept
	err := e.pool.QueryRow(ctx, `WITH of AS (SELECT erased FROM streams WHERE stream = $5 FOR KEY SHARE),
		kept AS (INSERT INTO evidence (scan, hash, kind, body) SELECT $1, $2, $3, $4
			WHERE NOT EXISTS (SELECT FROM of WHERE erased) ON CONFLICT DO NOTHING)
		SELECT EXISTS (SELECT FROM of WHERE erased)`,
		scan, hash, kind, body, domain.NewStream(domain.ScanFamily, scan)).Scan(&gone)
	if err == nil && gone {
		return "", domain.Errorf(domain.Over, "scan %s is erased", scan)
	}
	return hash, away(err)
}

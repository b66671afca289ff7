package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
)

// LinkUses counts the visits to links that may have only so many.
type LinkUses struct{ pool *pgxpool.Pool }

// NewLinkUses returns a counter over pool.
func NewLinkUses(pool *pgxpool.Pool) *LinkUses { return &LinkUses{pool} }

// Take counts one visit, if there were fewer than most, and says whether it did.
// It is exact over any number of processes: what was taken is durable, also when
// nobody hears of it.
func (u *LinkUses) Take(ctx context.Context, link uuid.UUID, most int) (bool, error) {
	var used int
	err := u.pool.QueryRow(ctx, `INSERT INTO tallies AS t (name, used) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET used = t.used + 1 WHERE t.used < $2 RETURNING used`, domain.LinkTally(link), most).Scan(&used)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, away(err)
}

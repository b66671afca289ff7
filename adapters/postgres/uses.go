package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/commands"
)

var _ commands.Uses = (*Uses)(nil)

// Uses remembers when keys were last used.
type Uses struct {
	pool *pgxpool.Pool

	mu    sync.Mutex
	noted map[uuid.UUID]time.Time // what the table has, as far as this process knows
}

// NewUses returns the uses over pool.
func NewUses(pool *pgxpool.Pool) *Uses { return &Uses{pool: pool, noted: map[uuid.UUID]time.Time{}} }

// usesKept is how many keys a process remembers before it forgets all of them.
const usesKept = 10_000

// Used implements commands.Uses. It asks the database once a minute and key.
func (u *Uses) Used(ctx context.Context, account, key uuid.UUID, at time.Time) error {
	if !u.due(key, at) {
		return nil
	}
	var noted time.Time
	err := u.pool.QueryRow(ctx, `INSERT INTO key_uses AS k (key, account, at) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET at = CASE WHEN k.at <= excluded.at - interval '1 minute' THEN excluded.at ELSE k.at END
		RETURNING at`, key, account, at).Scan(&noted)
	if err != nil {
		return away(err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.noted) >= usesKept {
		clear(u.noted)
	}
	u.noted[key] = noted
	return nil
}

func (u *Uses) due(key uuid.UUID, at time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	before, ok := u.noted[key]
	return !ok || at.Sub(before) >= time.Minute
}

// LastUses implements commands.Uses.
func (u *Uses) LastUses(ctx context.Context, account uuid.UUID) (map[uuid.UUID]time.Time, error) {
	rows, err := u.pool.Query(ctx, "SELECT key, at FROM key_uses WHERE account = $1", account)
	if err != nil {
		return nil, away(err)
	}
	last := map[uuid.UUID]time.Time{}
	var key uuid.UUID
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&key, &at}, func() error { last[key] = at; return nil })
	return last, away(err)
}

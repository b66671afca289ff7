package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Limits counts requests in fixed windows, exactly and across all processes.
type Limits struct{ pool *pgxpool.Pool }

// NewLimits returns a counter over pool.
func NewLimits(pool *pgxpool.Pool) *Limits { return &Limits{pool} }

// Take counts one request under name and returns how many there have been in
// the window that is open now, this one included, and when the window ends. A
// request that has waited since the window before counts in the open one.
func (l *Limits) Take(ctx context.Context, name string, window time.Duration) (used int, reset time.Time, err error) {
	err = l.pool.QueryRow(ctx, `INSERT INTO limits AS l (name, started, used)
		VALUES ($1, date_bin($2, clock_timestamp(), 'epoch'), 1)
		ON CONFLICT (name) DO UPDATE SET
			used = CASE WHEN l.started >= excluded.started THEN l.used + 1 ELSE 1 END,
			started = greatest(l.started, excluded.started)
		RETURNING used, started + $2`, name, window).Scan(&used, &reset)
	return used, reset, away(err)
}

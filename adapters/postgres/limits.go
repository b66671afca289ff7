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

// TakeMonth counts one request in the calendar month, UTC, as Take does in a
// window. The count is no reason to wait for the disk: a crash of the server
// may take the newest half second's requests off it.
func (l *Limits) TakeMonth(ctx context.Context, name string) (used int, reset time.Time, err error) {
	err = l.pool.QueryRow(ctx, `INSERT INTO months AS m (name, started, used)
		SELECT $1, date_trunc('month', clock_timestamp(), 'UTC'), 1 FROM set_config('synchronous_commit', 'off', true)
		ON CONFLICT (name) DO UPDATE SET
			used = CASE WHEN m.started >= excluded.started THEN m.used + 1 ELSE 1 END,
			started = greatest(m.started, excluded.started)
		RETURNING used, (started AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'`, name).Scan(&used, &reset)
	return used, reset, away(err)
}

// UsedInMonth returns how many requests TakeMonth has counted in this month.
func (l *Limits) UsedInMonth(ctx context.Context, name string) (used int, err error) {
	err = l.pool.QueryRow(ctx, `SELECT coalesce(max(used), 0) FROM months
		WHERE name = $1 AND started >= date_trunc('month', clock_timestamp(), 'UTC')`, name).Scan(&used)
	return used, away(err)
}

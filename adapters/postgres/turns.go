package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Turns give questions to others' servers their times, by the server's clock and
// across all processes, as the generic cell rate algorithm does. After a crash of
// the server nothing was asked.
type Turns struct{ pool *pgxpool.Pool }

// NewTurns returns the turns over pool.
func NewTurns(pool *pgxpool.Pool) *Turns { return &Turns{pool} }

// Take gives a question to a place its turn: burst may come at once, and from then
// on one every so often. It returns how long it is until then, and gives none where
// that is longer than patience.
func (t *Turns) Take(ctx context.Context, place string, every time.Duration, burst int, patience time.Duration) (time.Duration, error) {
	var wait float64
	err := t.pool.QueryRow(ctx, `WITH given AS (
			INSERT INTO turns AS t (place, due) VALUES ($1, clock_timestamp() + $2::interval)
			ON CONFLICT (place) DO UPDATE SET due = greatest(t.due, clock_timestamp()) + $2::interval
				WHERE greatest(t.due - $2::interval * ($3::int - 1), t.paused) <= clock_timestamp() + $4::interval
			RETURNING greatest(due - $2::interval * $3::int, paused) AS at)
		SELECT coalesce(
			(SELECT greatest(extract(epoch FROM at - clock_timestamp()), 0) FROM given),
			(SELECT greatest(extract(epoch FROM greatest(due - $2::interval * ($3::int - 1), paused) - clock_timestamp()), extract(epoch FROM $4::interval) + 0.001) FROM turns WHERE place = $1),
			extract(epoch FROM $4::interval + $2::interval))::float8`, place, every, burst, patience).Scan(&wait)
	return time.Duration(wait * float64(time.Second)), away(err)
}

// Pause leaves a place alone for a while, or longer where that was said before.
func (t *Turns) Pause(ctx context.Context, place string, wait time.Duration) error {
	_, err := t.pool.Exec(ctx, `INSERT INTO turns (place, due, paused) VALUES ($1, clock_timestamp(), clock_timestamp() + $2::interval)
		ON CONFLICT (place) DO UPDATE SET paused = greatest(turns.paused, excluded.paused)`, place, wait)
	return away(err)
}

// Sweep forgets places that are as if nothing had been asked of them, most of them
// at a time, and returns how many.
func (t *Turns) Sweep(ctx context.Context, most int) (int, error) {
	tag, err := t.pool.Exec(ctx, `DELETE FROM turns WHERE place IN (
		SELECT place FROM turns WHERE greatest(due, paused) <= clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED)`, most)
	return int(tag.RowsAffected()), away(err)
}

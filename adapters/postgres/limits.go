package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Limits counts requests in fixed windows, exactly and across all processes.
// Requests that come while others are being counted are counted together, and
// each has a number of its own.
type Limits struct {
	pool   *pgxpool.Pool
	takes  *together[taking, taken]
	number atomic.Int64
}

// taking is one request in one window.
type taking struct {
	name   string
	window time.Duration // 0 for the calendar month
	number int64         // tells it from all others
}

type taken struct {
	used  int
	reset time.Time
}

// NewLimits returns a counter over pool.
func NewLimits(pool *pgxpool.Pool) *Limits {
	return &Limits{pool: pool, takes: &together[taking, taken]{ask: func(ctx context.Context, all []taking) (map[taking]taken, error) {
		return take(ctx, pool, all)
	}}}
}

// Take counts one request under name and returns how many there have been in
// the window that is open now, this one included, and when the window ends. A
// request that has waited since the window before counts in the open one. All
// windows of a name are of one length.
func (l *Limits) Take(ctx context.Context, name string, window time.Duration) (used int, reset time.Time, err error) {
	t, _, err := l.takes.get(ctx, taking{name, window, l.number.Add(1)})
	return t.used, t.reset, away(err)
}

// TakeMonth counts one request in the calendar month, UTC, as Take does in a
// window. The count is no reason to wait for the disk: a crash of the server
// may take the newest half second's requests off it.
func (l *Limits) TakeMonth(ctx context.Context, name string) (used int, reset time.Time, err error) {
	return l.Take(ctx, name, 0)
}

// many are the requests of one name.
type many struct {
	window   time.Duration
	requests []taking
}

// take counts requests. Rows are locked in the order of their names, the windows'
// before the months', so that nobody waits for somebody who waits.
func take(ctx context.Context, to sender, all []taking) (map[taking]taken, error) {
	windows, months := map[string]many{}, map[string]many{}
	for _, t := range all {
		into := windows
		if t.window == 0 {
			into = months
		}
		into[t.name] = many{t.window, append(into[t.name].requests, t)}
	}
	counted, b := make(map[taking]taken, len(all)), hasty()
	queueTakes(b, windows, counted, `INSERT INTO limits AS l (name, started, used)
		SELECT name, date_bin(span, clock_timestamp(), 'epoch'), n FROM unnest($1::text[], $2::interval[], $3::int[]) AS t(name, span, n) ORDER BY name
		ON CONFLICT (name) DO UPDATE SET
			used = CASE WHEN l.started >= excluded.started THEN l.used ELSE 0 END + excluded.used,
			started = greatest(l.started, excluded.started)
		RETURNING name, used, started`)
	queueTakes(b, months, counted, `INSERT INTO months AS m (name, started, used)
		SELECT name, date_trunc('month', clock_timestamp(), 'UTC'), n FROM unnest($1::text[], $2::interval[], $3::int[]) AS t(name, span, n) ORDER BY name
		ON CONFLICT (name) DO UPDATE SET
			used = CASE WHEN m.started >= excluded.started THEN m.used ELSE 0 END + excluded.used,
			started = greatest(m.started, excluded.started)
		RETURNING name, used, started`)
	return counted, to.SendBatch(ctx, b).Close()
}

// queueTakes counts the requests of each name with one row, and gives each of
// them its number.
func queueTakes(b *pgx.Batch, names map[string]many, counted map[taking]taken, sql string) {
	if len(names) == 0 {
		return
	}
	var columns struct {
		names []string
		spans []time.Duration
		n     []int32
	}
	for name, m := range names {
		columns.names, columns.spans, columns.n = append(columns.names, name), append(columns.spans, m.window), append(columns.n, int32(len(m.requests)))
	}
	b.Queue(sql, columns.names, columns.spans, columns.n).Query(func(rows pgx.Rows) error {
		var name string
		var used int
		var started time.Time
		_, err := pgx.ForEachRow(rows, []any{&name, &used, &started}, func() error {
			m := names[name]
			reset := started.Add(m.window)
			if m.window == 0 {
				reset = started.UTC().AddDate(0, 1, 0)
			}
			for i, t := range m.requests {
				counted[t] = taken{used - i, reset}
			}
			return nil
		})
		return err
	})
}

// Sweep forgets windows that are over, whose names are those of addresses too, most of
// them at a time, and returns how many. No window is open for more than a day.
func (l *Limits) Sweep(ctx context.Context, most int) (int, error) {
	tag, err := l.pool.Exec(ctx, `DELETE FROM limits WHERE name IN (
		SELECT name FROM limits WHERE started <= clock_timestamp() - interval '1 day' LIMIT $1 FOR UPDATE SKIP LOCKED)`, most)
	return int(tag.RowsAffected()), away(err)
}

// UsedInMonth returns how many requests TakeMonth has counted in this month.
func (l *Limits) UsedInMonth(ctx context.Context, name string) (used int, err error) {
	err = l.pool.QueryRow(ctx, `SELECT coalesce(max(used), 0) FROM months
		WHERE name = $1 AND started >= date_trunc('month', clock_timestamp(), 'UTC')`, name).Scan(&used)
	return used, away(err)
}

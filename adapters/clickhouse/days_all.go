package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
)

// CountAllDays makes all days anew, as after a rebuild of clicks, a part at a time.
// What stands for a day that is none, or of more visits than there are, goes.
func (db *DB) CountAllDays(ctx context.Context, rest func(context.Context, time.Duration)) error {
	if rest == nil {
		rest = func(context.Context, time.Duration) {}
	}
	parts, err := db.partsOfDays(ctx)
	if err != nil {
		return fmt.Errorf("clickhouse: %w", err)
	}
	for _, part := range parts {
		began := time.Now()
		if err := db.makeDaysOf(ctx, uuid.Nil, part); err != nil {
			return fmt.Errorf("clickhouse: count days of links: %w", err)
		}
		rest(ctx, time.Since(began))
	}
	wrong, err := db.WrongDays(ctx, time.Time{})
	for some := range slices.Chunk(wrong, daysAtOnce) {
		if err == nil {
			waits := clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"mutations_sync": 2}))
			err = db.conn.Exec(waits, "ALTER TABLE clicks_days DELETE WHERE (account, link, day) IN "+tuples(some))
		}
		if err == nil {
			err = db.makeDays(ctx, uuid.Nil, some)
		}
	}
	return err
}

// rowsAtOnce are about how many rows one statement of CountAllDays reads.
const rowsAtOnce = 2_000_000

// partsOfDays are conditions that share all rows among themselves, each day whole.
func (db *DB) partsOfDays(ctx context.Context) (parts []string, err error) {
	rows, err := db.conn.Query(ctx, "SELECT toYYYYMM(at) AS month, count() FROM clicks GROUP BY month ORDER BY month")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var month uint32
		var n uint64
		if err := rows.Scan(&month, &n); err != nil {
			return nil, err
		}
		of := n/rowsAtOnce + 1
		for i := range of {
			parts = append(parts, fmt.Sprintf("toYYYYMM(at) = %d AND cityHash64(link) %% %d = %d", month, of, i))
		}
	}
	return parts, rows.Err()
}

// WrongDays are days of which clicks_days says another number of visits than the
// rows do, from a day on, but for those that are due. While rows come there may
// be some for a moment.
func (db *DB) WrongDays(ctx context.Context, from time.Time) (wrong []LinkDay, err error) {
	ctx, cancel := context.WithTimeout(ctx, steps)
	defer cancel()
	rows, err := db.conn.Query(ctx, fmt.Sprintf(`SELECT account, link, day FROM (SELECT account, link, toDate(at) AS day, count() AS n FROM clicks WHERE at >= toDateTime64(%[1]d, 3, 'UTC') GROUP BY account, link, day) AS r
		FULL JOIN (SELECT account, link, day, visits, mark FROM clicks_days FINAL WHERE day >= toDate('%[2]s')) AS d USING (account, link, day)
		LEFT JOIN (SELECT account, link, day, mark FROM clicks_due FINAL) AS due USING (account, link, day)
		WHERE n != visits AND (due.mark = toUUID('%[3]s') OR due.mark = d.mark) ORDER BY account, link, day`,
		max(from.Unix(), 0), time.Unix(max(from.Unix(), 0), 0).UTC().Format(time.DateOnly), uuid.Nil))
	if refused(err, unknownTable) || refused(err, unknownDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d LinkDay
		if err := rows.Scan(&d.Account, &d.Link, &d.Day); err != nil {
			return nil, fmt.Errorf("clickhouse: %w", err)
		}
		d.Day = d.Day.UTC()
		wrong = append(wrong, d)
	}
	return wrong, rows.Err()
}

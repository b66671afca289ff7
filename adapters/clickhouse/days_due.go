package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

const (
	// heavyDay is how many visits a day may have and be made anew with every batch.
	heavyDay = 200_000
	// pauseForVisit is what such a day waits for each of its visits until it is made
	// anew: about ten times what that takes.
	pauseForVisit = 10 * time.Microsecond
)

// heavy are those of some days that had many visits when they were made.
func (db *DB) heavy(ctx context.Context, days []LinkDay) (heavy []LinkDay, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, fmt.Sprintf("SELECT account, link, day FROM clicks_days FINAL WHERE (account, link, day) IN %s AND visits >= %d", tuples(days), db.heavyDay))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var d LinkDay
		if err := rows.Scan(&d.Account, &d.Link, &d.Day); err != nil {
			return nil, err
		}
		d.Day = d.Day.UTC()
		heavy = append(heavy, d)
	}
	return heavy, rows.Err()
}

// mark makes days due.
func (db *DB) mark(ctx context.Context, days []LinkDay) error {
	if len(days) == 0 {
		return nil
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	return db.conn.Exec(ctx, "INSERT INTO clicks_due SELECT t.1, t.2, t.3, generateUUIDv4() FROM (SELECT arrayJoin(CAST("+
		tuples(days)+" AS Array(Tuple(UUID, UUID, Date)))) AS t)")
}

// Due says what is left of the days that are due.
type Due struct {
	Made     int         // anew, now
	Waiting  int         // until it is their turn
	Accounts []uuid.UUID // whose days were made
}

// CountDue makes anew those of the heavy days that have new rows and whose turn it
// is: the more visits a day has, the rarer.
func (db *DB) CountDue(ctx context.Context) (done Due, err error) {
	due, waiting, err := db.due(ctx)
	done.Waiting = waiting
	for _, d := range due {
		if err == nil {
			err = db.makeDays(ctx, d.mark, []LinkDay{d.LinkDay})
		}
		if err != nil {
			return done, fmt.Errorf("clickhouse: count a day of link %s: %w", d.Link, err)
		}
		done.Made++
		done.Accounts = append(done.Accounts, d.Account)
	}
	if err != nil {
		return done, fmt.Errorf("clickhouse: %w", err)
	}
	return done, nil
}

// dueDay is a day with a mark that it was not made for.
type dueDay struct {
	LinkDay
	mark uuid.UUID
}

// due are the days whose turn it is, and how many others wait.
func (db *DB) due(ctx context.Context) (days []dueDay, waiting int, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, fmt.Sprintf(`SELECT account, link, day, due.mark, dateDiff('microsecond', days.made, now64(6)) >= days.visits * %d
		FROM (SELECT * FROM clicks_due FINAL) AS due
		LEFT JOIN (SELECT account, link, day, mark, made, visits FROM clicks_days FINAL WHERE (account, link, day) IN (SELECT account, link, day FROM clicks_due)) AS days
		USING (account, link, day) WHERE due.mark != days.mark`, pauseForVisit.Microseconds()))
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var d dueDay
		var turn uint8
		if err := rows.Scan(&d.Account, &d.Link, &d.Day, &d.mark, &turn); err != nil {
			return nil, 0, err
		}
		if turn == 1 {
			days = append(days, d)
		} else {
			waiting++
		}
	}
	return days, waiting, rows.Err()
}

package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// LinkDay is one day of a link, in UTC.
type LinkDay struct {
	projections.LinkRef
	Day time.Time // its midnight
}

// tuple names the day in SQL.
func (d LinkDay) tuple() string {
	return fmt.Sprintf("('%s', '%s', '%s')", d.Account, d.Link, d.Day.UTC().Format(time.DateOnly))
}

// tuples are some days in SQL, as an array.
func tuples(days []LinkDay) string {
	list := make([]string, len(days))
	for i, d := range days {
		list[i] = d.tuple()
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// DaysOf are the days on which visits were, each once.
func DaysOf(visits []domain.Envelope) (days []LinkDay) {
	seen := map[LinkDay]bool{}
	for _, e := range visits {
		c, ok := e.Event.(domain.LinkClicked)
		d := LinkDay{projections.LinkRef{Account: c.Account, Link: e.Stream.ID()}, e.At.UTC().Truncate(24 * time.Hour)}
		if ok && !seen[d] {
			seen[d] = true
			days = append(days, d)
		}
	}
	return days
}

// daysAtOnce are made by one statement.
const daysAtOnce = 1000

// CountDays makes anew what links have come to on some days, out of the rows of
// clicks that are stored. A day with very many is only marked, and is for
// CountDue. When it returns nil, no row that was stored before is left out for
// long, whoever counts at the same time and whatever ends.
func (db *DB) CountDays(ctx context.Context, days []LinkDay) error {
	for some := range slices.Chunk(days, daysAtOnce) {
		heavy, err := db.heavy(ctx, some)
		if err != nil {
			return fmt.Errorf("clickhouse: %w", err)
		}
		if err := db.mark(ctx, heavy); err != nil {
			return fmt.Errorf("clickhouse: mark days of links: %w", err)
		}
		light := slices.DeleteFunc(slices.Clone(some), func(d LinkDay) bool { return slices.Contains(heavy, d) })
		if err := db.makeDays(ctx, uuid.Nil, light); err != nil {
			return fmt.Errorf("clickhouse: count days of links: %w", err)
		}
	}
	return nil
}

// CountedUntil notes that all rows of a model that had reached the broker at a time
// are stored.
func (db *DB) CountedUntil(ctx context.Context, model string, at time.Time) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	if err := db.conn.Exec(ctx, fmt.Sprintf("INSERT INTO counted SELECT '%s', fromUnixTimestamp64Milli(%d, 'UTC')", model, at.UnixMilli())); err != nil {
		return fmt.Errorf("clickhouse: %w", err)
	}
	return nil
}

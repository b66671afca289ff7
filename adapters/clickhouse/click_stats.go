package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.ClickReader = (*DB)(nil)

// readTime bounds one question of a client's.
const readTime = 10 * time.Second

const badArguments = 36

// read runs a query for a client, and hands over its rows. That the engine does
// not answer is domain.Unavailable, that it does not know a zone domain.Invalid.
func (db *DB) read(ctx context.Context, see func(driver.Rows) error, sql string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	settings := clickhouse.Settings{
		"readonly": 1, "max_execution_time": int(readTime.Seconds()),
		"do_not_merge_across_partitions_select_final": 1, // what partitions go by is in every key: no event is in two
	}
	rows, err := db.conn.Query(clickhouse.Context(ctx, clickhouse.WithSettings(settings)), sql, args...)
	if err == nil {
		defer rows.Close()
		for rows.Next() && err == nil {
			err = see(rows)
		}
		err = errors.Join(err, rows.Err())
	}
	if refused(err, badArguments) && strings.Contains(err.Error(), "Cannot load time zone") {
		return domain.Errorf(domain.Invalid, "time_zone must be a zone that the analytics know too, such as Europe/Berlin or UTC")
	}
	if err != nil {
		return fmt.Errorf("clickhouse: %w", errors.Join(domain.Errorf(domain.Unavailable, "The analytics are away. Try again in a moment."), err))
	}
	return nil
}

// ClickStats implements projections.ClickReader. All but the dimensions of days
// that the range cuts comes from clicks_days.
func (db *DB) ClickStats(ctx context.Context, q projections.ClickQuery) (projections.ClickStats, error) {
	s := projections.ClickStats{Top: map[string][]projections.ClickShare{}}
	asked, ctx := errgroup.WithContext(ctx)
	asked.Go(func() error { return db.clickDays(ctx, q, &s) })
	asked.Go(func() error { return db.clickHours(ctx, q, &s) })
	asked.Go(func() error { return db.clickTops(ctx, q, &s) })
	asked.Go(func() error { return db.clicksUntil(ctx, q.LinkRef, &s) })
	err := asked.Wait()
	return s, err
}

// quarters is SQL for what the days of a link have of each quarter in a range: at, k
// and n.
func quarters(q projections.ClickQuery) string {
	from, to := q.Range()
	return fmt.Sprintf(`(SELECT toDateTime(toUInt32(day) * 86400 + intDiv(k, %[1]d) * %[2]d, 'UTC') AS at, k, n FROM clicks_days FINAL
		ARRAY JOIN mapKeys(quarters) AS k, mapValues(quarters) AS n
		WHERE %[3]s AND day >= toDate('%[4]s') AND day <= toDate('%[5]s') AND at >= toDateTime(%[6]d, 'UTC') AND at < toDateTime(%[7]d, 'UTC'))`,
		kinds, int(projections.Quarter.Seconds()), ofLink(q.LinkRef), from.Format(time.DateOnly), to.Format(time.DateOnly), max(from.Unix(), 0), max(to.Unix(), 0))
}

func ofLink(l projections.LinkRef) string {
	return fmt.Sprintf("account = '%s' AND link = '%s'", l.Account, l.Link)
}

// totals are SQL for the totals of quarters.
const totals = `toInt64(sumIf(n, k % 8 = 0)), toInt64(sumIf(n, k % 8 = 1)), toInt64(sumIf(n, k % 8 = 2)), toInt64(sumIf(n, k % 8 = 3)), toInt64(sumIf(n, k % 8 = 4))`

func totalsOf(n [5]int64) projections.ClickTotals {
	return projections.ClickTotals{Clicks: int(n[0]), Visitors: int(n[1]), Bots: int(n[2]), Prefetches: int(n[3]), Previews: int(n[4])}
}

// clickDays reads the totals, and those of days.
func (db *DB) clickDays(ctx context.Context, q projections.ClickQuery, s *projections.ClickStats) error {
	_, to := q.Range()
	oldest := projections.OldestDay(to, q.Zone)
	return db.read(ctx, func(rows driver.Rows) error {
		var day time.Time
		var n [5]int64
		if err := rows.Scan(&day, &n[0], &n[1], &n[2], &n[3], &n[4]); err != nil {
			return err
		}
		from := domain.DayBegins(day.Year(), day.Month(), day.Day(), q.Zone)
		s.ClickTotals = s.Plus(totalsOf(n))
		if from.After(oldest) {
			s.Days = append(s.Days, projections.ClickBucket{From: from, ClickTotals: totalsOf(n)})
		}
		return nil
	}, "SELECT toDate(at, ?) AS local, "+totals+" FROM "+quarters(q)+" GROUP BY local ORDER BY local", q.Zone.String())
}

// clickHours reads the hours of the last week. The engine's toStartOfHour goes wrong on
// days on which a clock is put by half an hour.
func (db *DB) clickHours(ctx context.Context, q projections.ClickQuery, s *projections.ClickStats) error {
	from, to := q.Range()
	oldest := to.Add(-projections.MaxHours * time.Hour)
	if q.From = oldest; from.After(oldest) {
		q.From = from
	}
	return db.read(ctx, func(rows driver.Rows) error {
		var hour time.Time
		var n [5]int64
		if err := rows.Scan(&hour, &n[0], &n[1], &n[2], &n[3], &n[4]); err != nil {
			return err
		}
		if !hour.Before(oldest) {
			s.Hours = append(s.Hours, projections.ClickBucket{From: hour.In(q.Zone), ClickTotals: totalsOf(n)})
		}
		return nil
	}, "SELECT at - (toUnixTimestamp(at) + timeZoneOffset(toTimeZone(at, ?))) % 3600 AS hour, "+totals+" FROM "+quarters(q)+" GROUP BY hour ORDER BY hour", q.Zone.String())
}

// clickTops reads the dimensions: of whole days from clicks_days, and of the ends
// of the range from the rows.
func (db *DB) clickTops(ctx context.Context, q projections.ClickQuery, s *projections.ClickStats) error {
	for _, d := range projections.Dimensions {
		s.Top[d] = []projections.ClickShare{}
	}
	var columns, counted, lists []string
	for _, d := range projections.Dimensions {
		columns = append(columns, d)
		counted = append(counted, fmt.Sprintf("sumMap(map(toString(%s), toUInt64(1)))", d))
		lists = append(lists, fmt.Sprintf("('%s', arraySlice(%s, 1, %d))", d, frequent("sumMap("+d+")"), q.Top))
	}
	days, ends := cut(q)
	sql := "SELECT " + strings.Join(columns, ", ") + " FROM clicks_days FINAL WHERE " + ofLink(q.LinkRef) + " AND " + days
	for _, end := range ends {
		sql += " UNION ALL SELECT " + strings.Join(counted, ", ") + " FROM clicks WHERE " + ofLink(q.LinkRef) + " AND agent = 'person' AND " + end
	}
	return db.read(ctx, func(rows driver.Rows) error {
		var dimension string
		var share projections.ClickShare
		var n uint64
		if err := rows.Scan(&dimension, &share.Value, &n); err != nil {
			return err
		}
		share.Clicks = int(n)
		s.Top[dimension] = append(s.Top[dimension], share)
		return nil
	}, "SELECT t.1, v.1, v.2 FROM (SELECT arrayJoin(["+strings.Join(lists, ", ")+"]) AS t FROM ("+sql+")) ARRAY JOIN t.2 AS v")
}

// cut is SQL for the whole days of a range, and for the parts of days at its ends.
func cut(q projections.ClickQuery) (days string, ends []string) {
	const day = 24 * time.Hour
	from, to := q.Range()
	first, last := from.Truncate(day), to.Truncate(day) // before last
	if first.Before(from) {
		first = first.Add(day)
	}
	days = fmt.Sprintf("day >= toDate('%s') AND day < toDate('%s')", first.Format(time.DateOnly), last.Format(time.DateOnly))
	part := func(from, to time.Time) {
		if from.Before(to) {
			ends = append(ends, fmt.Sprintf("at >= toDateTime64(%d, 3, 'UTC') AND at < toDateTime64(%d, 3, 'UTC')", from.Unix(), to.Unix()))
		}
	}
	if last.Before(first) { // within one day
		part(from, to)
		return "0", ends
	}
	part(from, first)
	part(last, to)
	return days, ends
}

// clicksUntil reads when the link was last visited, and up to when it is counted: a
// day that waits for its turn is as of when it was made.
func (db *DB) clicksUntil(ctx context.Context, l projections.LinkRef, s *projections.ClickStats) error {
	return db.read(ctx, func(rows driver.Rows) error {
		err := rows.Scan(&s.Last, &s.Until)
		s.Last, s.Until = never(s.Last), never(s.Until)
		return err
	}, fmt.Sprintf(`SELECT (SELECT max(last) FROM clicks_days WHERE %[1]s), least((SELECT max(until) FROM counted WHERE model = 'clicks'),
		(SELECT if(count() = 0, toDateTime64('2299-12-31', 3, 'UTC'), min(days.made)) FROM (SELECT * FROM clicks_due FINAL WHERE %[1]s) AS due
			JOIN (SELECT * FROM clicks_days FINAL WHERE %[1]s) AS days USING (account, link, day) WHERE due.mark != days.mark))`, ofLink(l)))
}

// never is a time of the engine's in UTC; its beginning of time is the zero time.
func never(t time.Time) time.Time {
	if t.Unix() <= 0 {
		return time.Time{}
	}
	return t.UTC()
}

// ClickTotals implements projections.ClickReader.
func (db *DB) ClickTotals(ctx context.Context, links ...projections.LinkRef) (map[uuid.UUID]projections.ClickTotals, error) {
	all := map[uuid.UUID]projections.ClickTotals{}
	if len(links) == 0 {
		return all, nil
	}
	names := make([]string, len(links))
	for i, l := range links {
		names[i] = fmt.Sprintf("('%s', '%s')", l.Account, l.Link)
	}
	err := db.read(ctx, func(rows driver.Rows) error {
		var link uuid.UUID
		var n [5]int64
		err := rows.Scan(&link, &n[0], &n[1], &n[2], &n[3], &n[4])
		all[link] = totalsOf(n)
		return err
	}, "SELECT link, "+totals+" FROM clicks_days FINAL ARRAY JOIN mapKeys(quarters) AS k, mapValues(quarters) AS n WHERE (account, link) IN ("+strings.Join(names, ", ")+") GROUP BY link")
	return all, err
}

// ClickRows implements projections.ClickReader.
func (db *DB) ClickRows(ctx context.Context, p projections.ClickPage) (list []projections.ClickRow, err error) {
	from := p.From
	if p.After.After(from) {
		from = p.After
	}
	where := fmt.Sprintf("%s AND at >= fromUnixTimestamp64Milli(%d, 'UTC') AND at < fromUnixTimestamp64Milli(%d, 'UTC')", ofLink(p.LinkRef), max(from.UnixMilli(), 0), max(p.To.UnixMilli(), 0))
	if !p.After.IsZero() {
		where += fmt.Sprintf(" AND (at, event_id) > (fromUnixTimestamp64Milli(%d, 'UTC'), toUUID('%s'))", p.After.UnixMilli(), p.ID)
	}
	err = db.read(ctx, func(rows driver.Rows) error {
		var r projections.ClickRow
		err := rows.Scan(&r.ID, &r.At, &r.Visitor, &r.Agent, &r.Via, &r.Rule, &r.Fallback, &r.Referrer, &r.Country, &r.Language, &r.Browser, &r.System, &r.Device)
		r.At = r.At.UTC()
		list = append(list, r)
		return err
	}, fmt.Sprintf("SELECT event_id, at, visitor, agent, via, rule, fallback, referrer, country, language, browser, system, device FROM clicks WHERE %s ORDER BY at, event_id LIMIT %d", where, p.Limit))
	return list, err
}

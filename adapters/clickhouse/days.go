package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
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

const (
	// heavyDay is how many visits a day may have and be made anew with every batch.
	heavyDay = 200_000
	// pauseForVisit is what such a day waits for each of its visits until it is made
	// anew: about ten times what that takes.
	pauseForVisit = 10 * time.Microsecond
	// daysAtOnce are made by one statement.
	daysAtOnce = 1000
)

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

// makeDays makes days anew. Those that have no rows stay as they are.
func (db *DB) makeDays(ctx context.Context, mark uuid.UUID, days []LinkDay) error {
	if len(days) == 0 {
		return nil
	}
	first := slices.MinFunc(days, func(a, b LinkDay) int { return a.Day.Compare(b.Day) }).Day
	last := slices.MaxFunc(days, func(a, b LinkDay) int { return a.Day.Compare(b.Day) }).Day
	links := make([]string, len(days))
	for i, d := range days {
		links[i] = fmt.Sprintf("('%s', '%s')", d.Account, d.Link)
	}
	return db.makeDaysOf(ctx, mark, fmt.Sprintf("(account, link) IN (%s) AND at >= toDateTime64(%d, 3, 'UTC') AND at < toDateTime64(%d, 3, 'UTC') AND (account, link, toDate(at)) IN %s",
		strings.Join(links, ", "), first.Unix(), last.AddDate(0, 0, 1).Unix(), tuples(days)))
}

// The kinds of numbers that a quarter of an hour has in the map of a day: its key
// is the quarter's number on the day, times kinds, and the kind.
const kinds = 8

const (
	kindPerson = iota
	kindVisitor
	kindBot
	kindPrefetch
	kindPreview
)

// keyOf is SQL for the key of a time and a kind.
func keyOf(at, kind string) string {
	return fmt.Sprintf("toUInt16(intDiv(toUnixTimestamp(%s) %% 86400, %d) * %d + %s)", at, int(projections.Quarter.Seconds()), kinds, kind)
}

// makeDaysOf makes those days anew whose rows meet a condition, which takes in
// whole days. Rows may come while it reads, once for the visitors and once for
// all else: where the two differ, what it makes is less than what is made after
// them.
func (db *DB) makeDaysOf(ctx context.Context, mark uuid.UUID, condition string) error {
	ctx, cancel := context.WithTimeout(ctx, steps)
	defer cancel()
	kind := fmt.Sprintf("transform(toString(agent), ['person', 'bot', 'prefetch', 'preview'], [%d, %d, %d, %d], %d)", kindPerson, kindBot, kindPrefetch, kindPreview, kinds-1)
	var maps, kept []string
	for _, d := range projections.Dimensions {
		maps = append(maps, fmt.Sprintf("sumMapIf(map(toString(%s), toUInt64(1)), agent = 'person') AS %[1]ss", d))
		kept = append(kept, fmt.Sprintf("if(length(r.%[1]ss) <= %[2]d, r.%[1]ss, CAST(arraySlice(%[3]s, 1, %[2]d) AS Map(String, UInt64)))", d, valuesOfDay, frequent("r."+d+"s")))
	}
	return db.conn.Exec(ctx, fmt.Sprintf(`INSERT INTO clicks_days (account, link, day, visits, made, mark, last, quarters, %s)
		SELECT r.account, r.link, r.day, r.visits - (r.people != v.people), now64(3), '%s', r.last, mapAdd(r.quarters, v.quarters), %s
		FROM (SELECT account, link, toDate(at) AS day, count() AS visits, countIf(agent = 'person') AS people, max(at) AS last, sumMap(map(%s, toUInt64(1))) AS quarters, %s
			FROM clicks WHERE %s GROUP BY account, link, day) AS r
		LEFT JOIN (SELECT account, link, day, sum(n) AS people, sumMap(map(%s, toUInt64(1))) AS quarters
			FROM (SELECT account, link, toDate(at) AS day, visitor, min(at) AS first, count() AS n FROM clicks WHERE agent = 'person' AND %[6]s GROUP BY account, link, day, visitor)
			GROUP BY account, link, day) AS v USING (account, link, day)`,
		strings.Join(projections.Dimensions, ", "), mark, strings.Join(kept, ", "), keyOf("at", kind), strings.Join(maps, ", "), condition, keyOf("first", fmt.Sprint(kindVisitor))))
}

// valuesOfDay is how many values of a dimension are kept of a day: anybody can
// make up referrers.
const valuesOfDay = 1000

// frequent is SQL for a map's entries, the largest first, and those that are as
// large by name.
func frequent(m string) string {
	return fmt.Sprintf("arraySort(x -> (-toInt64(x.2), x.1), CAST(%s AS Array(Tuple(String, UInt64))))", m)
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

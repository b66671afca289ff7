package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/projections"
)

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

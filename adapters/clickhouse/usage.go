package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.UsageReader = (*DB)(nil)

// usageBy is SQL for what calls are counted by, and for the order of the rows.
var usageBy = map[projections.UsageBy]struct{ day, operation, key, order string }{
	projections.UsageByDay:       {"toDate(at, ?)", "'', '', ''", "toUUID('00000000-0000-0000-0000-000000000000')", "day"},
	projections.UsageByOperation: {"toDate(0, ?)", "toString(contract), toString(operation), toString(method)", "toUUID('00000000-0000-0000-0000-000000000000')", "n DESC, o, m, c"},
	projections.UsageByKey:       {"toDate(0, ?)", "'', '', ''", "key", "n DESC, toString(k)"},
}

// Usage implements projections.UsageReader.
func (db *DB) Usage(ctx context.Context, q projections.UsageQuery) (page []projections.UsageRow, total int, err error) {
	page, total, err = db.usage(ctx, q)
	if err == nil && len(page) == 0 && q.Offset > 0 { // no row says how many there are
		q.Offset, q.Limit = 0, 1
		_, total, err = db.usage(ctx, q)
	}
	return page, total, err
}

func (db *DB) usage(ctx context.Context, q projections.UsageQuery) (page []projections.UsageRow, total int, err error) {
	by := usageBy[q.By]
	page = []projections.UsageRow{}
	sql := fmt.Sprintf(`SELECT day, names.1 AS c, names.2 AS o, names.3 AS m, k, toInt64(count()) AS n,
		toInt64(countIf(intDiv(status, 100) = 2)), toInt64(countIf(intDiv(status, 100) = 3)), toInt64(countIf(intDiv(status, 100) = 4)), toInt64(countIf(intDiv(status, 100) = 5)),
		toInt64(sum(bytes_in)), toInt64(sum(bytes_out)), toInt64(quantileExact(0.5)(duration_us)), toInt64(quantileExact(0.95)(duration_us)), toInt64(count() OVER ())
		FROM (SELECT *, %s AS day, tuple(%s) AS names, %s AS k FROM requests
			WHERE account = '%s' AND at >= fromUnixTimestamp64Milli(%d, 'UTC') AND at < fromUnixTimestamp64Milli(%d, 'UTC'))
		GROUP BY day, names, k ORDER BY %s LIMIT %d OFFSET %d`,
		by.day, by.operation, by.key, q.Account, max(q.From.UnixMilli(), 0), max(q.To.UnixMilli(), 0), by.order, q.Limit, q.Offset)
	err = db.read(ctx, func(rows driver.Rows) error {
		var u projections.UsageRow
		var day time.Time
		var n [7]int64
		var half, slowest, all int64
		err := rows.Scan(&day, &u.Contract, &u.Operation, &u.Method, &u.Key, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &half, &slowest, &all)
		u.Requests, u.Succeeded, u.Redirected, u.Refused, u.Failed = int(n[0]), int(n[1]), int(n[2]), int(n[3]), int(n[4])
		u.BytesIn, u.BytesOut, u.Half, u.Slowest = n[5], n[6], time.Duration(half)*time.Microsecond, time.Duration(slowest)*time.Microsecond
		if q.By == projections.UsageByDay {
			u.Day = domain.DayBegins(day.Year(), day.Month(), day.Day(), q.Zone)
		}
		page, total = append(page, u), int(all)
		return err
	}, sql, q.Zone.String())
	return page, total, err
}

package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// SpeedTests implements projections.SpeedTestReader.
func (db *DB) SpeedTests(ctx context.Context, f projections.SpeedTestFilter) (page []projections.SpeedTestRow, total int, err error) {
	where, values := "account = ?", []any{f.Account}
	if !f.Since.IsZero() {
		where, values = where+" AND at >= fromUnixTimestamp64Milli(?)", append(values, f.Since.UnixMilli())
	}
	if f.Server != "" {
		where, values = where+" AND server = ?", append(values, f.Server)
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	var all uint64
	if err := db.conn.QueryRow(ctx, "SELECT count() FROM speedtests WHERE "+where, values...).Scan(&all); err != nil {
		return nil, 0, uncounted(err)
	}
	page, err = db.speedTests(ctx, where+" ORDER BY at DESC, event_id DESC LIMIT ? OFFSET ?", append(values, f.Limit, f.Offset)...)
	return page, int(all), err
}

// SpeedTest implements projections.SpeedTestReader.
func (db *DB) SpeedTest(ctx context.Context, id uuid.UUID) (projections.SpeedTestRow, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	rows, err := db.speedTests(ctx, "event_id = ?", id)
	if err == nil && len(rows) == 0 {
		err = domain.Errorf(domain.NotFound, "Speed test not found")
	}
	if err != nil {
		return projections.SpeedTestRow{}, err
	}
	return rows[0], nil
}

func (db *DB) speedTests(ctx context.Context, where string, values ...any) (list []projections.SpeedTestRow, err error) {
	rows, err := db.conn.Query(ctx, "SELECT "+strings.Join(projections.SpeedTests.Columns, ", ")+" FROM speedtests WHERE "+where, values...)
	if err != nil {
		return nil, uncounted(err)
	}
	defer rows.Close()
	for rows.Next() {
		values, err := scanned(rows)
		if err != nil {
			return nil, err
		}
		row, err := projections.SpeedTestRowFrom(values)
		if err != nil {
			return nil, fmt.Errorf("clickhouse: speed test %v: %w", values[0], err)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		return nil, uncounted(err)
	}
	return list, nil
}

// uncounted tells whoever asks that ClickHouse is away, or has not been set up.
// What it says of a question of ours is our fault.
func uncounted(err error) error {
	var exception *clickhouse.Exception
	if errors.As(err, &exception) && !refused(err, unknownTable) && !refused(err, unknownDatabase) {
		return fmt.Errorf("clickhouse: %w", err)
	}
	return errors.Join(domain.Errorf(domain.Unavailable, "What has been measured cannot be read now: the analytics engine is away. Try again later"), err)
}

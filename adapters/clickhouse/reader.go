package clickhouse

import (
	"context"
	"fmt"
	"reflect"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// MaxRows is the most that a query may return.
const MaxRows = 100_000

// readOnly leaves the engine to refuse whatever writes or changes a setting, and
// most that reads files or addresses; harmless refuses the rest of that.
var readOnly = clickhouse.Settings{
	"readonly":             1,
	"max_execution_time":   int(callTimeout.Seconds()),
	"max_result_rows":      MaxRows,
	"result_overflow_mode": "throw",
}

// Query runs one statement that only reads, for at most a minute, and returns
// the names of its columns and its rows, with values of the Go types that
// clickhouse-go scans into. More than MaxRows rows are an error, as is all
// that writes, or reads anything but the engine's tables. An answer without rows
// may come without names.
func (db *DB) Query(ctx context.Context, sql string) (columns []string, rows [][]any, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(readOnly))
	if err := db.harmless(ctx, sql); err != nil {
		return nil, nil, err
	}
	found, err := db.conn.Query(ctx, sql)
	if err != nil {
		return nil, nil, fmt.Errorf("clickhouse: %w", err)
	}
	defer found.Close()
	for found.Next() {
		if len(rows) == MaxRows {
			return nil, nil, fmt.Errorf("clickhouse: more than %d rows: add a LIMIT", MaxRows)
		}
		row, err := scanned(found)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		return nil, nil, fmt.Errorf("clickhouse: %w", err)
	}
	return found.Columns(), rows, nil
}

// scanned is the row that rows stand at, each value as the Go type of its column.
func scanned(rows driver.Rows) ([]any, error) {
	types := rows.ColumnTypes()
	targets := make([]any, len(types))
	for i, t := range types {
		targets[i] = reflect.New(t.ScanType()).Interface()
	}
	if err := rows.Scan(targets...); err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	row := make([]any, len(types))
	for i, target := range targets {
		row[i] = reflect.ValueOf(target).Elem().Interface()
	}
	return row, nil
}

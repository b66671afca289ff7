package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

// Row has one value per column, of the Go type that clickhouse-go takes for
// the column's type: uint16 for UInt16, time.Time for DateTime64, uuid.UUID
// for UUID, string for String.
type Row = []any

// RowError names the value that cannot be stored. Nothing of its batch was;
// sending it again gives the same error.
type RowError struct {
	Row    int // index in the batch
	Column string
	Err    error
}

// Error implements error.
func (e *RowError) Error() string {
	return fmt.Sprintf("row %d, column %s: %v", e.Row, e.Column, e.Err)
}

// Unwrap implements errors.Unwrap.
func (e *RowError) Unwrap() error { return e.Err }

// insertSettings do not leave to the server what has changed between its
// versions: the answer means that the rows are stored, and the token alone
// tells a repetition.
var insertSettings = clickhouse.Settings{
	"async_insert":          0,
	"wait_for_async_insert": 1,
	"insert_deduplicate":    1,
	"deduplicate_blocks_in_dependent_materialized_views": 1,
	"max_partitions_per_insert_block":                    0, // events of any months may come together
}

// Insert stores a batch, of at most a million rows, as one block per partition
// of the table. When it returns nil the rows can be read. Any error but a
// *RowError leaves open whether the batch was stored: send the same rows in
// the same order with the same token again, which stores them once as long as
// the table remembers the token (non_replicated_deduplication_window batches).
//
// The token stands for the content: other rows under a known token are dropped
// without an error.
func (db *DB) Insert(ctx context.Context, table string, columns []string, token string, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	if token == "" {
		return errors.New("clickhouse: a batch without a token could be stored twice")
	}
	for _, name := range append([]string{table}, columns...) {
		if !identifier.MatchString(name) {
			return fmt.Errorf("clickhouse: %q is no name of a table or column", name)
		}
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	settings := maps.Clone(insertSettings)
	settings["insert_deduplication_token"] = token
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(settings))
	batch, err := db.conn.PrepareBatch(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+")")
	if err != nil {
		return fmt.Errorf("clickhouse: insert into %s: %w", table, err)
	}
	defer batch.Close()
	if err := fill(batch, columns, rows); err != nil {
		return fmt.Errorf("clickhouse: insert into %s: %w", table, errors.Join(err, batch.Abort()))
	}
	failpoint.Here(failpoint.SinkFilled)
	if err := batch.Send(); err != nil {
		return fmt.Errorf("clickhouse: insert into %s: %w", table, err)
	}
	failpoint.Here(failpoint.SinkSent)
	return nil
}

// Fits answers a *RowError for a row that the live version of a read model has
// no place for. Nothing is stored.
func (db *DB) Fits(ctx context.Context, model string, columns []string, row Row) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	v, _, err := db.versions(ctx, model)
	if err != nil {
		return fmt.Errorf("clickhouse: %w", err)
	}
	batch, err := db.conn.PrepareBatch(ctx, "INSERT INTO "+table(model, v.live)+" ("+strings.Join(columns, ", ")+")")
	if err != nil {
		return fmt.Errorf("clickhouse: %w", err)
	}
	defer batch.Close()
	return errors.Join(fill(batch, columns, []Row{row}), batch.Abort())
}

// fill goes column by column, which is how the batch keeps its values.
func fill(batch driver.Batch, columns []string, rows []Row) error {
	for i, row := range rows {
		if len(row) != len(columns) {
			return &RowError{i, "", fmt.Errorf("%d values for %d columns", len(row), len(columns))}
		}
	}
	for c, name := range columns {
		column := batch.Column(c)
		for i, row := range rows {
			if err := column.AppendRow(row[c]); err != nil {
				return &RowError{i, name, err}
			}
		}
	}
	return nil
}

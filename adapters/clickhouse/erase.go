package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
)

// Erase removes the rows of accounts from every table of the database that has
// a column account, and returns how many those were, duplicates included. When
// it returns nil they are in no answer and in no part of a table that is in
// use; the parts that were are deleted by the engine within minutes. What is
// inserted afterwards stays. A table that is dropped meanwhile is erased too.
func (db *DB) Erase(ctx context.Context, accounts ...uuid.UUID) (rows uint64, err error) {
	if len(accounts) == 0 {
		return 0, nil
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	tables, err := db.tablesOfAccounts(ctx)
	if err != nil {
		return 0, err
	}
	list := make([]string, len(accounts))
	for i, a := range accounts {
		list[i] = "'" + a.String() + "'"
	}
	condition := fmt.Sprintf("account IN (%s)", strings.Join(list, ", "))
	for _, table := range tables {
		some, err := db.eraseFrom(ctx, table, condition)
		if err != nil && !refused(err, unknownTable) {
			return rows, fmt.Errorf("clickhouse: erase from %s: %w", table, err)
		}
		rows += some
	}
	return rows, nil
}

func (db *DB) eraseFrom(ctx context.Context, table, condition string) (rows uint64, err error) {
	if err := db.conn.QueryRow(ctx, "SELECT count() FROM "+table+" WHERE "+condition).Scan(&rows); err != nil || rows == 0 {
		return 0, err
	}
	waits := clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"mutations_sync": 2}))
	return rows, db.conn.Exec(waits, "ALTER TABLE "+table+" DELETE WHERE "+condition)
}

// tablesOfAccounts are the tables, not the views, that have a column account.
func (db *DB) tablesOfAccounts(ctx context.Context) (names []string, err error) {
	found, err := db.conn.Query(ctx, `SELECT t.name FROM system.tables AS t JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
		WHERE t.database = currentDatabase() AND c.name = 'account' AND t.engine LIKE '%MergeTree' ORDER BY t.name`)
	if refused(err, unknownDatabase) {
		return nil, nil // it was never used
	}
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	defer found.Close()
	for found.Next() {
		var name string
		if err := found.Scan(&name); err != nil {
			return nil, fmt.Errorf("clickhouse: %w", err)
		}
		if identifier.MatchString(name) {
			names = append(names, name)
		}
	}
	return names, found.Err()
}

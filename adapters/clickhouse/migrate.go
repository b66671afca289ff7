package clickhouse

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

//go:embed migrations/*.sql
var migrations embed.FS

const unknownDatabase = 81

// migration is one file: its number, its name, its text's hash, and its
// statements, each of which ends with a semicolon at the end of a line and may
// be run again.
type migration struct {
	version    uint32
	name       string
	sum        string
	statements []string
}

// Migrate makes the database and brings its tables up to date. ClickHouse has
// no transactions: a migration that was cut off is run again from its first
// statement, as are two that run at once. A migration that was changed after
// it was run is an error.
func (db *DB) Migrate(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	if err := db.makeDatabase(ctx); err != nil {
		return fmt.Errorf("clickhouse: make the database %s: %w", db.database, err)
	}
	list, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	err = db.conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS schema_migrations (version UInt32, name String, sum String, at DateTime64(3, 'UTC')) "+
		"ENGINE = ReplacingMergeTree ORDER BY version")
	if err != nil {
		return fmt.Errorf("clickhouse: %w", err)
	}
	done, err := db.migrated(ctx)
	if err != nil {
		return err
	}
	for _, m := range list {
		if sum, ok := done[m.version]; ok {
			if sum != m.sum {
				return fmt.Errorf("clickhouse: migration %s was changed after it was run", m.name)
			}
			continue
		}
		if err := db.run(ctx, m); err != nil {
			return fmt.Errorf("clickhouse: migration %s: %w", m.name, err)
		}
	}
	return nil
}

func (db *DB) makeDatabase(ctx context.Context) error {
	err := db.conn.Exec(ctx, "SELECT 1")
	if !refused(err, unknownDatabase) {
		return err
	}
	options := *db.options
	options.Auth.Database = "default"
	conn, err := clickhouse.Open(&options)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+db.database)
}

// migrated returns the hashes of the migrations that were run.
func (db *DB) migrated(ctx context.Context) (map[uint32]string, error) {
	rows, err := db.conn.Query(ctx, "SELECT version, sum FROM schema_migrations FINAL")
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	defer rows.Close()
	done := map[uint32]string{}
	for rows.Next() {
		var version uint32
		var sum string
		if err := rows.Scan(&version, &sum); err != nil {
			return nil, fmt.Errorf("clickhouse: %w", err)
		}
		done[version] = sum
	}
	return done, rows.Err()
}

func (db *DB) run(ctx context.Context, m migration) error {
	for _, statement := range m.statements {
		if err := db.conn.Exec(ctx, statement); err != nil {
			return err
		}
		failpoint.Here(failpoint.AnalyticsMigrated)
	}
	return db.conn.Exec(ctx, "INSERT INTO schema_migrations SELECT ?, ?, ?, now64(3)", m.version, m.name, m.sum)
}

// readMigrations reads NNNN_name.sql, in the order of their numbers.
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var list []migration
	for _, path := range names {
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, "migrations/"), ".sql")
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("clickhouse: migration %s has no number: %w", path, err)
		}
		sum := sha256.Sum256(text)
		m := migration{version: uint32(version), name: name, sum: hex.EncodeToString(sum[:])}
		for statement := range strings.SplitSeq(string(text), ";\n") {
			if strings.TrimSpace(statement) != "" {
				m.statements = append(m.statements, statement)
			}
		}
		list = append(list, m)
	}
	return list, nil
}

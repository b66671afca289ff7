// Package postgres keeps the log of record and everything that has to stand
// in one transaction with it: claims, secrets, tallies, the inbox of probes,
// the read models. It needs PostgreSQL 15 or later.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Open connects a pool to url. Times are read in UTC. It does not wait for
// the server: the first query does.
func Open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("postgres url: %w", err)
	}
	config.MaxConns = max(config.MaxConns, 16)
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.ConnConfig.RuntimeParams["application_name"] = "scanledger"
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "10000" // ms: an open transaction would hold up the relay's fence
	config.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		pgxuuid.Register(c.TypeMap())
		c.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// Migrate brings the schema up to date. Several processes may call it at once:
// they take turns on an advisory lock.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	provider, done, err := migrator(pool)
	if err != nil {
		return err
	}
	defer done()
	for {
		_, err := provider.UpByOne(ctx)
		if errors.Is(err, goose.ErrNoNextVersion) {
			return nil
		}
		if err != nil {
			return err
		}
		failpoint.Here(failpoint.SchemaMigrated)
	}
}

// Migrated says whether the schema is up to date.
func Migrated(ctx context.Context, pool *pgxpool.Pool) (bool, error) {
	provider, done, err := migrator(pool)
	if err != nil {
		return false, err
	}
	defer done()
	pending, err := provider.HasPending(ctx)
	return !pending, err
}

func migrator(pool *pgxpool.Pool) (*goose.Provider, func(), error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // asked for each second, for five minutes
	if err != nil {
		return nil, nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return nil, nil, fmt.Errorf("migrations: %w", err)
	}
	return provider, func() { db.Close() }, nil
}

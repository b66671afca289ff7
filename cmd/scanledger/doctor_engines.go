package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
)

// lookTime is how long an engine may take to answer.
const lookTime = 3 * time.Second

func lookAtPostgres(ctx context.Context, e *engines) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	pool, err := postgres.Open(ctx, e.Postgres.URL)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	var version string
	var number int
	if err := pool.QueryRow(ctx, "SELECT current_setting('server_version'), current_setting('server_version_num')::int").Scan(&version, &number); err != nil {
		return "", err
	}
	if number < 150000 {
		return "", fmt.Errorf("version %s is too old: 15 or later is needed", version)
	}
	migrated, err := postgres.Migrated(ctx, pool)
	if err != nil {
		return "", err
	}
	if !migrated {
		return "version " + version + "; its tables are made when the server starts, or by scanledger migrate", nil
	}
	return "version " + version + ", tables up to date", nil
}

func lookAtKafka(ctx context.Context, e *engines) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return strings.Join(e.Kafka.Brokers, ","), kafka.Ping(ctx, kafka.Broker{Addrs: e.Kafka.Brokers})
}

func lookAtClickHouse(ctx context.Context, e *engines) (string, error) {
	db, err := e.analytics()
	if err != nil {
		return "", err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	where := "by its URL"
	if e.clickhouse != nil {
		where = "embedded"
	}
	return where, db.Ping(ctx)
}

func lookAtFolder(dir string) (string, error) {
	f, err := os.CreateTemp(dir, "doctor-")
	if err != nil {
		return "", err
	}
	f.Close()
	return dir, os.Remove(f.Name())
}

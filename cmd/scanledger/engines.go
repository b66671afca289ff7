package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/scanledger/scanledger/adapters/embedded"
	"github.com/scanledger/scanledger/adapters/failpoint"
)

// engine names one of the three.
type engine string

const (
	postgresEngine   engine = "postgres"
	kafkaEngine      engine = "kafka"
	clickhouseEngine engine = "clickhouse"
)

// engines are what a process talks to: real servers by the settings, engines
// of its own, or those of the process that owns the data folder.
type engines struct {
	embedded.Addresses
	clickhouse *embedded.ClickHouse // when it runs in this process
	missing    error                // why there is no ClickHouse
	closers    []func() error
}

// ownerPatience is how long a process waits for a short-lived owner of the
// data folder, such as an admin command, to go.
const ownerPatience = 20 * time.Second

// openEngines finds or starts the engines that are needed. With publish other
// processes may use those that it starts.
func openEngines(ctx context.Context, c Config, log *slog.Logger, publish bool, needed ...engine) (*engines, error) {
	e := &engines{}
	e.Kafka.Brokers, e.Postgres.URL, e.ClickHouse.URL = c.KafkaBrokers, c.PostgresURL, c.ClickHouseURL
	var lacking []engine
	for _, n := range needed {
		if !e.has(n) {
			lacking = append(lacking, n)
		}
	}
	if len(lacking) == 0 {
		return e, nil
	}
	owner, err := own(ctx, c.DataDir)
	if errors.Is(err, embedded.ErrOwned) {
		return e, e.borrow(c.DataDir, append(lacking, clickhouseEngine)) // whose tables the API reads, whoever keeps them
	}
	if err != nil {
		return nil, err
	}
	e.closers = append(e.closers, owner.Close)
	for _, n := range lacking {
		if err := e.start(ctx, c, log, n); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	failpoint.Here(failpoint.EnginesStarted)
	if publish {
		if err := owner.Publish(e.Addresses); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return e, nil
}

func (e *engines) has(n engine) bool {
	switch n {
	case postgresEngine:
		return e.Postgres.URL != ""
	case kafkaEngine:
		return len(e.Kafka.Brokers) > 0
	default:
		return e.ClickHouse.URL != ""
	}
}

// own takes the data folder. An owner that has published nothing is a command
// that will be done soon, or a server that is just starting.
func own(ctx context.Context, dir string) (*embedded.Owner, error) {
	deadline := time.Now().Add(ownerPatience)
	for {
		owner, err := embedded.Own(dir)
		if !errors.Is(err, embedded.ErrOwned) || time.Now().After(deadline) {
			return owner, err
		}
		if _, published := embedded.Published(dir); published == nil {
			return nil, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// borrow takes the addresses of the process that owns the data folder.
func (e *engines) borrow(dir string, lacking []engine) error {
	theirs, err := embedded.Published(dir)
	if err != nil {
		return fmt.Errorf("%s is owned by another process that does not say where its engines are: %w", dir, err)
	}
	for _, n := range lacking {
		switch n {
		case postgresEngine:
			e.Postgres = theirs.Postgres
		case kafkaEngine:
			e.Kafka = theirs.Kafka
		default:
			e.ClickHouse = theirs.ClickHouse
		}
		if !e.has(n) && n != clickhouseEngine {
			return fmt.Errorf("the process that owns %s runs no %s", dir, n)
		}
	}
	return nil
}

// start starts one engine in this process. Without ClickHouse everything but
// analytics works, so its absence is noted and no error.
func (e *engines) start(ctx context.Context, c Config, log *slog.Logger, n engine) error {
	switch n {
	case postgresEngine:
		p, err := embedded.StartPostgres(ctx, embedded.PostgresOptions{Dir: c.DataDir, Addr: c.EmbeddedPostgresAddr, Log: log})
		if err != nil {
			return fmt.Errorf("embedded Postgres: %w", err)
		}
		e.Postgres.URL = p.URL()
		e.closers = append(e.closers, p.Close)
	case kafkaEngine:
		k, err := embedded.StartKafka(ctx, embedded.KafkaOptions{Dir: c.DataDir, Addr: c.EmbeddedKafkaAddr, Log: log})
		if err != nil {
			return fmt.Errorf("embedded Kafka: %w", err)
		}
		e.Kafka.Brokers = k.Brokers()
		e.closers = append(e.closers, k.Close)
	default:
		ch, err := embedded.OpenClickHouse(ctx, embedded.ClickHouseOptions{Dir: c.DataDir, Addr: c.EmbeddedClickHouseAddr, Log: log})
		if err != nil {
			e.missing = err
			log.Warn("no ClickHouse: analytics wait, everything else works", "error", err)
			return nil
		}
		e.clickhouse, e.ClickHouse.URL = ch, ch.URL()
		e.closers = append(e.closers, ch.Close)
	}
	return nil
}

// Close stops what this process has started, the last one first.
func (e *engines) Close() error {
	var faults []error
	for i := len(e.closers) - 1; i >= 0; i-- {
		faults = append(faults, e.closers[i]())
	}
	return errors.Join(faults...)
}

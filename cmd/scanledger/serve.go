package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
)

// drainTime is how long the server takes at most to finish what it has begun
// after SIGTERM.
const drainTime = 25 * time.Second

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server, in all roles or in some",
		Long: `Run the server. Without settings everything runs in this process, with
embedded engines that keep their data in the data folder. With addresses of
real servers it uses those, in any mix; with --roles it does a part of the
work and leaves the rest to other processes.`,
		Example: "  scanledger serve\n  scanledger serve --roles api,relay --postgres-url postgres://… --kafka-brokers k1:9092,k2:9092",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig(cmd.Flags())
			if err != nil {
				return &exit{exitUsage, err}
			}
			log := slog.New(slog.NewTextHandler(os.Stderr, nil))
			return serve(cmd.Context(), c, log, nil)
		},
	}
	addFlags(cmd.Flags())
	return cmd
}

// serve runs until ctx ends, and then drains. Started gets the address that
// the API listens on, once everything runs; it may be nil.
func serve(ctx context.Context, c Config, log *slog.Logger, started chan<- string) error {
	roomForGarbage()
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("SCANLEDGER_ADDR: %w", err)
	}
	defer listener.Close() // where nothing came to serve it
	e, err := openEngines(ctx, c, log, true, c.needs()...)
	if err != nil {
		return err
	}
	if c.has(roleCount) && c.ClickHouseURL == "" && e.clickhouse == nil && e.missing == nil {
		return errors.Join(fmt.Errorf("another scanledger runs on the folder %s. The role %s, which keeps the embedded ClickHouse, belongs to the process that starts first: "+
			"start that one first, leave the role out of SCANLEDGER_ROLES here, or give this process a folder of its own", c.DataDir, roleCount), e.Close())
	}
	p, err := openPlatform(ctx, c, log, e)
	if err != nil {
		return errors.Join(err, e.Close())
	}
	err = p.run(ctx, listener, started)
	log.Info("stopped")
	return errors.Join(err, p.Close())
}

// roomForGarbage lets as much more be made before the collector looks for what is not
// used any more. A server keeps some 30 MB: with no room beside them it would look after
// every few thousand requests. Nobody touches it, so that the system need not have it.
var roomForGarbage = sync.OnceValue(func() []byte { return make([]byte, 64<<20) })

// run runs the roles until ctx ends or one of them cannot go on.
func (p *platform) run(ctx context.Context, listener net.Listener, started chan<- string) error {
	broker := kafka.Broker{Addrs: p.engines.Kafka.Brokers, Log: p.log}
	publisher := kafka.NewPublisher(broker)
	defer publisher.Close()
	spools, err := p.openSpools(publisher)
	if err != nil {
		return err
	}
	ops := newMetrics(p, spools)

	// Work ends in order: first nothing new is taken, then what is under way
	// is finished, and only then do the log's own services end.
	roles, stopRoles := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRoles()
	group, failing := errgroup.WithContext(roles)
	group.Go(func() error { return p.work(failing, broker, publisher, ops) })
	api, err := p.startAPI(ctx, listener, spools.requests.Keep, spools.clicks.Keep, ops)
	if err != nil {
		stopRoles()
		return errors.Join(err, group.Wait(), spools.Close())
	}
	group.Go(func() error {
		return p.every(failing, dayKeysPause, "the keys of the days that come are not there", api.days.prepare)
	})
	p.log.Info("serving", "roles", strings.Join(p.config.Roles, ","), "addr", api.address)
	p.greet(ctx, api.address)
	if started != nil {
		started <- api.address
	}
	select {
	case <-ctx.Done():
		p.log.Info("draining")
	case <-failing.Done():
	}
	var drained sync.WaitGroup
	var stopped error
	drained.Go(func() { stopped = api.stop(drainTime) })
	stopRoles()
	failpoint.Here(failpoint.ServerDraining)
	err = group.Wait()
	drained.Wait()
	return errors.Join(err, stopped, spools.Close())
}

// work runs the roles. What speaks to Kafka begins once the topics are there;
// probes that wait in the inbox are run without it.
func (p *platform) work(ctx context.Context, broker kafka.Broker, publisher *kafka.Publisher, ops *metrics) error {
	group, ctx := errgroup.WithContext(ctx)
	topics := make(chan struct{})
	group.Go(func() error {
		if p.provision(ctx, broker) {
			close(topics)
		}
		return nil
	})
	onTopics := func(role string, run func() error) {
		if !p.config.has(role) {
			return
		}
		group.Go(func() error {
			select {
			case <-topics:
				return quiet(run())
			case <-ctx.Done():
				return nil
			}
		})
	}
	onTopics(roleRelay, func() error { return p.relay(publisher).Run(ctx) })
	onTopics(roleProject, func() error { return p.project(ctx, broker, publisher) })
	onTopics(roleCount, func() error { return p.count(ctx, broker, publisher) })
	if p.config.has(roleRelay) {
		group.Go(func() error { return p.sign(ctx) })
		group.Go(func() error { return p.auditRegularly(ctx, ops.audit) })
	}
	if p.config.has(roleAPI) || p.config.has(roleRelay) {
		group.Go(func() error { return p.sweep(ctx) })
	}
	if p.config.has(roleProject) {
		group.Go(func() error { return p.erase(ctx) })
	}
	if p.config.has(roleScan) {
		wake := make(chan struct{}, 1)
		group.Go(func() error { return p.probe(ctx, wake) })
		group.Go(func() error { return p.schedule(ctx) })
		group.Go(func() error { return p.judgeLinks(ctx) })
		onTopics(roleScan, func() error { return p.enqueue(ctx, broker, publisher, wake) })
		onTopics(roleScan, func() error { return p.compare(ctx, broker, publisher) })
	}
	return group.Wait()
}

// provision makes the topics, as soon as there is a broker; false says that
// ctx ended first.
func (p *platform) provision(ctx context.Context, broker kafka.Broker) bool {
	topics := make([]kafka.Topic, 0, len(stream.Topics))
	for _, t := range stream.Topics {
		topics = append(topics, kafka.Topic(t))
	}
	for told := false; ctx.Err() == nil; {
		err := kafka.Provision(ctx, broker, topics, 0)
		if err == nil {
			return true
		}
		if !told {
			p.log.Warn("Kafka is not ready; commands and reads work, scans wait", "error", err)
			told = true
		}
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
		}
	}
	return false
}

// greet tells a first user what to do next.
func (p *platform) greet(ctx context.Context, address string) {
	var some bool
	err := p.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM streams WHERE stream LIKE 'account-%')").Scan(&some)
	if err != nil || some {
		return
	}
	fmt.Fprintf(os.Stderr, `
There is no account yet. Make one, and a key for its API, on http://%[3]s/dashboard or by

  %[1]s admin create-user --email you@example.com --password 'at least 8 characters'%[2]s
  %[1]s admin create-key --email you@example.com --name laptop%[2]s

Then scan:

  curl -X POST http://%[3]s/api/v1/scan -H "Authorization: Bearer 7AZ_…" \
       -H "Content-Type: application/json" -d '{"url": "https://example.com"}'

`, os.Args[0], p.config.folderFlag(), strings.Replace(address, "[::]", "127.0.0.1", 1))
}

// quiet makes the end of a context no error.
func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

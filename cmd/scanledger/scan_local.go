package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/argon2id"
	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/list"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// local scans in this process: the same commands and workers as a server's,
// on a log that is gone with the process.
func local(c Config) source {
	return func(ctx context.Context, target domain.Target, profile domain.Profile, event func(domain.Envelope)) error {
		log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
		guard := scanners.NewGuard(scanners.Policy{Allow: prefixes(c.AllowTargets), Resolver: c.Resolver})
		all, err := list.All(scannerOptions(c))
		if err != nil {
			return err
		}
		limit, err := c.probeLimit()
		if err != nil {
			return err
		}
		events := memory.NewLog()
		desk := commands.Desk{
			Log: events, Secrets: events, Accounts: new(commands.Accounts), Inbox: &memory.Inbox{Now: now}, Targets: guard, Proofs: &memory.Reader{Log: events}, Findings: &memory.Reader{Log: events}, Engines: scanners.Engines{},
			Now: now, NewID: newID, Random: random, Passwords: argon2id.New(), Sessions: new(memory.Sessions), Uses: new(memory.Uses),
		}
		scan, err := request(ctx, desk, target, profile)
		if err != nil {
			return err
		}
		worker := &scanners.Worker{
			Name: workerName(), Desk: desk, Scanners: all, Guard: guard, Keep: nowhere, Log: log, Slots: len(all), Limit: limit,
		}
		working, stop := context.WithCancel(ctx)
		defer stop()
		group, working := errgroup.WithContext(working)
		group.Go(func() error { return quiet(worker.Run(working)) })
		err = watch(working, events, scan, event)
		stop()
		if worked := group.Wait(); err == nil {
			err = worked
		}
		return err
	}
}

// request asks for the scan as an account of its own, with nobody's limits.
func request(ctx context.Context, desk commands.Desk, target domain.Target, profile domain.Profile) (domain.Stream, error) {
	account, err := desk.RegisterAccount(ctx, commands.RegisterAccount{
		By: operator(), Email: "local@scanledger.invalid", Password: newID().String(),
	})
	if err != nil {
		return "", err
	}
	err = desk.SetPlan(ctx, commands.SetPlan{By: operator(), Account: account, Contract: domain.IsSafeSite, Plan: domain.InternalPlan})
	if err != nil {
		return "", err
	}
	requested, err := desk.RequestScan(ctx, commands.RequestScan{
		By: commands.Caller{Account: account, Request: newID().String()}, Contract: domain.IsSafeSite, Target: target, Profile: profile,
	})
	if err != nil {
		return "", err
	}
	scan, _ := requested.Event.(domain.ScanRequested)
	return requested.Stream, desk.Inbox.Enqueue(ctx, scan, requested.ID.String())
}

// watch hands out a scan's events until it is over.
func watch(ctx context.Context, log commands.Log, scan domain.Stream, event func(domain.Envelope)) error {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for seen := 0; ; {
		history, err := log.Read(ctx, scan, seen)
		if err != nil {
			return err
		}
		for _, e := range history {
			seen = e.Version
			if event(e); domain.Closes(e.Event) {
				return nil
			}
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// nowhere names evidence and keeps none.
func nowhere(_ context.Context, _ uuid.UUID, _ string, raw []byte) (domain.Hash, error) {
	sum := sha256.Sum256(raw)
	return domain.Hash(hex.EncodeToString(sum[:])), nil
}

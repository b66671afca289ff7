package main

import (
	"context"
	"errors"
	"time"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/erasing"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/commands"
)

const (
	eraseEvery = 5 * time.Second // how often a process looks for what is to be erased
	// abandonTime is how long a rebuild that was cut off keeps what it has made:
	// nothing that is erased goes out of that.
	abandonTime = 24 * time.Hour
)

// erase erases what is due until ctx ends. Of several processes one does it.
func (p *platform) erase(ctx context.Context) error {
	eraser, err := p.eraser()
	if err != nil {
		return err
	}
	lead := postgres.NewErasures(p.pool).Lead
	return p.every(ctx, eraseEvery, "nothing is erased", func(ctx context.Context) error {
		return lead(ctx, func(ctx context.Context) error {
			faults := []error{eraser.Due(ctx, worker(), now())}
			for _, t := range models.Tables(p.pool) {
				faults = append(faults, t.DropAbandoned(ctx, abandonTime))
			}
			return errors.Join(faults...)
		})
	})
}

// eraser erases what is due.
func (p *platform) eraser() (erasing.Eraser, error) {
	keep, err := p.config.retention()
	return erasing.Eraser{Pool: p.pool, Desk: p.desk, Keep: keep, Log: p.log}, err
}

// worker is who does what nobody has asked for.
func worker() commands.Caller {
	return commands.Caller{Worker: workerName(), Request: newID().String()}
}

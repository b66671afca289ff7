package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// CancelScan closes a scan that waits or runs.
type CancelScan struct {
	By   Caller
	Scan uuid.UUID
}

// CancelScan answers NotFound for a scan that is unknown or another
// account's, and Over for one that has ended. Running probes learn of it by
// their next beat. Credits come back unless a worker has begun.
func (d Desk) CancelScan(ctx context.Context, c CancelScan) error {
	by := c.By.act("cancel_scan")
	done, err := d.Accounts.turn(ctx, c.By.Account)
	if err != nil {
		return err
	}
	defer done()
	_, err = decideWith(ctx, d, by, scanStream(c.Scan), newScan, func(s *domain.Scan) (Write, []domain.Event, error) {
		if err := mine(s, c.By); err != nil {
			return Write{}, nil, err
		}
		return cancelling(s, c.By)
	}, func(s *domain.Scan, events []domain.Event) ([]Write, error) {
		return d.settlement(ctx, c.By, s, events)
	})
	if err != nil {
		return err
	}
	return d.Inbox.Drop(ctx, c.Scan)
}

// cancelling closes a scan, and frees what it holds.
func cancelling(s *domain.Scan, by Caller) (Write, []domain.Event, error) {
	events, err := s.Cancel(by.Actor())
	return Write{
		Owner: s.Account, Tallies: leaves(s),
		Release: []string{domain.RunningClaim(s.Account, s.Target)},
	}, events, err
}

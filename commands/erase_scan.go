package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// EraseScan takes away what a scan has found.
type EraseScan struct {
	By     Caller
	Scan   uuid.UUID
	Reason string // domain.ForRetention or domain.ForAccount
}

// EraseScan takes the payloads of a scan's events, its evidence and its rows
// away, in the transaction of its event. With its account goes a scan that
// still runs, too: it is cancelled first. It answers NotFound for an unknown
// scan, and Conflict for one that still runs and is to go for its age. To erase
// a scan again changes nothing.
func (d Desk) EraseScan(ctx context.Context, c EraseScan) error {
	if c.Reason == domain.ForAccount {
		if err := d.endScan(ctx, c.By, c.Scan); err != nil {
			return err
		}
	}
	_, err := decide(ctx, d, c.By.act("erase_scan"), scanStream(c.Scan), newScan, func(s *domain.Scan) (Write, []domain.Event, error) {
		if s.State == "" {
			return Write{}, nil, domain.Errorf(domain.NotFound, "Scan not found")
		}
		events, err := s.Erase(c.Reason)
		return Write{Owner: s.Account, Erase: true}, events, err
	})
	if err != nil {
		return err
	}
	return d.Inbox.Drop(ctx, c.Scan)
}

// endScan cancels a scan that still runs, whoever's it is.
func (d Desk) endScan(ctx context.Context, by Caller, scan uuid.UUID) error {
	_, err := decide(ctx, d, by.act("cancel_scan"), scanStream(scan), newScan, func(s *domain.Scan) (Write, []domain.Event, error) {
		if s.State == "" || s.State.Over() {
			return Write{}, nil, nil
		}
		return cancelling(s, by)
	})
	return err
}

package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// RetestScan asks for a scan of the same target, in the same way, as an
// earlier one.
type RetestScan struct {
	By       Caller
	Contract domain.Contract // through which the new scan is asked for
	Scan     uuid.UUID
}

// RetestScan opens a new scan and returns the event that did. It answers
// NotFound for a scan that is unknown or another account's, and otherwise
// what RequestScan answers.
func (d Desk) RetestScan(ctx context.Context, c RetestScan) (domain.Envelope, error) {
	earlier, err := d.scan(ctx, c.By, c.Scan)
	if err != nil {
		return domain.Envelope{}, err
	}
	return d.RequestScan(ctx, RequestScan{
		By: c.By, Contract: c.Contract, Target: earlier.Target, Profile: earlier.Profile, Options: earlier.Options, RetestOf: c.Scan,
	})
}

// scan loads a scan that the caller sees; NotFound for any other.
func (d Desk) scan(ctx context.Context, by Caller, id uuid.UUID) (*domain.Scan, error) {
	s, err := d.folded(ctx, id)
	if err != nil {
		return nil, err
	}
	return s, mine(s, by)
}

// mine refuses a scan that is unknown, erased or one that the caller does not
// see, without telling which.
func mine(s *domain.Scan, by Caller) error {
	if s.State == "" || s.State == domain.ErasedScan || !by.Sees(s.Account) {
		return domain.Errorf(domain.NotFound, "Scan not found")
	}
	return nil
}

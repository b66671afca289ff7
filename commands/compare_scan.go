package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// CompareScan notes what a scan that is over found beside the one before of the
// same target.
type CompareScan struct {
	By   Caller
	Scan uuid.UUID
}

// CompareScan has no effect where that was noted already, where there is no scan
// before, and where the scan has looked at nothing or is erased. It answers
// NotFound for an unknown scan, and Conflict for one that still runs.
func (d Desk) CompareScan(ctx context.Context, c CompareScan) error {
	_, err := decide(ctx, d, c.By.act("compare_scan"), scanStream(c.Scan), newScan, func(s *domain.Scan) (Write, []domain.Event, error) {
		if s.State == "" {
			return Write{}, nil, domain.Errorf(domain.NotFound, "there is no scan %s", c.Scan)
		}
		if events, err := s.Compare(domain.ScanCompared{}); err != nil || len(events) == 0 {
			return Write{}, nil, err
		}
		owner, err := d.account(ctx, s.Account)
		if domain.CodeOf(err) == domain.NotFound { // it has gone, and what it said too
			owner, err = newAccount(), nil
		}
		if err != nil {
			return Write{}, nil, err
		}
		told, err := d.Findings.Comparison(ctx, s.Account, s.Target.Value, c.Scan, owner.Judgements, d.Now())
		if domain.CodeOf(err) == domain.NotFound {
			return Write{}, nil, nil
		}
		if err != nil {
			return Write{}, nil, err
		}
		events, err := s.Compare(told)
		return Write{Owner: s.Account}, events, err
	})
	return err
}

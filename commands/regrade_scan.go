package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// RegradeScan grades a completed scan by a version of the rules.
type RegradeScan struct {
	By     Caller
	Scan   uuid.UUID
	Grader int       // the version
	Since  uuid.UUID // the completed scan before of the same target; nil UUID for none
}

// RegradeScan returns the event with the scores that stand from now on; nil
// where they are those already, be it by another version. It answers NotFound for an unknown scan,
// Conflict for one that is not completed, and Invalid for an unknown version
// and for an earlier scan of something else.
func (d Desk) RegradeScan(ctx context.Context, c RegradeScan) (*domain.ScanRegraded, error) {
	choose, err := d.regrading(ctx, c)
	if err != nil {
		return nil, err
	}
	appended, err := decide(ctx, d, c.By.act("regrade_scan"), scanStream(c.Scan), newScan, choose)
	if err != nil || len(appended) == 0 {
		return nil, err
	}
	e, _ := appended[0].Event.(domain.ScanRegraded)
	return &e, nil
}

// TryRegrade is RegradeScan without appending anything.
func (d Desk) TryRegrade(ctx context.Context, c RegradeScan) (*domain.ScanRegraded, error) {
	choose, err := d.regrading(ctx, c)
	if err != nil {
		return nil, err
	}
	s, err := d.folded(ctx, c.Scan)
	if err != nil {
		return nil, err
	}
	_, events, err := choose(s)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	e, _ := events[0].(domain.ScanRegraded)
	return &e, nil
}

// regrading is what decides on a new grade.
func (d Desk) regrading(ctx context.Context, c RegradeScan) (func(*domain.Scan) (Write, []domain.Event, error), error) {
	g, err := domain.GraderOf(c.Grader)
	if err != nil {
		return nil, err
	}
	var since *domain.Scan
	if c.Since != uuid.Nil {
		if since, err = d.folded(ctx, c.Since); err != nil {
			return nil, err
		}
	}
	return func(s *domain.Scan) (Write, []domain.Event, error) {
		if s.State == "" || s.State == domain.ErasedScan {
			return Write{}, nil, domain.Errorf(domain.NotFound, "there is no scan %s", c.Scan)
		}
		events, err := s.Regrade(g, since)
		return Write{Owner: s.Account}, events, err
	}, nil
}

// folded is a scan as it stands, whoever's it is.
func (d Desk) folded(ctx context.Context, id uuid.UUID) (*domain.Scan, error) {
	history, err := d.Log.Read(ctx, scanStream(id), 0)
	return domain.Fold(newScan(), history), err
}

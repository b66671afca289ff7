package memory

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// SpeedTests keeps measurements. Away is what it answers while it is not nil.
type SpeedTests struct {
	Away error

	mu   sync.Mutex
	rows []projections.SpeedTestRow
}

// Emit keeps a measurement; the same one again is one.
func (s *SpeedTests) Emit(e domain.Envelope) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.rows, func(r projections.SpeedTestRow) bool { return r.ID == e.ID }) {
		s.rows = append(s.rows, projections.SpeedTestRowOf(e))
	}
	return nil
}

// SpeedTests implements projections.SpeedTestReader.
func (s *SpeedTests) SpeedTests(_ context.Context, f projections.SpeedTestFilter) (page []projections.SpeedTestRow, total int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows {
		if r.Account == f.Account && !r.At.Before(f.Since) && (f.Server == "" || r.Server == f.Server) {
			page = append(page, r)
		}
	}
	slices.SortFunc(page, func(a, b projections.SpeedTestRow) int {
		if d := b.At.Compare(a.At); d != 0 {
			return d
		}
		return bytes.Compare(b.ID[:], a.ID[:])
	})
	from := min(f.Offset, len(page))
	return page[from:min(from+f.Limit, len(page))], len(page), s.Away
}

// SpeedTest implements projections.SpeedTestReader.
func (s *SpeedTests) SpeedTest(_ context.Context, id uuid.UUID) (projections.SpeedTestRow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows {
		if r.ID == id {
			return r, s.Away
		}
	}
	if s.Away != nil {
		return projections.SpeedTestRow{}, s.Away
	}
	return projections.SpeedTestRow{}, domain.Errorf(domain.NotFound, "Speed test not found")
}

package webtest

import (
	"context"

	"github.com/scanledger/scanledger/domain"
)

// Uninstall takes the tools of scanners away: before that all are there.
func (s *Server) Uninstall(scanners ...domain.Scanner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range scanners {
		s.absent[one] = true
	}
}

// Tools implements commands.Engines.
func (s *Server) Tools(_ context.Context, p domain.Profile) ([]domain.Tool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	other := p.Scanner().StandIn()
	switch absent := s.absent[p.Scanner()]; {
	case !absent:
		return p.Tools(), nil
	case other != "":
		return []domain.Tool{other}, nil
	default:
		return nil, domain.Errorf(domain.Unavailable, "%s is not installed: install %[1]s", p.Scanner())
	}
}

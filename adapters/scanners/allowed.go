package scanners

import (
	"context"
	"net/netip"
)

// Allowed says whether a scanner may connect to an address by a socket of its
// own, which the session does not see. It answers what DialContext would: nil,
// or a *domain.Error with the code Forbidden.
func (s *Session) Allowed(to netip.AddrPort) error {
	return s.guard.control(context.Background(), "tcp", to.String(), nil)
}

package scanners

import (
	"context"
	"errors"
	"net"
	"net/netip"
)

// Guard decides which addresses may be reached. It is safe for concurrent use.
type Guard struct{ policy Policy }

// Policy is what the operator allows and forbids beyond the built-in rules.
type Policy struct {
	Allow    []netip.Prefix   // ranges beyond the public addresses that may be reached
	Own      []netip.AddrPort // the platform's own services: never reached, even inside Allow
	Resolver string           // host:port of the DNS resolver; empty for the system's
}

// NewGuard returns a guard for policy.
func NewGuard(policy Policy) *Guard { return &Guard{policy} }

// Resolve returns the addresses of host, each of them checked. Host is a name
// or an IP address. It answers a *domain.Error: Unresolvable where there is no
// address, Forbidden where any of them is denied.
func (g *Guard) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	return nil, errors.New("guard: to be written")
}

// Session returns a dialler for one job.
func (g *Guard) Session() *Session { return &Session{guard: g} }

// Session dials for one job. It resolves each name once, however often it is
// dialled, and dials only addresses that were checked. It is safe for
// concurrent use.
type Session struct{ guard *Guard }

// Pin makes name stand for the checked addresses of host for the rest of the
// session, so that a site can be looked at by its name on a given server.
func (s *Session) Pin(ctx context.Context, name, host string) error { return nil }

// Addrs returns the checked addresses of host, as Guard.Resolve does, and the
// same ones for the whole session.
func (s *Session) Addrs(ctx context.Context, host string) ([]netip.Addr, error) {
	return s.guard.Resolve(ctx, host)
}

// DialContext connects to address ("host:port") over network ("tcp" or "udp").
// A denied address is refused with a *domain.Error, code Forbidden, before any
// packet is sent.
func (s *Session) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return nil, errors.New("guard: to be written")
}

package scanners

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// own says whether target is one of the platform's own services. The
// interfaces are only read for a port that has a wildcard listener.
func (g *Guard) own(target netip.AddrPort) bool {
	addr := meant(target.Addr())
	for _, own := range g.policy.Own {
		if own.Port() != target.Port() {
			continue
		}
		listener := own.Addr().Unmap()
		if listener == addr || listener.IsUnspecified() && g.machine()(addr) {
			return true
		}
	}
	return false
}

// deniedHere adds to denied the public addresses of this machine: what
// listens on them can be reached from here past the firewall that keeps
// others out.
func (g *Guard) deniedHere(addr netip.Addr, isOurs func(netip.Addr) bool) string {
	if reason := g.denied(addr); reason != "" {
		return reason
	}
	if !g.allowed(addr) && isOurs(meant(addr)) {
		return "an address of this machine"
	}
	return ""
}

// machine returns what tells this machine's addresses. Where they cannot be
// read it takes every address for one of them.
func (g *Guard) machine() func(netip.Addr) bool {
	nets, err := g.interfaces()
	ours := map[netip.Addr]bool{}
	for _, n := range nets {
		if p, err := netip.ParsePrefix(n.String()); err == nil {
			ours[p.Addr().Unmap()] = true
		}
	}
	return func(addr netip.Addr) bool { return err != nil || addr.IsLoopback() || ours[addr] }
}

// remembered asks the system for its addresses once a second at most.
func remembered(ask func() ([]net.Addr, error)) func() ([]net.Addr, error) {
	var mu sync.Mutex
	var at time.Time
	var nets []net.Addr
	var err error
	return func() ([]net.Addr, error) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(at) > time.Second {
			nets, err = ask()
			at = time.Now()
		}
		return nets, err
	}
}

// meant is the address that a packet to addr ends at.
func meant(addr netip.Addr) netip.Addr {
	addr = addr.Unmap()
	if nat64.Contains(addr) {
		return embedded4(addr)
	}
	return addr
}

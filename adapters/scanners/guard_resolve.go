package scanners

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"github.com/scanledger/scanledger/domain"
)

// Resolve returns the addresses of host, each of them checked, those that this
// machine has a route to first and IPv4 before IPv6. Host is a name or an IP
// address. It answers a *domain.Error: Unresolvable where there is no address,
// Forbidden where any of them is denied; and ctx's error when it ends.
func (g *Guard) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	target, err := domain.ParseHost(host)
	if err != nil {
		return nil, err
	}
	if target.Kind == domain.IPTarget {
		addr, err := netip.ParseAddr(target.Host)
		if err != nil {
			return nil, unresolvable()
		}
		addrs := []netip.Addr{addr}
		if err := g.checkAll(host, ordinary, addrs); err != nil {
			return nil, err
		}
		return addrs, nil
	}
	rule := ruleOf(target.Host)
	addrs, err := g.addresses(ctx, target.Host, rule)
	if err != nil {
		return nil, err
	}
	if err := g.checkAll(host, rule, addrs); err != nil {
		return nil, err
	}
	sortAddrs(addrs)
	return addrs, nil
}

func (g *Guard) addresses(ctx context.Context, name string, rule nameRule) ([]netip.Addr, error) {
	switch {
	case rule == addressless:
		return nil, unresolvable()
	case rule == loopback:
		return slices.DeleteFunc([]netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()},
			func(a netip.Addr) bool { return !g.allowed(a) }), nil
	case rule == reserved && len(g.policy.Allow) == 0:
		return nil, g.forbid(name, "a name of the local network")
	}
	addrs, err := g.lookUp(ctx, name)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil || len(addrs) == 0 {
		g.log.Debug("no address", "name", name, "error", err)
		return nil, unresolvable()
	}
	return addrs, nil
}

// checkAll refuses all addresses of a name when one of them is denied: a name
// that points both here and there is not looked at by halves.
func (g *Guard) checkAll(host string, rule nameRule, addrs []netip.Addr) error {
	if len(addrs) == 0 {
		return g.forbid(host, "no loopback address is allowed")
	}
	isOurs := g.machine()
	for i, addr := range addrs {
		addrs[i] = addr.Unmap()
		reason := g.deniedHere(addr, isOurs)
		if reason == "" && rule == reserved && !g.allowed(addrs[i]) {
			reason = "a name of the local network"
		}
		if reason != "" {
			return g.forbid(host, addr.String()+": "+reason)
		}
	}
	return nil
}

func (g *Guard) lookUp(ctx context.Context, name string) ([]netip.Addr, error) {
	if g.policy.Resolver == "" {
		// The dot keeps the system's search domains out.
		return net.DefaultResolver.LookupNetIP(ctx, "ip", name+".")
	}
	type result struct {
		addrs []netip.Addr
		err   error
	}
	six := make(chan result, 1)
	go func() {
		addrs, err := g.query(ctx, name, dns.TypeAAAA)
		six <- result{addrs, err}
	}()
	addrs, err := g.query(ctx, name, dns.TypeA)
	more := <-six
	if err != nil && more.err != nil {
		return nil, errors.Join(err, more.err)
	}
	return append(addrs, more.addrs...), nil
}

// systemTexts are the TXT records that the system's resolver finds for a name.
func systemTexts(ctx context.Context, name string) ([]string, error) {
	texts, err := net.DefaultResolver.LookupTXT(ctx, name+".")
	var none *net.DNSError
	if errors.As(err, &none) && none.IsNotFound {
		return nil, nil
	}
	return texts, err
}

// sortAddrs gives the addresses of a name one order, whatever the order of
// the answer, so that a re-scan looks at the same one.
func sortAddrs(addrs []netip.Addr) {
	if len(addrs) < 2 {
		return
	}
	route := map[netip.Addr]bool{}
	for _, a := range addrs {
		route[a] = hasRoute(a)
	}
	slices.SortFunc(addrs, func(a, b netip.Addr) int {
		if route[a] != route[b] {
			return map[bool]int{true: -1, false: 1}[route[a]]
		}
		return a.Compare(b)
	})
}

// hasRoute connects a datagram socket, which sends nothing: RFC 6724 §5, rule 1.
func hasRoute(addr netip.Addr) bool {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 9)))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

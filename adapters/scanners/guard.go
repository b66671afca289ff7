package scanners

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/scanledger/scanledger/domain"
)

// checkTimeout bounds Guard.Check.
const checkTimeout = 5 * time.Second

// Guard decides which addresses may be reached. It is safe for concurrent use.
type Guard struct {
	policy Policy
	second *ssrf.Guardian // a second opinion on the address being dialled, with tables of its own
	log    *slog.Logger
	// interfaces are this machine's addresses: net.InterfaceAddrs.
	interfaces func() ([]net.Addr, error)
	room       *room // of all its sessions
}

// Policy is what the operator allows and forbids beyond the built-in rules.
type Policy struct {
	// Allow are ranges beyond the public addresses that may be reached. A
	// cloud's metadata address is opened only by a prefix of that one address.
	Allow []netip.Prefix
	// Own are the platform's own services: never reached, even inside Allow.
	// An unspecified address (0.0.0.0, ::) stands for every address of this
	// machine.
	Own      []netip.AddrPort
	Resolver string       // host:port of the DNS resolver; empty for the system's
	Log      *slog.Logger // is told at debug level why something was denied; nil for nobody
}

// NewGuard returns a guard for policy.
func NewGuard(policy Policy) *Guard {
	var allow4, allow6 []netip.Prefix
	allow := make([]netip.Prefix, 0, len(policy.Allow))
	for _, p := range policy.Allow {
		p = unmapPrefix(p)
		allow = append(allow, p)
		if p.Addr().Is4() {
			allow4 = append(allow4, p)
		} else {
			allow6 = append(allow6, p)
		}
	}
	policy.Allow = allow
	if policy.Log == nil {
		policy.Log = slog.New(slog.DiscardHandler)
	}
	second := ssrf.New(ssrf.WithAnyPort(), ssrf.WithAnyNetwork(),
		ssrf.WithAllowedV4Prefixes(allow4...), ssrf.WithAllowedV6Prefixes(append(allow6, nat64)...))
	return &Guard{policy: policy, second: second, log: policy.Log, interfaces: remembered(net.InterfaceAddrs), room: &room{left: sharedRoom}}
}

// Check says whether a target may be looked at: it resolves its host and
// checks all addresses, those of a range one by one, within 5 s. It answers a
// *domain.Error: Unresolvable or Forbidden.
func (g *Guard) Check(ctx context.Context, target domain.Target) error {
	if target.Kind == domain.RangeTarget {
		return g.checkRange(target.Value)
	}
	bounded, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	addrs, err := g.Resolve(bounded, target.Host)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return unresolvable()
	}
	for _, addr := range addrs {
		if g.own(netip.AddrPortFrom(addr, uint16(target.Port))) {
			return g.forbid(target.Host, "a service of the platform")
		}
	}
	return err
}

func (g *Guard) checkRange(cidr string) error {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return domain.Errorf(domain.Invalid, "the range is not in CIDR notation")
	}
	isOurs := g.machine()
	for addr := prefix.Masked().Addr(); addr.IsValid() && prefix.Contains(addr); addr = addr.Next() {
		if reason := g.deniedHere(addr, isOurs); reason != "" {
			return g.forbid(cidr, reason)
		}
	}
	return nil
}

// control is the last word before a connection is made: it sees the address
// that the kernel is about to be given.
func (g *Guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return g.forbid(address, "not an address")
	}
	if err := g.checkAddrPort(target); err != nil {
		return err
	}
	if err := g.second.SafeAddr(target.Addr().Unmap()); err != nil {
		return g.forbid(address, err.Error())
	}
	return nil
}

func (g *Guard) checkAddrPort(target netip.AddrPort) error {
	if reason := g.denied(target.Addr()); reason != "" {
		return g.forbid(target.String(), reason)
	}
	if g.own(target) {
		return g.forbid(target.String(), "a service of the platform")
	}
	return nil
}

// forbid answers every denial in the same words, so that nobody learns from
// them what stands behind a name; the reason goes to the log alone.
func (g *Guard) forbid(what, reason string) error {
	g.log.Debug("denied", "target", what, "reason", reason)
	return domain.Errorf(domain.Forbidden,
		"this target may not be reached from here: only public addresses and those that the operator allows are")
}

func unresolvable() error {
	return domain.Errorf(domain.Unresolvable, "the host name could not be resolved to an address")
}

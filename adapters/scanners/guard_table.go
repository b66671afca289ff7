package scanners

import (
	"net/netip"
	"slices"
)

// specialRange is a row of a table of addresses that are not on the public
// Internet.
type specialRange struct {
	prefix netip.Prefix
	reason string
}

// special4 are the IPv4 ranges that are denied: the IANA IPv4 Special-Purpose
// Address Registry, multicast, and what no registry has.
var special4 = []specialRange{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network, RFC 791"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private, RFC 1918"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT, RFC 6598"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback, RFC 1122"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local, RFC 3927"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private, RFC 1918"},
	{netip.MustParsePrefix("192.0.0.0/24"), "IETF protocol assignments, RFC 6890"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation, RFC 5737"},
	{netip.MustParsePrefix("192.31.196.0/24"), "AS112, RFC 7535"},
	{netip.MustParsePrefix("192.52.193.0/24"), "AMT, RFC 7450"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relay, RFC 7526"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private, RFC 1918"},
	{netip.MustParsePrefix("192.175.48.0/24"), "AS112, RFC 7534"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking, RFC 2544"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation, RFC 5737"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation, RFC 5737"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast, RFC 5771"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved and broadcast, RFC 1112, RFC 919"},
}

// global6 is all that IANA has given out as global unicast IPv6; what lies
// outside of it is denied unread.
var global6 = netip.MustParsePrefix("2000::/3")

// special6 are the ranges inside global6 that are denied: the IANA IPv6
// Special-Purpose Address Registry.
var special6 = []specialRange{
	{netip.MustParsePrefix("2001::/23"), "IETF protocol assignments with Teredo and ORCHID, RFC 2928"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation, RFC 3849"},
	{netip.MustParsePrefix("2002::/16"), "6to4, RFC 3056"},
	{netip.MustParsePrefix("2620:4f:8000::/48"), "AS112, RFC 7534"},
	{netip.MustParsePrefix("3fff::/20"), "documentation, RFC 9637"},
}

// nat64 holds IPv4 addresses in its last 32 bits: RFC 6052 §2.1. Networks
// with DNS64 answer it for public hosts, so what it holds is what counts.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// closed are ranges that no operator can open: there is no single host to
// look at behind them.
var closed = []specialRange{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network, RFC 791"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast, RFC 5771"},
	{netip.MustParsePrefix("255.255.255.255/32"), "broadcast, RFC 919"},
	{netip.MustParsePrefix("::/128"), "unspecified, RFC 4291"},
	{netip.MustParsePrefix("ff00::/8"), "multicast, RFC 4291"},
}

// metadata are the addresses where clouds hand credentials to machines.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // AWS, Azure, Google and others
	netip.MustParseAddr("169.254.170.2"),   // AWS containers
	netip.MustParseAddr("168.63.129.16"),   // Azure WireServer: a public address
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd20:ce::254"),    // Google
}

// denied returns why addr may not be reached by the tables and the operator's
// ranges, or "" when it may.
func (g *Guard) denied(addr netip.Addr) string {
	if !addr.IsValid() || addr.Zone() != "" {
		return "no address, or one with a zone"
	}
	addr = addr.Unmap()
	if reason := inRange(closed, addr); reason != "" {
		return reason
	}
	if slices.Contains(metadata, addr) && !g.allowsExactly(addr) {
		return "cloud metadata"
	}
	switch {
	case g.allowed(addr):
		return ""
	case addr.Is4():
		return inRange(special4, addr)
	case nat64.Contains(addr):
		return deniedPublic4(embedded4(addr))
	case !global6.Contains(addr):
		return "not global unicast IPv6"
	case isISATAP(addr):
		return "ISATAP, RFC 5214"
	default:
		return inRange(special6, addr)
	}
}

// deniedPublic4 is for addresses that a gateway would reach for us: what the
// operator allows on this side of it does not hold on the other.
func deniedPublic4(addr netip.Addr) string {
	if slices.Contains(metadata, addr) {
		return "cloud metadata"
	}
	return inRange(special4, addr)
}

func inRange(table []specialRange, addr netip.Addr) string {
	for _, row := range table {
		if row.prefix.Contains(addr) {
			return row.reason
		}
	}
	return ""
}

func (g *Guard) allowed(addr netip.Addr) bool {
	return slices.ContainsFunc(g.policy.Allow, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func (g *Guard) allowsExactly(addr netip.Addr) bool {
	return slices.ContainsFunc(g.policy.Allow, func(p netip.Prefix) bool { return p.IsSingleIP() && p.Addr() == addr })
}

// embedded4 returns the IPv4 address in the last 32 bits.
func embedded4(addr netip.Addr) netip.Addr {
	b := addr.As16()
	return netip.AddrFrom4([4]byte(b[12:]))
}

// isISATAP recognises the interface identifiers of RFC 5214 §6.1, under any
// prefix.
func isISATAP(addr netip.Addr) bool {
	b := addr.As16()
	return b[8]&^0x03 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

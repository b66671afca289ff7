package web

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// clientKey is the local under which a request's client is kept.
const clientKey = "client"

// FindClients returns what finds out from which address a request comes. proxies
// are the addresses and CIDRs whose X-Forwarded-For is believed; what is neither
// is nobody's.
func FindClients(proxies []string) func(*fiber.Ctx) {
	var trusted []netip.Prefix
	for _, p := range proxies {
		if a, err := netip.ParseAddr(p); err == nil {
			trusted = append(trusted, netip.PrefixFrom(a, a.BitLen()))
		} else if prefix, err := netip.ParsePrefix(p); err == nil {
			trusted = append(trusted, prefix)
		}
	}
	return func(c *fiber.Ctx) {
		peer, _ := netip.AddrFromSlice(c.Context().RemoteIP())
		c.Locals(clientKey, clientOf(peer.Unmap(), c.Request().Header.PeekAll(fiber.HeaderXForwardedFor), trusted))
	}
}

// clientOf is the address that no trusted proxy has and that is next to them.
// Each proxy adds at the end of the header where it was asked from, so only
// what stands right of the first untrusted address is true: all before it is
// whatever the client has written. Where a proxy has added no address, it is
// the client itself.
func clientOf(peer netip.Addr, forwarded [][]byte, trusted []netip.Prefix) netip.Addr {
	var hops []string
	for _, line := range forwarded {
		hops = append(hops, strings.Split(string(line), ",")...)
	}
	client := peer
	for _, hop := range slices.Backward(hops) {
		if !slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(client) }) {
			return client
		}
		before, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			return client
		}
		client = before
	}
	return client
}

// parseHop reads an address, with or without a port.
func parseHop(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		a = withPort.Addr()
	}
	return a.Unmap().WithZone(""), true
}

// ClientAddress is the address of whoever is asking: of the peer, or what
// trusted proxies say of it.
func ClientAddress(c *fiber.Ctx) netip.Addr {
	if a, ok := c.Locals(clientKey).(netip.Addr); ok && a.IsValid() {
		return a
	}
	return netip.IPv6Unspecified()
}

// blockBits is how much of an IPv6 address names whose it is: the rest of it a host
// chooses itself, and may choose anew for every request.
const blockBits = 64

// AddressBlock is the part of an address by which clients are counted: an IPv4 address
// whole, of an IPv6 address the block that a network has.
func AddressBlock(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	return netip.PrefixFrom(a.WithZone(""), blockBits).Masked().Addr()
}

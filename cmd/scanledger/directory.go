package main

import (
	"context"
	"net"
	"net/netip"
	"path/filepath"

	"github.com/scanledger/scanledger/adapters/lookup"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/dns"
)

// directory looks up domains, addresses and AS numbers. All that it connects to
// passes the guard. The servers of the settings are the operator's word: at an
// address that those name one may be private.
func (p *platform) directory() (*lookup.Client, error) {
	c := p.config
	asked, err := dns.NewLookups(dns.Options{Resolver: c.Resolver, TrustAnchor: c.TrustAnchor}, p.guard)
	if err != nil {
		return nil, err
	}
	own := ownAddresses(c, p.engines)
	home := scanners.NewGuard(scanners.Policy{Allow: append(prefixes(c.AllowTargets), named(c.WHOIS, hostOf(c.RDAPBootstrap))...), Own: own, Resolver: c.Resolver, Log: p.log})
	return lookup.New(lookup.Options{
		Guard: p.guard, DNS: asked, Turns: postgres.NewTurns(p.pool), Legible: scanners.Legible, Now: now,
		Dial: func() lookup.Dial { return p.guard.Session().DialContext },
		Home: func(ctx context.Context, network, address string) (net.Conn, error) {
			return home.Session().DialContext(ctx, network, address)
		},
		Bootstrap: c.RDAPBootstrap, WHOIS: c.WHOIS, CacheDir: filepath.Join(c.DataDir, "rdap"),
	}), nil
}

// named are the addresses among hosts, with ports or without, each alone.
func named(hosts ...string) (all []netip.Prefix) {
	for _, h := range hosts {
		if host, _, err := net.SplitHostPort(h); err == nil {
			h = host
		}
		if addr, err := netip.ParseAddr(h); err == nil {
			all = append(all, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
		}
	}
	return all
}

package dns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// serverLimit is how many name servers are looked at: RFC 1034's root has 13.
const serverLimit = 13

// nameServers returns the name servers of the target's zone.
func (p *probe) nameServers(ctx context.Context) ([]string, *miekg.Msg, error) {
	a, err := p.ask.ask(ctx, p.apex, miekg.TypeNS)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, rr := range a.rrs {
		if ns, ok := rr.(*miekg.NS); ok && len(names) < serverLimit {
			names = append(names, ns.Ns)
		}
	}
	if len(names) == 0 {
		return nil, nil, scanners.Skip("%s names no name servers", show(p.apex))
	}
	return names, a.msg, nil
}

// servers looks at how the zone's name servers are spread, and whether each
// has an address (RFC 2182, 3 and 5).
func (p *probe) servers(ctx context.Context) error {
	names, shown, err := p.nameServers(ctx)
	if err != nil {
		return err
	}
	if len(names) == 1 {
		p.weakness("dns/ns/single", p.apex, fmt.Sprintf("%s is the only name server", show(names[0])), shown)
	}
	networks := map[netip.Prefix]bool{}
	for _, name := range names {
		addrs, answers, err := p.addresses(ctx, name)
		if err != nil {
			return err
		}
		if len(addrs) == 0 {
			p.weakness("dns/ns/unresolvable", name, fmt.Sprintf("the name server %s has no address", show(name)), answers...)
		}
		for _, addr := range addrs {
			networks[network(addr)] = true
		}
	}
	if len(names) > 1 && len(networks) == 1 {
		for prefix := range networks {
			p.weakness("dns/ns/one-network", p.apex, fmt.Sprintf("all %d name servers are in %s", len(names), prefix), shown)
		}
	}
	return nil
}

// network is the part of an address that usually shares one site and route:
// a /24 of IPv4, a /48 of IPv6.
func network(addr netip.Addr) netip.Prefix {
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

// addresses returns the addresses of a name, and the answers that hold them.
func (p *probe) addresses(ctx context.Context, name string) (addrs []netip.Addr, answers []*miekg.Msg, err error) {
	for _, qtype := range []uint16{miekg.TypeA, miekg.TypeAAAA} {
		a, err := p.ask.ask(ctx, name, qtype)
		if err != nil {
			return nil, nil, err
		}
		answers = append(answers, a.msg)
		for _, rr := range a.rrs {
			if addr := addressOf(rr); addr.IsValid() {
				addrs = append(addrs, addr)
			}
		}
	}
	return addrs, answers, nil
}

// transfer asks each name server for the whole zone (AXFR), through the guard.
// It reads no more than it takes to know that the answer is given.
func (p *probe) transfer(ctx context.Context) error {
	names, _, err := p.nameServers(ctx)
	if err != nil {
		return err
	}
	var first error
	for _, name := range names {
		records, shown, err := p.axfr(ctx, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		outcome, reason := outcomeOf(err)
		p.see(domain.Coverage{What: "zone transfer from " + show(name), Outcome: outcome, Reason: reason})
		if err != nil && first == nil {
			first = err
		}
		if records > 1 {
			p.weakness("dns/axfr/open", name, fmt.Sprintf("%s gives the zone %s to anybody", show(name), show(p.apex)), shown...)
		}
	}
	return first
}

// axfr returns how many records of the zone the server gave away before it
// was stopped; at most 1 when it refused.
func (p *probe) axfr(ctx context.Context, server string) (records int, shown []*miekg.Msg, err error) {
	bounded, cancel := context.WithTimeout(ctx, 2*queryTimeout)
	defer cancel()
	conn, err := p.job.Net.DialContext(bounded, "tcp", net.JoinHostPort(show(server), p.transferPort))
	if err != nil {
		return 0, nil, err
	}
	t := openTalk(bounded, conn)
	defer t.close()
	m := new(miekg.Msg).SetAxfr(p.apex)
	if err := t.conn.WriteMsg(m); err != nil {
		return 0, nil, err
	}
	for records < 2 && len(shown) < 3 {
		msg, err := t.conn.ReadMsg()
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET):
			return records, shown, nil // hanging up is a refusal too
		case err != nil:
			return records, shown, err
		case msg.Id != m.Id || msg.Rcode != miekg.RcodeSuccess || len(msg.Answer) == 0:
			return records, shown, nil
		}
		if _, begins := msg.Answer[0].(*miekg.SOA); records == 0 && !begins {
			return 0, shown, nil
		}
		records += len(msg.Answer)
		shown = append(shown, msg)
	}
	return records, shown, nil
}

package scanners

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/scanledger/scanledger/domain"
)

const (
	queryTimeout = 2 * time.Second // of one try at the resolver
	queryTries   = 2
	maxAliases   = 8    // CNAMEs followed when the resolver does not
	ednsSize     = 1232 // DNS flag day 2020
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
		return []netip.Addr{addr}, g.checkAll(host, ordinary, []netip.Addr{addr})
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
	for i, addr := range addrs {
		addrs[i] = addr.Unmap()
		reason := g.denied(addr)
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

// query asks the resolver for the records of one type and follows aliases.
func (g *Guard) query(ctx context.Context, name string, kind uint16) ([]netip.Addr, error) {
	for range maxAliases {
		answer, err := g.exchange(ctx, name, kind)
		if err != nil {
			return nil, err
		}
		addrs, alias := readAnswer(answer, name)
		if len(addrs) > 0 || alias == name {
			return addrs, nil
		}
		name = alias
	}
	return nil, errors.New("too many aliases")
}

func (g *Guard) exchange(ctx context.Context, name string, kind uint16) (*dns.Msg, error) {
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind).SetEdns0(ednsSize, false)
	var failure error
	for range queryTries {
		answer, err := g.ask(ctx, question)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			failure = err
		case answer.Rcode == dns.RcodeSuccess, answer.Rcode == dns.RcodeNameError:
			return answer, nil
		default:
			failure = errors.New("the resolver answered " + dns.RcodeToString[answer.Rcode])
		}
	}
	return nil, failure
}

// ask makes one try over UDP, and over TCP when the answer did not fit.
func (g *Guard) ask(ctx context.Context, question *dns.Msg) (*dns.Msg, error) {
	answer, err := g.askOver(ctx, "udp", question)
	if err == nil && answer.Truncated {
		answer, err = g.askOver(ctx, "tcp", question)
	}
	if err != nil {
		return nil, err
	}
	if len(answer.Question) != 1 || !strings.EqualFold(answer.Question[0].Name, question.Question[0].Name) ||
		answer.Question[0].Qtype != question.Question[0].Qtype {
		return nil, errors.New("the resolver answered another question")
	}
	return answer, nil
}

func (g *Guard) askOver(ctx context.Context, network string, question *dns.Msg) (*dns.Msg, error) {
	client := &dns.Client{Net: network, Timeout: queryTimeout, UDPSize: ednsSize}
	conn, err := client.DialContext(ctx, g.policy.Resolver)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	// The client heeds a deadline but not a cancellation.
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	answer, _, err := client.ExchangeWithConnContext(ctx, question, conn)
	return answer, err
}

// readAnswer follows the aliases inside an answer and returns the addresses
// at their end, and the name that this end has.
func readAnswer(answer *dns.Msg, name string) ([]netip.Addr, string) {
	for range maxAliases {
		var addrs []netip.Addr
		alias := ""
		for _, record := range answer.Answer {
			if !strings.EqualFold(record.Header().Name, dns.Fqdn(name)) {
				continue
			}
			switch r := record.(type) {
			case *dns.A:
				addrs = appendAddr(addrs, r.A)
			case *dns.AAAA:
				addrs = appendAddr(addrs, r.AAAA)
			case *dns.CNAME:
				alias = strings.TrimSuffix(r.Target, ".")
			}
		}
		if alias == "" || len(addrs) > 0 {
			return addrs, name
		}
		name = alias
	}
	return nil, name
}

func appendAddr(addrs []netip.Addr, ip net.IP) []netip.Addr {
	if addr, ok := netip.AddrFromSlice(ip); ok {
		return append(addrs, addr.Unmap())
	}
	return addrs
}

// sortAddrs gives the addresses of a name one order, whatever the order of
// the answer, so that a re-scan looks at the same one.
func sortAddrs(addrs []netip.Addr) {
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

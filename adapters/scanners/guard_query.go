package scanners

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	queryTimeout = 2 * time.Second // of one try at the resolver
	queryTries   = 2
	maxAliases   = 8    // CNAMEs followed when the resolver does not
	ednsSize     = 1232 // DNS flag day 2020
)

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

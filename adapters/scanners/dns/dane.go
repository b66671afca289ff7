package dns

import (
	"context"
	"fmt"
	"time"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// dane looks at the TLSA records of mail servers (RFC 7672), by which senders
// know that they must use TLS, and whom to expect. Whether the servers'
// certificates are those that the records name is not looked at: mail servers
// are connected to by no scan.
func (p *probe) dane(ctx context.Context) error {
	domains, err := p.mailDomains(ctx)
	if err != nil {
		return err
	}
	servers := 0
	for _, name := range domains {
		hosts, _, _, err := p.exchangers(ctx, name)
		if err != nil {
			return err
		}
		for _, host := range hosts {
			servers++
			if err := p.daneOf(ctx, name, host); err != nil {
				return err
			}
		}
	}
	if servers == 0 {
		return scanners.Skip("%s takes no mail", show(p.org))
	}
	return nil
}

// daneOf judges the records of one mail server. Without DNSSEC from end to end
// they mean nothing: senders pass them over (RFC 7672, 2.2).
func (p *probe) daneOf(ctx context.Context, name, server string) error {
	at := "_25._tcp." + server
	if _, valid := miekg.IsDomainName(at); !valid {
		return nil
	}
	a, err := p.ask.ask(ctx, at, miekg.TypeTLSA)
	if err != nil {
		return err
	}
	signed, err := p.isSecure(ctx, server)
	if err != nil {
		return err
	}
	p.note(p.org, "TLSA", a.msg, present(a.rrs)...)
	switch {
	case len(a.rrs) == 0 && signed:
		p.weakness("dns/dane/missing", server, fmt.Sprintf("the mail server %s of %s is signed and has no TLSA record", show(server), show(name)), a.msg)
	case len(a.rrs) > 0 && !signed:
		p.weakness("dns/dane/unsigned", server, fmt.Sprintf("the TLSA records of %s are not signed with DNSSEC", show(server)), a.msg)
	case len(a.rrs) > 0 && usableTLSA(a.rrs) == 0:
		p.weakness("dns/dane/unusable", server, fmt.Sprintf("%s has %s, none of which can be used for mail", show(server), scanners.Count(len(a.rrs), "TLSA record")), a.msg)
	}
	return nil
}

// isSecure says whether a name is signed, and its signatures hold.
func (p *probe) isSecure(ctx context.Context, name string) (bool, error) {
	v := &validator{ask: p.ask.ask, anchors: p.anchors, now: time.Now()}
	status, _, err := v.verdict(ctx, name)
	return status == secure, err
}

// digests are how many bytes the data of a matching type has, RFC 6698, 2.1.3;
// 0 for any number.
var digests = map[uint8]int{0: 0, 1: 32, 2: 64}

// usableTLSA counts the records that senders of mail can use: of the usages
// DANE-TA and DANE-EE (RFC 7672, 3.1), and whole.
func usableTLSA(rrs []miekg.RR) (n int) {
	const daneTA, daneEE = 2, 3
	for _, rr := range rrs {
		r, is := rr.(*miekg.TLSA)
		if !is || r.Usage != daneTA && r.Usage != daneEE || r.Selector > 1 {
			continue
		}
		if size, known := digests[r.MatchingType]; known && (size == 0 && r.Certificate != "" || len(r.Certificate) == 2*size) {
			n++
		}
	}
	return n
}

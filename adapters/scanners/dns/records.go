package dns

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/domain"
)

const (
	recordLimit = 100  // records of one type that are reported
	recordSize  = 4096 // bytes of one that are
)

var recordTypes = []uint16{
	miekg.TypeA, miekg.TypeAAAA, miekg.TypeCNAME, miekg.TypeNS, miekg.TypeSOA,
	miekg.TypeMX, miekg.TypeTXT, miekg.TypeCAA,
}

// records collects the facts of the target's name and its registrable domain.
func (p *probe) records(ctx context.Context) error {
	var errs []error
	for _, name := range p.names() {
		for _, qtype := range recordTypes {
			a, err := p.ask.ask(ctx, name, qtype)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			// Only an address is asked for in order to get to the alias's end.
			if len(a.chain) == 0 || qtype == miekg.TypeA || qtype == miekg.TypeAAAA {
				p.note(name, miekg.TypeToString[qtype], a.msg, present(a.rrs)...)
			}
		}
	}
	return errors.Join(errs...)
}

func (p *probe) names() []string {
	if p.org == p.name {
		return []string{p.name}
	}
	return []string{p.name, p.org}
}

// note adds facts to what is reported of a domain.
func (p *probe) note(name, kind string, msg *miekg.Msg, texts ...string) {
	z := p.zones[name]
	if z == nil {
		z = &zone{fact: domain.DNSZone{Domain: show(name), DNSSEC: unknown, Records: map[string][]string{}}}
		p.zones[name] = z
	}
	z.seen = append(z.seen, msg)
	if len(texts) > 0 {
		z.fact.Records[kind] = append(z.fact.Records[kind], texts...)
	}
}

// report says what is known of each domain, once.
func (p *probe) report() {
	for _, name := range p.names() {
		if z := p.zones[name]; z != nil {
			z.fact.Evidence = p.keep(z.seen...)
			p.see(z.fact)
		}
	}
}

// present returns the data of records in presentation form (RFC 1035, 5.1),
// in which every byte that is not visible ASCII is escaped.
func present(rrs []miekg.RR) []string {
	var texts []string
	for _, rr := range rrs[:min(len(rrs), recordLimit)] {
		text := strings.TrimPrefix(rr.String(), rr.Header().String())
		texts = append(texts, text[:min(len(text), recordSize)])
	}
	return texts
}

// dnssec validates the target's name, and the registrable domain if it is
// another. What is wrong is told once, of the name.
func (p *probe) dnssec(ctx context.Context) error {
	var errs []error
	for _, name := range p.names() {
		v := &validator{ask: p.ask.ask, anchors: p.anchors, now: time.Now()}
		status, reason, err := v.verdict(ctx, name)
		if err != nil {
			errs = append(errs, err)
		}
		if z := p.zones[name]; z != nil {
			z.fact.DNSSEC = status
			z.seen = append(z.seen, v.seen...)
		}
		if name != p.name {
			continue
		}
		switch status {
		case bogus:
			p.weakness("dns/dnssec/bogus", p.apex, fmt.Sprintf("the signatures of %s do not hold: %s", show(name), reason), v.seen...)
		case insecure:
			p.weakness("dns/dnssec/unsigned", p.apex, fmt.Sprintf("%s is not signed: %s", show(name), reason), v.seen...)
		}
	}
	return errors.Join(errs...)
}

// caa looks for the record set that certificate authorities must obey: the
// first one on the way from the name to the root (RFC 8659, 3).
func (p *probe) caa(ctx context.Context) error {
	var asked []*miekg.Msg
	for labels := miekg.CountLabel(p.name); labels > 0; labels-- {
		at := lastLabels(p.name, labels)
		a, err := p.ask.ask(ctx, at, miekg.TypeCAA)
		if err != nil {
			return err
		}
		asked = append(asked, a.msg)
		if len(a.rrs) == 0 {
			continue
		}
		for _, rr := range a.rrs {
			if caa, ok := rr.(*miekg.CAA); ok && strings.EqualFold(caa.Tag, "issue") {
				return nil
			}
		}
		p.weakness("dns/caa/unrestricted", at, fmt.Sprintf("the CAA records of %s name no issuer", show(at)), a.msg)
		return nil
	}
	p.weakness("dns/caa/missing", p.org, fmt.Sprintf("no CAA record at %s nor above it", show(p.name)), asked...)
	return nil
}

// ipv6 looks whether the name can be reached over IPv6.
func (p *probe) ipv6(ctx context.Context) error {
	v4, err := p.ask.ask(ctx, p.name, miekg.TypeA)
	if err != nil {
		return err
	}
	v6, err := p.ask.ask(ctx, p.name, miekg.TypeAAAA)
	if err != nil {
		return err
	}
	if len(v4.rrs) > 0 && len(v6.rrs) == 0 {
		p.weakness("dns/ipv6/missing", p.name, fmt.Sprintf("%s has an IPv4 address and no IPv6 address", show(p.name)), v6.msg)
	}
	return nil
}

// aliases looks for aliases whose end is gone, of the name and of its www.
func (p *probe) aliases(ctx context.Context) error {
	for _, name := range []string{p.name, "www." + p.name} {
		if _, valid := miekg.IsDomainName(name); !valid {
			continue
		}
		a, err := p.ask.ask(ctx, name, miekg.TypeA)
		if err != nil {
			return err
		}
		if a.nx && len(a.chain) > 0 {
			p.weakness("dns/cname/dangling", name,
				fmt.Sprintf("%s is an alias of %s, which does not exist%s", show(name), show(a.owner), on(a.owner)), a.msg)
		} else if len(a.chain) > 0 {
			if err := p.unclaimed(ctx, name, a); err != nil {
				return err
			}
		}
	}
	return nil
}

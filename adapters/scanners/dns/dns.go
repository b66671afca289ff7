// Package dns looks at what the DNS says of a target's domain: its records,
// DNSSEC, what guards its mail (SPF, DMARC, DKIM) and its certificates (CAA),
// aliases that lead nowhere, its name servers, and whether they give the whole
// zone away.
//
// Quick tries six common DKIM selectors, standard and deep all that it knows;
// everything else is the same in every profile.
package dns

import (
	"context"
	"net/netip"
	"strings"
	"time"

	miekg "github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Options are the operator's.
type Options struct {
	// Resolver is the host:port of the recursive resolver, dialled directly and
	// not through the guard; empty for the first one of /etc/resolv.conf.
	Resolver string
	// TrustAnchor is a file of DS or DNSKEY records, or IANA's
	// root-anchors.xml; empty for the built-in keys of the root.
	TrustAnchor string
}

// Scanner implements scanners.Scanner. It is safe for concurrent use.
type Scanner struct {
	resolver string
	anchors  anchors
	// transferPort is where authoritative servers are asked for their zone.
	transferPort string
	webPort      string // where the services behind aliases are asked
}

// New returns a scanner. It fails on a resolver that is no host:port, and on a
// trust anchor file that cannot be read.
func New(o Options) (*Scanner, error) {
	resolver, err := trustedResolver(o.Resolver)
	if err != nil {
		return nil, err
	}
	trusted, err := loadAnchors(o.TrustAnchor, time.Now())
	if err != nil {
		return nil, err
	}
	return &Scanner{resolver: resolver, anchors: trusted, transferPort: "53", webPort: "80"}, nil
}

// Tool implements scanners.Scanner.
func (*Scanner) Tool() domain.Tool { return domain.DNS }

// Scan implements scanners.Scanner.
func (s *Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	p := &probe{
		ask: newAsker(s.resolver), job: job, see: see,
		anchors: s.anchors, transferPort: s.transferPort, webPort: s.webPort, zones: map[string]*zone{},
	}
	if addr, err := netip.ParseAddr(job.Target.Domain); err == nil {
		return p.reverse(ctx, addr)
	}
	if job.Target.Kind == domain.RangeTarget {
		return scanners.Skip("a range of addresses has no DNS zone")
	}
	p.name = strings.ToLower(miekg.Fqdn(job.Target.Domain))
	p.org = registrable(p.name)
	if err := p.begin(ctx); err != nil {
		return err
	}
	defer p.report()
	steps := p.steps()
	for i, step := range steps {
		err := step.run(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		outcome, reason := outcomeOf(err)
		see(domain.Coverage{What: step.what, Outcome: outcome, Reason: reason})
		see(domain.Advance{Percent: 100 * (i + 1) / len(steps)})
	}
	return nil
}

// registrable is the domain under which name was registered, where the rules
// on mail live; name itself where it is a public suffix, or one label.
func registrable(name string) string {
	org, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(name, "."))
	if err != nil {
		return name
	}
	return miekg.Fqdn(org)
}

// probe is one scan.
type probe struct {
	ask          *asker
	job          scanners.Job
	see          func(domain.Observation)
	anchors      anchors
	transferPort string
	webPort      string

	name  string // the target's, fully qualified, in lower case
	org   string // the registrable domain that it is in
	apex  string // the top of the zone that it is in
	zones map[string]*zone
}

// zone is what will be reported of one domain.
type zone struct {
	fact domain.DNSZone
	seen []*miekg.Msg
}

type step struct {
	what string
	run  func(context.Context) error
}

func (p *probe) steps() []step {
	return []step{
		{"records", p.records},
		{"dnssec", p.dnssec},
		{"caa", p.caa},
		{"mx", p.mx},
		{"dane", p.dane},
		{"spf", p.spf},
		{"dmarc", p.dmarc},
		{"dkim", p.dkim},
		{"dangling aliases", p.aliases},
		{"name servers", p.servers},
		{"delegation", p.delegation},
		{"soa", p.start},
		{"zone transfer", p.transfer},
		{"ipv6", p.ipv6},
	}
}

// begin finds out whether there is anything to look at.
func (p *probe) begin(ctx context.Context) error {
	a, err := p.ask.ask(ctx, p.name, miekg.TypeA)
	if err != nil {
		// Another question decides whether the resolver is away, or one server
		// of many has trouble with one type.
		_, err = p.ask.ask(ctx, p.name, miekg.TypeNS)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		_, reason := outcomeOf(err)
		return &scanners.NotTested{Outcome: domain.TimedOut, Reason: "nothing could be resolved: " + reason}
	case a != nil && a.nx && len(a.chain) == 0:
		return scanners.Skip("the domain %s does not exist", show(p.name))
	}
	p.apex = p.findApex(ctx)
	return nil
}

// findApex is the nearest name at or above the target that has a SOA record;
// the registrable domain where none can be found.
func (p *probe) findApex(ctx context.Context) string {
	for labels := miekg.CountLabel(p.name); labels > 0; labels-- {
		at := lastLabels(p.name, labels)
		a, err := p.ask.ask(ctx, at, miekg.TypeSOA)
		if err != nil {
			break
		}
		if len(a.chain) == 0 && len(a.rrs) > 0 {
			return at
		}
	}
	return p.org
}

// reverse reports the name of an address, which has no zone to be tested.
func (p *probe) reverse(ctx context.Context, addr netip.Addr) error {
	if name, err := miekg.ReverseAddr(addr.WithZone("").Unmap().String()); err == nil {
		if a, err := p.ask.ask(ctx, name, miekg.TypePTR); err == nil && len(a.rrs) > 0 {
			p.see(domain.DNSZone{
				Domain: show(name), DNSSEC: unknown, Evidence: p.keep(a.msg),
				Records: map[string][]string{"PTR": present(a.rrs)},
			})
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return scanners.Skip("an address has no DNS zone")
}

// show is a name as people write it.
func show(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}

// weakness reports a finding, with the answers that show it.
func (p *probe) weakness(id, where, detail string, shown ...*miekg.Msg) {
	p.see(domain.Weakness{Advisory: advisory(id), Where: show(where), Detail: detail, Evidence: p.keep(shown...)})
}

// keep stores messages as they are over TCP: each behind its length (RFC 1035,
// 4.2.2).
func (p *probe) keep(messages ...*miekg.Msg) domain.Hash {
	var raw []byte
	for _, m := range messages {
		if m == nil {
			continue
		}
		if wire, err := m.Pack(); err == nil {
			raw = append(raw, byte(len(wire)>>8), byte(len(wire)))
			raw = append(raw, wire...)
		}
	}
	if raw == nil {
		return ""
	}
	return p.job.Keep("dns-message", raw)
}

// Package lookup finds out what registries say of domains, addresses and AS
// numbers: by RDAP where there is a server, by WHOIS after it. It asks politely,
// bounds what it is answered, and says of each part what became of it. The DNS is
// asked by whoever is handed in.
package lookup

import (
	"context"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/scanledger/scanledger/domain"
)

// Guard says what may be looked up.
type Guard interface {
	// Check answers Forbidden for an address that may not be reached.
	Check(ctx context.Context, t domain.Target) error
	// CheckName answers Forbidden for a name that is not of the public DNS, unless the
	// operator allows some.
	CheckName(name string) error
	// PublicName says whether a name can be one of the public DNS.
	PublicName(name string) bool
}

// DNS asks resolvers.
type DNS interface {
	// LookUp asks for all that a subject has in the DNS. Its error is a
	// *domain.Error about the resolver; what else goes wrong is in the parts.
	LookUp(ctx context.Context, s domain.LookupSubject, resolver string) (*domain.DNSAnswers, []domain.LookupPart, error)
}

// Dial connects to host:port.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Options are what a client is made of. All are needed but for the settings.
type Options struct {
	Guard Guard
	DNS   DNS
	Dial  func() Dial // through the guard, for one look-up: each name is resolved once
	// Home connects to the servers of the settings, which are the operator's word.
	Home    Dial
	Turns   Turns               // of questions to registries
	Legible func(string) string // a text without what moves a terminal
	Now     func() time.Time

	Bootstrap string // base URL of the RDAP bootstrap files; "" for IANA's
	WHOIS     string // host:port of the first WHOIS server; "" for IANA's
	CacheDir  string // where bootstrap files are kept over restarts; "" for nowhere
}

const (
	lookupTime  = 10 * time.Second // of a whole look-up
	rdapTime    = 6 * time.Second  // of that by RDAP: the rest is for WHOIS, where that is silent
	serverTime  = 5 * time.Second  // of one server, from the first packet to the last byte
	rememberFor = time.Minute      // what was answered is not asked again
)

// Client implements commands.Directory. It is safe for concurrent use.
type Client struct {
	Options
	budgets   budgets
	bootstrap *bootstrapFiles
	registry  memory[registered]
	dns       memory[resolved]
	referrals *referrals
	patience  time.Duration // with one server
	share     time.Duration // of a look-up by RDAP
}

// registered is what registries say of a subject.
type registered struct {
	found *domain.Registration
	parts []domain.LookupPart
}

// resolved is what the DNS says of one.
type resolved struct {
	answers *domain.DNSAnswers
	parts   []domain.LookupPart
}

// New returns a client.
func New(o Options) *Client {
	c := &Client{Options: o, budgets: budgets{o.Now, o.Turns}, referrals: newReferrals(o.Now), patience: serverTime, share: rdapTime}
	c.registry, c.dns = memory[registered]{now: o.Now}, memory[resolved]{now: o.Now}
	c.bootstrap = newBootstrap(c)
	return c
}

// LookUp implements commands.Directory, within 10 s. Equal questions that come at
// once are one, and what was answered within the last minute is not asked again:
// its parts say when it was.
func (c *Client) LookUp(ctx context.Context, q domain.LookupQuestion) (domain.LookupRecord, error) {
	record := domain.LookupRecord{Parts: []domain.LookupPart{}}
	resolver, err := resolverOf(q.Resolver)
	if err == nil {
		err = c.allowed(ctx, q.Subject)
	}
	if err != nil {
		return record, err
	}
	var registry registered
	var dns resolved
	var faults [2]error
	var works sync.WaitGroup
	if q.Type != domain.LookupDNS {
		works.Go(func() { registry, faults[0] = c.askRegistries(ctx, registrable(q.Subject)) })
	}
	if q.Type != domain.LookupWHOIS {
		works.Go(func() { dns, faults[1] = c.askDNS(ctx, q.Subject, resolver) })
	}
	works.Wait()
	for _, err := range faults {
		if err != nil {
			return record, err
		}
	}
	record.Registration, record.DNS = registry.found, dns.answers
	record.Parts = append(append(record.Parts, registry.parts...), dns.parts...)
	return record, nil
}

func (c *Client) askRegistries(ctx context.Context, of domain.LookupSubject) (registered, error) {
	return c.registry.get(ctx, string(of.Kind)+" "+of.Name, func(ctx context.Context) (registered, bool, error) {
		r := c.register(ctx, of)
		return r, domain.LookupRecord{Parts: r.parts}.Complete(), nil
	})
}

func (c *Client) askDNS(ctx context.Context, s domain.LookupSubject, resolver string) (resolved, error) {
	return c.dns.get(ctx, s.Name+" "+resolver, func(ctx context.Context) (resolved, bool, error) {
		answers, parts, err := c.DNS.LookUp(ctx, s, resolver)
		return resolved{answers, parts}, err == nil && domain.LookupRecord{Parts: parts}.Complete(), err
	})
}

// allowed says whether a subject may be looked up: of the local network what could
// be scanned too.
func (c *Client) allowed(ctx context.Context, s domain.LookupSubject) error {
	switch s.Kind {
	case domain.AddressSubject:
		return c.Guard.Check(ctx, domain.Target{Kind: domain.IPTarget, Value: s.Name, Host: s.Name, Domain: s.Name})
	case domain.DomainSubject:
		if s.TopLevel() && !topLevel(s) {
			return domain.Errorf(domain.Invalid, "%s is no top-level domain: give a domain name such as example.com, an IP address, or an AS number such as AS64500", s.Name)
		}
		if err := c.Guard.CheckName(within(s)); err != nil || c.public(s) {
			return err
		}
		return c.Guard.Check(ctx, domain.Target{Kind: domain.HostTarget, Value: s.Name, Host: s.Name, Domain: s.Name})
	default:
		return nil
	}
}

// public says whether registries may be told of a name: of one that only a local
// network has they are not.
func (c *Client) public(s domain.LookupSubject) bool { return c.Guard.PublicName(within(s)) }

// topLevel says whether a subject is a domain at the top of the public DNS, and no
// host of a local network.
func topLevel(s domain.LookupSubject) bool {
	_, known := publicsuffix.PublicSuffix(within(s))
	return s.TopLevel() && known
}

// within is a name by which rules about names can be asked: of a top-level domain, as
// which a host's may look, one that is in it.
func within(s domain.LookupSubject) string {
	if s.TopLevel() {
		return "nic." + s.Name
	}
	return s.Name
}

// resolverOf reads the resolver that a request has chosen: a host, and a port where
// it is not 53.
func resolverOf(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	return hostPort(s, "53", "resolver")
}

// hostPort reads a host with or without a port. Ports below 1024 belong to services
// of other kinds.
func hostPort(s, preset, what string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = strings.Trim(s, "[]"), preset
	}
	target, err := domain.ParseHost(host)
	if err != nil {
		return "", domain.Errorf(domain.Invalid, "%s must be a host name or an IP address, with a port where it is not %s: %s", what, preset, err)
	}
	if port != preset && !highPort(port) {
		return "", domain.Errorf(domain.Invalid, "the port of %s must be %s, or from 1024 to 65535", what, preset)
	}
	return net.JoinHostPort(target.Host, port), nil
}

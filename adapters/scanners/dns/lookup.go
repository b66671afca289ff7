package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Lookups asks resolvers for all that a name has, for whoever looks it up. It is
// safe for concurrent use.
type Lookups struct {
	scanner *Scanner
	guard   *scanners.Guard
}

// NewLookups returns one that asks as scans do. It fails as New does.
func NewLookups(o Options, guard *scanners.Guard) (*Lookups, error) {
	scanner, err := New(o)
	return &Lookups{scanner, guard}, err
}

// wanted is a question about a name, or about one below it where services have
// their records.
type wanted struct {
	below string
	qtype uint16
}

// lookupTypes are asked for one by one: ANY is answered with whatever a server
// likes (RFC 8482). They are all of IANA's that hold data and are not given up, but for
// those of the signatures, of which the verdict tells, the usual ones first.
var lookupTypes = []wanted{
	{"", miekg.TypeA}, {"", miekg.TypeAAAA}, {"", miekg.TypeCNAME}, {"", miekg.TypeDNAME}, {"", miekg.TypeNS}, {"", miekg.TypeSOA}, {"", miekg.TypeMX},
	{"", miekg.TypeTXT}, {"", miekg.TypeCAA}, {"", miekg.TypeSRV}, {"", miekg.TypeNAPTR}, {"", miekg.TypeHTTPS}, {"", miekg.TypeSVCB},
	{"", miekg.TypeDS}, {"", miekg.TypeDNSKEY}, {"", miekg.TypeCDS}, {"", miekg.TypeTLSA}, {"", miekg.TypeSSHFP}, {"", miekg.TypeLOC},
	{"", miekg.TypeHINFO}, {"", miekg.TypeRP}, {"", miekg.TypeURI}, {"", miekg.TypePTR},
	{"", miekg.TypeCDNSKEY}, {"", miekg.TypeCSYNC}, {"", miekg.TypeZONEMD}, {"", miekg.TypeNSEC3PARAM}, {"", miekg.TypeOPENPGPKEY}, {"", miekg.TypeSMIMEA},
	{"", miekg.TypeCERT}, {"", miekg.TypeIPSECKEY}, {"", miekg.TypeDHCID}, {"", miekg.TypeHIP}, {"", miekg.TypeAFSDB}, {"", miekg.TypeKX}, {"", miekg.TypeAPL},
	{"", miekg.TypeAMTRELAY}, {"", miekg.TypeEUI48}, {"", miekg.TypeEUI64}, {"", miekg.TypeNID}, {"", miekg.TypeL32}, {"", miekg.TypeL64}, {"", miekg.TypeLP}, {"", miekg.TypeSPF}, {"", miekg.TypeRESINFO},
	{"_dmarc.", miekg.TypeTXT}, {"_mta-sts.", miekg.TypeTXT}, {"_smtp._tls.", miekg.TypeTXT},
	{"_443._tcp.", miekg.TypeTLSA}, {"_25._tcp.", miekg.TypeTLSA},
	{"_sip._tcp.", miekg.TypeSRV}, {"_sips._tcp.", miekg.TypeSRV}, {"_xmpp-client._tcp.", miekg.TypeSRV}, {"_xmpp-server._tcp.", miekg.TypeSRV},
	{"_imaps._tcp.", miekg.TypeSRV}, {"_submission._tcp.", miekg.TypeSRV}, {"_autodiscover._tcp.", miekg.TypeSRV}, {"_matrix-fed._tcp.", miekg.TypeSRV},
}

// reverseTypes are those of an address's reverse name.
var reverseTypes = []wanted{{"", miekg.TypePTR}, {"", miekg.TypeCNAME}}

// asksAtOnce is how many questions are under way at one time.
const asksAtOnce = 24

// LookUp asks for a name, or for the reverse name of an address: the installation's
// resolver, or through the guard the one that is named as host:port. It answers a
// *domain.Error: Forbidden, Unresolvable or Invalid for a resolver that may not be
// asked.
func (l *Lookups) LookUp(ctx context.Context, s domain.LookupSubject, resolver string) (*domain.DNSAnswers, []domain.LookupPart, error) {
	at := time.Now().UTC().Truncate(time.Microsecond)
	name, types := miekg.Fqdn(s.Name), lookupTypes
	switch s.Kind {
	case domain.ASSubject:
		return nil, []domain.LookupPart{{Part: "dns", Outcome: domain.PartSkipped, Reason: "the DNS has no AS numbers", At: at}}, nil
	case domain.AddressSubject:
		types = reverseTypes
		var err error
		if name, err = miekg.ReverseAddr(s.Name); err != nil {
			return nil, nil, domain.Errorf(domain.Invalid, "the address has no reverse name")
		}
	}
	asking := func() *asker { return newAsker(l.scanner.resolver) }
	if resolver != "" {
		session := l.guard.Session()
		host, _, err := net.SplitHostPort(resolver)
		if err == nil {
			_, err = session.Addrs(ctx, host)
		}
		if err != nil {
			return nil, nil, err
		}
		asking = func() *asker { return askerBy(session.DialContext, resolver) }
	}
	q := &inquiry{name: name, source: resolver, at: at, asking: asking, shows: l.guard.Shows, anchors: l.scanner.anchors}
	q.askAll(ctx, types)
	q.verify(ctx)
	return &q.answers, q.parts, nil
}

// inquiry is one look-up.
type inquiry struct {
	name, source string
	at           time.Time
	asking       func() *asker
	shows        func(netip.Addr) bool
	anchors      anchors

	answers domain.DNSAnswers
	parts   []domain.LookupPart
	held    []uint16 // types of which the name itself has records
}

// askAll asks all questions, some at a time, unless nobody answers the first.
func (q *inquiry) askAll(ctx context.Context, types []wanted) {
	q.answers = domain.DNSAnswers{Name: show(q.name), Records: []domain.DNSRecord{}, Empty: []string{}}
	all, faults := make([]*answer, len(types)), make([]error, len(types))
	all[0], faults[0] = q.asking().ask(ctx, types[0].below+q.name, types[0].qtype)
	if errors.Is(faults[0], errSilent) || ctx.Err() != nil {
		q.part("dns", "", faults[0])
		return
	}
	var works sync.WaitGroup
	room := make(chan struct{}, asksAtOnce)
	for i, w := range types[1:] {
		works.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			all[i+1], faults[i+1] = q.asking().ask(ctx, w.below+q.name, w.qtype)
		})
	}
	works.Wait()
	q.part("dns", "", nil)
	answered := 0
	for i, w := range types {
		if faults[i] != nil {
			q.part("dns "+w.called(), "", faults[i])
			continue
		}
		answered++
		q.take(w, all[i])
	}
	q.sum(answered, len(types), all[0])
}

// called is how a question is called in parts and among the empty types.
func (w wanted) called() string {
	if w.below == "" {
		return miekg.TypeToString[w.qtype]
	}
	return strings.TrimSuffix(w.below, ".") + " " + miekg.TypeToString[w.qtype]
}

// take adds what one question was answered with. Only an address is asked for in
// order to get to an alias's end.
func (q *inquiry) take(w wanted, a *answer) {
	address := w.qtype == miekg.TypeA || w.qtype == miekg.TypeAAAA
	hidden, before := 0, len(q.answers.Records)
	for _, rr := range a.rrs[:min(len(a.rrs), recordLimit)] {
		switch addr := addressOf(rr); {
		case len(a.chain) > 0 && !address:
		case addr.IsValid() && !q.shows(addr):
			hidden++
		default:
			q.answers.Records = append(q.answers.Records, record(rr))
		}
	}
	kind := miekg.TypeToString[w.qtype]
	switch more := len(a.rrs) - recordLimit; {
	case hidden > 0:
		q.part("dns "+w.called(), fmt.Sprintf("%d addresses that are not public are not shown", hidden), nil)
		q.parts[len(q.parts)-1].Outcome = domain.PartRefused
	case more > 0:
		q.part("dns "+w.called(), fmt.Sprintf("%d more records are left out", more), nil)
	case len(q.answers.Records) == before && w.below == "":
		q.answers.Empty = append(q.answers.Empty, kind)
	}
	if w.below == "" && len(a.rrs) > 0 && len(a.chain) == 0 {
		q.held = append(q.held, w.qtype)
	}
}

// sum says what came of all questions together.
func (q *inquiry) sum(answered, asked int, first *answer) {
	whole := &q.parts[0]
	switch {
	case answered == 0:
		*whole, q.parts = q.parts[1], q.parts[:1] // they all failed, as the first did
		whole.Part = "dns"
	case first != nil && first.nx && len(first.chain) == 0:
		whole.Outcome, whole.Reason = domain.PartNone, "the name does not exist"
	case len(q.answers.Records) == 0 && answered == asked:
		whole.Outcome, whole.Reason = domain.PartNone, "the name has no records"
	case answered < asked:
		whole.Reason = fmt.Sprintf("%d of %d questions were answered", answered, asked)
	}
}

// part notes what became of a question.
func (q *inquiry) part(part, reason string, err error) {
	p := domain.LookupPart{Part: part, Source: q.source, Outcome: domain.PartFound, Reason: reason, At: q.at}
	if err != nil {
		var outcome domain.Outcome
		outcome, p.Reason = outcomeOf(err)
		p.Outcome = partOutcomes[outcome]
	}
	q.parts = append(q.parts, p)
}

// partOutcomes are a test's outcomes in a look-up's words.
var partOutcomes = map[domain.Outcome]domain.LookupOutcome{
	domain.Skipped: domain.PartSkipped, domain.TimedOut: domain.PartTimedOut, domain.Refused: domain.PartRefused, domain.Failed: domain.PartFailed,
}

// verify says whether what the name has is vouched for.
func (q *inquiry) verify(ctx context.Context) {
	if q.parts[0].Outcome != domain.PartFound && q.parts[0].Outcome != domain.PartNone {
		q.answers.DNSSEC = domain.DNSSEC{Status: "indeterminate", Reason: q.parts[0].Reason}
		return
	}
	ask := q.asking()
	v := &validator{ask: ask.ask, anchors: q.anchors, now: time.Now(), types: slices.DeleteFunc(q.held, atParent)}
	if len(v.types) == 0 {
		v.types = []uint16{miekg.TypeA}
	}
	status, reason, err := v.verdict(ctx, q.name)
	if status == unknown {
		status = "indeterminate" // RFC 4033, 5
	}
	q.part("dnssec", reason, nil)
	if err != nil {
		_, reason = outcomeOf(err)
		q.parts[len(q.parts)-1].Outcome = domain.PartFailed
		q.parts[len(q.parts)-1].Reason = reason
	}
	q.answers.DNSSEC = domain.DNSSEC{Status: status, Reason: reason}
}

// atParent says whether a type belongs to the zone above (RFC 4035, 3.1.4.1).
func atParent(qtype uint16) bool { return qtype == miekg.TypeDS }

func record(rr miekg.RR) domain.DNSRecord {
	text := present([]miekg.RR{rr})[0]
	return domain.DNSRecord{
		Name: show(strings.ToLower(rr.Header().Name)), Type: miekg.TypeToString[rr.Header().Rrtype], TTL: int(rr.Header().Ttl), Data: text,
	}
}

// addressOf is the address that a record holds; the zero Addr of others.
func addressOf(rr miekg.RR) (addr netip.Addr) {
	switch rr := rr.(type) {
	case *miekg.A:
		addr, _ = netip.AddrFromSlice(rr.A)
	case *miekg.AAAA:
		addr, _ = netip.AddrFromSlice(rr.AAAA)
	}
	return addr.Unmap()
}

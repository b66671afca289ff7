package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/domain"
)

// delegation asks each name server of the zone for its SOA record, through the
// guard and without recursion: one that does not answer with authority is lame
// (RFC 1912, 2.8), and the serial numbers should be the same.
func (p *probe) delegation(ctx context.Context) error {
	names, _, err := p.nameServers(ctx)
	if err != nil {
		return err
	}
	serials := map[uint32][]string{}
	var shown []*miekg.Msg
	var first error
	answers, faults := p.authorities(ctx, names)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i, name := range names {
		msg, err := answers[i], faults[i]
		outcome, reason := outcomeOf(err)
		p.see(domain.Coverage{What: "authority of " + show(name), Outcome: outcome, Reason: reason})
		if err != nil {
			first = orFirst(first, err)
			continue
		}
		soa := recordsAt[*miekg.SOA](msg.Answer, p.apex)
		if !msg.Authoritative || len(soa) == 0 {
			p.weakness("dns/ns/lame", name, fmt.Sprintf("%s answers %s for %s, and not with authority",
				show(name), miekg.RcodeToString[msg.Rcode], show(p.apex)), msg)
			continue
		}
		serials[soa[0].Serial] = append(serials[soa[0].Serial], show(name))
		shown = append(shown, msg)
	}
	if len(serials) > 1 {
		p.weakness("dns/soa/serials", p.apex, "the name servers have different versions of the zone: "+listed(serials), shown...)
	}
	return first
}

// authorities asks all name servers at the same time.
func (p *probe) authorities(ctx context.Context, names []string) (answers []*miekg.Msg, faults []error) {
	answers, faults = make([]*miekg.Msg, len(names)), make([]error, len(names))
	var works sync.WaitGroup
	for i, name := range names {
		works.Go(func() { answers[i], faults[i] = p.authority(ctx, name) })
	}
	works.Wait()
	return answers, faults
}

func orFirst(first, err error) error {
	if first != nil {
		return first
	}
	return err
}

func listed(serials map[uint32][]string) string {
	var all []string
	for serial, names := range serials {
		all = append(all, fmt.Sprintf("%d (%s)", serial, strings.Join(names, ", ")))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// authority returns a name server's answer to the question for the zone's SOA
// record.
func (p *probe) authority(ctx context.Context, server string) (*miekg.Msg, error) {
	m := new(miekg.Msg).SetQuestion(p.apex, miekg.TypeSOA)
	m.RecursionDesired = false
	var last error
	for _, network := range []string{"udp", "tcp"} {
		msg, err := p.askServer(ctx, network, server, m)
		if err == nil && !msg.Truncated {
			return msg, nil
		}
		if ctx.Err() != nil || domain.CodeOf(err) == domain.Forbidden || domain.CodeOf(err) == domain.Unresolvable {
			return nil, err
		}
		last = err
	}
	if last == nil {
		last = errors.New("the answer is cut off")
	}
	return nil, last
}

func (p *probe) askServer(ctx context.Context, network, server string, m *miekg.Msg) (*miekg.Msg, error) {
	bounded, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	conn, err := p.job.Net.DialContext(bounded, network, net.JoinHostPort(show(server), p.transferPort))
	if err != nil {
		return nil, err
	}
	t := openTalk(bounded, conn)
	defer t.close()
	if err := t.conn.WriteMsg(m); err != nil {
		return nil, err
	}
	return t.reply(m)
}

// start judges the zone's SOA record (RFC 1912, 2.2; RFC 2308, 5).
func (p *probe) start(ctx context.Context) error {
	a, err := p.ask.ask(ctx, p.apex, miekg.TypeSOA)
	if err != nil {
		return err
	}
	for _, rr := range a.rrs {
		soa, is := rr.(*miekg.SOA)
		if !is {
			continue
		}
		if faults := faultsOf(soa); len(faults) > 0 {
			p.weakness("dns/soa/values", p.apex, fmt.Sprintf("the SOA record of %s: %s", show(p.apex), strings.Join(faults, "; ")), a.msg)
		}
	}
	return nil
}

// faultsOf says which values of a SOA record cannot be meant.
func faultsOf(soa *miekg.SOA) (faults []string) {
	const day = 86400
	if soa.Retry >= soa.Refresh {
		faults = append(faults, fmt.Sprintf("retry (%d s) is not shorter than refresh (%d s)", soa.Retry, soa.Refresh))
	}
	if uint64(soa.Expire) <= uint64(soa.Refresh)+uint64(soa.Retry) {
		faults = append(faults, fmt.Sprintf("expire (%d s) is no longer than refresh and retry together", soa.Expire))
	}
	if soa.Minttl > day {
		faults = append(faults, fmt.Sprintf("that a name does not exist is remembered for %d s", soa.Minttl))
	}
	return faults
}

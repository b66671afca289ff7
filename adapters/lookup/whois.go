package lookup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/scanledger/scanledger/domain"
)

// ianaWHOIS knows which server has what.
const ianaWHOIS = "whois.iana.org:43"

const (
	whoisSize      = 512 << 10 // bytes of an answer that are read
	whoisReferrals = 3         // that are followed, from the first server
)

// errCut is an answer of which the beginning alone was read.
var errCut = errors.New("the answer is larger than 512 KiB")

// whoisQuestions are how servers want to be asked, by the end of their names, where
// the subject alone would not do: for each kind, with the subject for %s.
var whoisQuestions = map[string]map[domain.LookupKind]string{
	"whois.verisign-grs.com": {domain.DomainSubject: "domain %s"},
	"whois.denic.de":         {domain.DomainSubject: "-T dn,ace %s"},
	"whois.jprs.jp":          {domain.DomainSubject: "%s/e"},
	"whois.punktum.dk":       {domain.DomainSubject: "--show-handles %s"},
	"whois.arin.net":         {domain.AddressSubject: "n + %s", domain.ASSubject: "a + %s"},
	"whois.ripe.net":         {domain.AddressSubject: "-B %s", domain.ASSubject: "-B %s"},
}

// question is the line that a server is sent.
func question(server string, s domain.LookupSubject) string {
	host, _, _ := net.SplitHostPort(server)
	form := whoisQuestions[host][s.Kind]
	if form == "" {
		form = "%s"
	}
	return fmt.Sprintf(form, s.Name)
}

// overWHOIS asks the first server, and those that it and the next ones name: the
// registry's, and then the registrar's. What the registry says counts before what
// the registrar does.
func (a *asking) overWHOIS(ctx context.Context) (found *domain.Registration) {
	first := a.WHOIS
	if first == "" {
		first = ianaWHOIS
	}
	dial, part, server := a.Home, "whois", first
	if known, met := a.referrals.get(a.subject); met && !a.subject.TopLevel() {
		dial, server = a.dial, known
	}
	asked := map[string]bool{}
	for range 1 + whoisReferrals {
		asked[server] = true
		answer, told := a.whois(ctx, dial, part, server)
		next := ""
		if answer != nil {
			found, next = a.joined(found, answer.registration), answer.next
		}
		if a.subject.TopLevel() {
			next = "" // that has the names in it
		}
		on := next != "" && !asked[next]
		if told.Outcome == domain.PartNone && on && found == nil {
			told.Outcome, told.Reason = domain.PartSkipped, "it refers to "+next
		}
		a.note(told)
		if answer != nil && answer.rwhois != "" && a.subject.Kind == domain.AddressSubject {
			a.note(domain.LookupPart{Part: "rwhois", Source: answer.rwhois, Outcome: domain.PartSkipped, Reason: "who has parts of the network is told there by another protocol, which is not spoken here"})
		}
		if found == nil && !told.Outcome.Known() && !on {
			a.referrals.drop(a.subject) // it may be another server by now
		}
		if !on || ctx.Err() != nil {
			return found
		}
		switch {
		case a.subject.Kind != domain.DomainSubject: // from one registry to another
		case found == nil:
			a.referrals.keep(a.subject, next)
		default:
			part = "whois of the registrar"
		}
		dial, server = a.dial, next
	}
	a.note(domain.LookupPart{Part: part, Source: server, Outcome: domain.PartFailed, Reason: fmt.Sprintf("more than %d referrals", whoisReferrals)})
	return found
}

// joined is what is known of a registration with what the next server says of it. Of a
// network the last one counts: those before it have the larger one that it is in.
func (a *asking) joined(found, more *domain.Registration) *domain.Registration {
	switch {
	case found == nil || more == nil:
		return cmp.Or(found, more)
	case a.subject.Kind != domain.DomainSubject:
		return more
	default:
		complement(found, more)
		return found
	}
}

// whois asks one server.
func (a *asking) whois(ctx context.Context, dial Dial, part, server string) (*whoisAnswer, domain.LookupPart) {
	raw, err := a.talk(ctx, dial, server, question(server, a.subject))
	cut := errors.Is(err, errCut)
	if err != nil && !cut {
		return nil, failed(part, server, err)
	}
	told := domain.LookupPart{Part: part, Source: server, Outcome: domain.PartFound, SHA256: hash(raw)}
	if cut {
		told.Reason = err.Error() + ": what comes behind was not read"
	}
	answer := readWHOIS(a.Legible(textOf(raw, a.subject)), a.subject)
	switch {
	case answer.quota:
		told.Outcome, told.Reason = domain.PartLimited, a.budgets.pause(ctx, server, "").Error()
	case answer.registration == nil && answer.none:
		told.Outcome, told.Reason = domain.PartNone, "the server knows no "+a.subject.Name
	case answer.registration == nil && answer.next != "":
		told.Outcome = domain.PartNone
	case answer.registration == nil:
		told.Outcome, told.Reason = domain.PartFailed, "the answer says nothing of "+a.subject.Name
	}
	return answer, told
}

// talk sends a line and reads the answer to its end, within the registry's budget.
// Of one that is too long it returns the beginning, and errCut.
func (a *asking) talk(ctx context.Context, dial Dial, server, line string) ([]byte, error) {
	bounded, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	if err := a.budgets.take(bounded, server); err != nil {
		return nil, err
	}
	conn, err := dial(bounded, "tcp", server)
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(bounded, func() { conn.Close() })()
	defer conn.Close()
	if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
		return nil, late(bounded, err)
	}
	raw, err := io.ReadAll(io.LimitReader(conn, whoisSize+1))
	switch {
	case err != nil && (len(raw) == 0 || bounded.Err() != nil):
		return nil, late(bounded, err)
	case len(raw) > whoisSize:
		return raw[:whoisSize], errCut
	case len(raw) == 0:
		return nil, errors.New("the answer is empty")
	default: // some servers break off where they should end
		return raw, nil
	}
}

// late is the end of ctx, where that is why a connection broke off.
func late(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

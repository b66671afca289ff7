package lookup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

const rdapTypes = "application/rdap+json, application/json;q=0.9"

// rdapServers is how many servers of one registry are tried.
const rdapServers = 2

// rdapPath is where a server has a subject (RFC 9082, 3.1).
func rdapPath(s domain.LookupSubject) string {
	switch s.Kind {
	case domain.AddressSubject:
		return "ip/" + s.Name
	case domain.ASSubject:
		return "autnum/" + strings.TrimPrefix(s.Name, "AS")
	default:
		return "domain/" + s.Name
	}
}

// overRDAP asks the registry, and then the registrar that it names. The first part
// that it notes is the registry's.
func (a *asking) overRDAP(ctx context.Context) *domain.Registration {
	servers, aside, err := a.bootstrap.servers(ctx, a.subject)
	switch {
	case err != nil:
		a.note(failed("rdap", a.bootstrap.base, err))
		return nil
	case len(servers) == 0:
		a.note(domain.LookupPart{Part: "rdap", Outcome: domain.PartSkipped, Reason: join("no RDAP server is known for "+a.subject.Name, aside)})
		return nil
	}
	var answer *rdapAnswer
	var part domain.LookupPart
	for _, server := range servers[:min(len(servers), rdapServers)] {
		answer, part = a.rdap(ctx, "rdap", server+rdapPath(a.subject))
		if part.Outcome.Known() || part.Outcome == domain.PartLimited || ctx.Err() != nil {
			break
		}
	}
	part.Reason = join(part.Reason, aside)
	a.note(part)
	if answer == nil {
		return nil
	}
	if answer.related != "" && answer.related != part.Source && !a.subject.TopLevel() { // of that it is who serves the names in it
		more, part := a.rdap(ctx, "rdap of the registrar", answer.related)
		a.note(part)
		if more != nil {
			complement(answer.registration, more.registration)
		}
	}
	return answer.registration
}

// rdap asks one server.
func (a *asking) rdap(ctx context.Context, part, address string) (*rdapAnswer, domain.LookupPart) {
	p, err := a.get(ctx, a.dial, address, map[string]string{"Accept": rdapTypes})
	if err != nil {
		return nil, failed(part, address, err)
	}
	told := domain.LookupPart{Part: part, Source: p.from, Outcome: domain.PartFound, SHA256: hash(p.body)}
	switch {
	case p.status == http.StatusNotFound && (len(p.body) == 0 || looksJSON(p.body)):
		told.Outcome, told.Reason = domain.PartNone, "the server knows no "+a.subject.Name
		return nil, told
	case p.status != http.StatusOK:
		told.Outcome, told.Reason = domain.PartFailed, fmt.Sprintf("the server answers with the status %d", p.status)
		if p.status == http.StatusForbidden || p.status == http.StatusUnauthorized {
			told.Outcome = domain.PartRefused
		}
		return nil, told
	}
	answer, err := a.readRDAP(p.body)
	if err == nil {
		err = answer.about(a.subject)
	}
	var limited limitedError
	switch {
	case errors.As(err, &limited):
		if u, unreadable := url.Parse(p.from); unreadable == nil {
			err = a.budgets.pause(ctx, serverOf(u), p.header.Get("Retry-After"))
		}
		told.Outcome, told.Reason = domain.PartLimited, err.Error()
		return nil, told
	case err != nil:
		told.Outcome, told.Reason = domain.PartFailed, err.Error()
		return nil, told
	}
	return answer, told
}

func looksJSON(body []byte) bool { return strings.HasPrefix(strings.TrimSpace(string(body)), "{") }

// join puts two clauses together, of which either may be empty.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// complement adds what another place knows of a registration to what is known: of
// contacts those in roles that nobody has yet.
func complement(to, from *domain.Registration) {
	for _, p := range [][2]*string{
		{&to.Registrar.Name, &from.Registrar.Name}, {&to.Registrar.IANAID, &from.Registrar.IANAID}, {&to.Registrar.URL, &from.Registrar.URL},
		{&to.Registrar.AbuseEmail, &from.Registrar.AbuseEmail}, {&to.Registrar.AbusePhone, &from.Registrar.AbusePhone},
		{&to.UnicodeName, &from.UnicodeName}, {&to.Handle, &from.Handle},
	} {
		if *p[0] == "" {
			*p[0] = *p[1]
		}
	}
	held := map[string]bool{}
	for _, c := range to.Contacts {
		for _, role := range c.Roles {
			held[role] = held[role] || c.Name+c.Organization+c.Email != ""
		}
	}
	for _, c := range from.Contacts {
		for _, role := range c.Roles {
			if !held[role] && len(to.Contacts) < contactLimit {
				to.Contacts = append(to.Contacts, c)
				break
			}
		}
	}
	for _, e := range from.Events {
		if _, known := to.Date(e.Action); !known {
			to.Events = append(to.Events, e)
		}
	}
	if len(to.Nameservers) == 0 {
		to.Nameservers = from.Nameservers
	}
	if len(to.Status) == 0 {
		to.Status = from.Status
	}
	if to.Delegation == nil {
		to.Delegation = from.Delegation
	}
}

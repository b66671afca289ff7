package projections

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// facts are values by their fields.
type facts map[string][]string

func (f facts) add(field string, values ...string) {
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			f[field] = append(f[field], v)
		}
	}
}

func registryFacts(r *domain.Registration, plain bool) facts {
	f := facts{}
	if r == nil {
		f.add("registered", "no")
		return f
	}
	f.add("registered", "yes")
	f.add("registrar", oneLine(r.Registrar.Name))
	for _, action := range []string{domain.Registered, domain.Expires, domain.Changed} {
		if at, known := r.Date(action); known {
			f.add("events."+action, at.Format(time.DateOnly))
		}
	}
	for _, n := range r.Nameservers {
		f.add("nameservers", strings.ToLower(n.Name))
	}
	if r.Delegation != nil {
		f.add("secure_dns.signed", fmt.Sprint(r.Delegation.Signed))
	}
	if n := r.Network; n != nil {
		f.add("network.range", strings.Trim(n.First+" - "+n.Last, " -"))
		f.add("network.name", oneLine(n.Name))
		f.add("network.country", n.Country)
	}
	if plain {
		return f
	}
	f.add("handle", r.Handle)
	f.add("registrar.iana_id", r.Registrar.IANAID)
	f.add("registrar.abuse", r.Registrar.AbuseEmail, r.Registrar.AbusePhone)
	for _, word := range r.Status {
		f.add("status", oneLine(word))
	}
	if r.Delegation != nil {
		for _, ds := range r.Delegation.DS {
			f.add("secure_dns.ds", strings.ToUpper(oneLine(ds)))
		}
	}
	for _, c := range r.Contacts {
		said := slices.DeleteFunc([]string{c.Name, c.Organization, c.Email, c.Phone, c.Address, c.Country}, func(s string) bool { return s == "" })
		for _, role := range c.Roles {
			f.add("contacts."+role, oneLine(strings.Join(said, ", ")))
		}
	}
	return f
}

// oneLine is a text with one space where any blanks are: how many is no difference.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// hosts are the types with names in them, of which the case is no difference.
var hosts = map[string]bool{"NS": true, "CNAME": true, "DNAME": true, "MX": true, "PTR": true, "SOA": true, "SRV": true}

func dnsFacts(r *domain.DNSAnswers) facts {
	f := facts{}
	for _, one := range r.Records {
		if hosts[one.Type] {
			one.Data = strings.ToLower(one.Data)
		}
		service, below := strings.CutSuffix(one.Name, "."+r.Name)
		if below {
			f.add("dns."+service+" "+one.Type, one.Data)
		} else {
			f.add("dns."+one.Type, one.Data)
		}
	}
	if s := r.DNSSEC.Status; s != "indeterminate" {
		f.add("dnssec", s)
	}
	return f
}

package projections

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// LookupDifference is what has become another between two look-ups of a subject.
type LookupDifference struct {
	Changes     []LookupChange     // by field
	NotCompared []LookupUncompared // what one of the two could not say
}

// LookupChange is a field that has other values.
type LookupChange struct {
	Field   string   `json:"field"` // "registrar", "nameservers", "dns.MX"
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
}

// LookupUncompared is a field that cannot be compared.
type LookupUncompared struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// CompareLookups compares a look-up with an earlier one of the same subject. What
// one of them was not told is not taken for gone. Invalid where the other is none of
// the same subject, or not earlier.
func CompareLookups(now, then LookupRow) (LookupDifference, error) {
	switch {
	case now.Subject != then.Subject:
		return LookupDifference{}, domain.Errorf(domain.Invalid, "against must be a look-up of %s, as this one is", now.Subject)
	case then.Number >= now.Number:
		return LookupDifference{}, domain.Errorf(domain.Invalid, "against must be an earlier look-up than the one that is compared")
	}
	d := LookupDifference{Changes: []LookupChange{}, NotCompared: []LookupUncompared{}}
	d.registration(now.Record, then.Record)
	d.dns(now.Record, then.Record)
	return d, nil
}

// facts are values by their fields.
type facts map[string][]string

func (f facts) add(field string, values ...string) {
	for _, v := range values {
		if v != "" {
			f[field] = append(f[field], v)
		}
	}
}

// compare adds the fields of which the values are others.
func (d *LookupDifference) compare(now, then facts) {
	fields := maps.Clone(now)
	maps.Copy(fields, then)
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		c := LookupChange{Field: field, Added: without(now[field], then[field]), Removed: without(then[field], now[field])}
		if len(c.Added)+len(c.Removed) > 0 {
			d.Changes = append(d.Changes, c)
		}
	}
}

// without are the values of one list that are not in the other, in order, each once.
func without(list, other []string) []string {
	left := slices.DeleteFunc(slices.Clone(list), func(v string) bool { return slices.Contains(other, v) })
	slices.Sort(left)
	return append([]string{}, slices.Compact(left)...)
}

func (d *LookupDifference) unlike(field, reason string) {
	d.NotCompared = append(d.NotCompared, LookupUncompared{field, reason})
}

// registration compares what registries say. By another protocol the same is said in
// other words: then those facts are compared alone that have one form.
func (d *LookupDifference) registration(now, then domain.LookupRecord) {
	for _, r := range []struct {
		domain.LookupRecord
		called string
	}{{now, "this look-up"}, {then, "the earlier one"}} {
		if known, reason := registered(r.LookupRecord); !known {
			d.unlike("registration", r.called+": "+reason)
			return
		}
	}
	a, b := now.Registration, then.Registration
	plain := a != nil && b != nil && a.Protocol != b.Protocol
	if plain {
		d.unlike("contacts, status, handles", "one look-up has them by "+a.Protocol+", the other by "+b.Protocol)
	}
	d.compare(registryFacts(a, plain), registryFacts(b, plain))
}

// registered says whether a record tells of a registration, be it that there is none.
func registered(r domain.LookupRecord) (known bool, reason string) {
	reason = "it was not asked for"
	for _, p := range r.Parts {
		switch isRegistry := p.Part == "rdap" || p.Part == "whois"; {
		case isRegistry && p.Outcome.Known():
			return true, ""
		case isRegistry:
			reason = p.Part + ": " + p.Reason
		}
	}
	return false, reason
}

func registryFacts(r *domain.Registration, plain bool) facts {
	f := facts{}
	if r == nil {
		f.add("registered", "no")
		return f
	}
	f.add("registered", "yes")
	f.add("registrar", r.Registrar.Name)
	for _, action := range []string{domain.Registered, domain.Expires, domain.Changed} {
		if at, known := r.Date(action); known {
			f.add("events."+action, at.Format(time.DateOnly))
		}
	}
	for _, n := range r.Nameservers {
		f.add("nameservers", n.Name)
	}
	if r.Delegation != nil {
		f.add("secure_dns.signed", fmt.Sprint(r.Delegation.Signed))
	}
	if n := r.Network; n != nil {
		f.add("network.range", strings.Trim(n.First+" - "+n.Last, " -"))
		f.add("network.name", n.Name)
		f.add("network.country", n.Country)
	}
	if plain {
		return f
	}
	f.add("handle", r.Handle)
	f.add("registrar.iana_id", r.Registrar.IANAID)
	f.add("registrar.abuse", r.Registrar.AbuseEmail, r.Registrar.AbusePhone)
	f.add("status", r.Status...)
	if r.Delegation != nil {
		f.add("secure_dns.ds", r.Delegation.DS...)
	}
	for _, c := range r.Contacts {
		said := slices.DeleteFunc([]string{c.Name, c.Organization, c.Email, c.Phone, c.Address, c.Country}, func(s string) bool { return s == "" })
		for _, role := range c.Roles {
			f.add("contacts."+role, strings.Join(said, ", "))
		}
	}
	return f
}

// dns compares records type by type: of a type that one resolver did not answer for
// nothing is known.
func (d *LookupDifference) dns(now, then domain.LookupRecord) {
	if now.DNS == nil || then.DNS == nil {
		d.unlike("dns", "it was not asked for in both look-ups")
		return
	}
	lost := map[string]string{}
	for _, r := range []domain.LookupRecord{now, then} {
		for _, p := range r.Parts {
			part, isDNS := strings.CutPrefix(p.Part, "dns")
			if isDNS && part != "sec" && !p.Outcome.Known() {
				lost[strings.TrimSpace(part)] = p.Reason
			}
		}
	}
	if reason, all := lost[""]; all {
		d.unlike("dns", reason)
		return
	}
	for _, kind := range slices.Sorted(maps.Keys(lost)) {
		d.unlike("dns."+kind, lost[kind])
	}
	spared := func(field string, _ []string) bool {
		_, is := lost[strings.TrimPrefix(field, "dns.")]
		return is
	}
	a, b := dnsFacts(now.DNS), dnsFacts(then.DNS)
	maps.DeleteFunc(a, spared)
	maps.DeleteFunc(b, spared)
	d.compare(a, b)
}

func dnsFacts(r *domain.DNSAnswers) facts {
	f := facts{}
	for _, one := range r.Records {
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

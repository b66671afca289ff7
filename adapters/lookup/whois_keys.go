package lookup

import (
	"slices"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// reading is an answer being read.
type reading struct {
	subject domain.LookupSubject
	found   *domain.Registration
	named   bool                // something in it is what was asked for
	seen    bool                // a fact about a registration was read
	handles map[string][]string // roles of contacts, by their handles
}

func newReading(s domain.LookupSubject) *reading {
	return &reading{subject: s, found: emptyRegistration("whois"), handles: map[string][]string{}}
}

// says whether the answer tells of the subject.
func (r *reading) says() bool {
	g := r.found
	r.meet()
	for i := range g.Contacts {
		c := &g.Contacts[i]
		if roles := r.handles[strings.ToLower(c.Handle)]; len(roles) > 0 && len(c.Roles) == 0 {
			slices.Sort(roles)
			c.Roles = slices.Compact(roles)
		}
	}
	return r.named && r.seen && !r.free()
}

// use puts one value where it belongs.
type use func(r *reading, value string)

func text(at func(*domain.Registration) *string) use {
	return func(r *reading, value string) {
		if p := at(r.found); *p == "" && value != "" {
			*p = value
			r.seen = true
		}
	}
}

func date(action string) use {
	return func(r *reading, value string) {
		if _, known := r.found.Date(action); !known && value != "" {
			r.found.Events = append(r.found.Events, happened(action, value))
			r.seen = true
		}
	}
}

func role(word string) use {
	return func(r *reading, value string) {
		key := strings.ToLower(value)
		r.handles[key] = append(r.handles[key], word)
	}
}

// meaning is what several keys mean.
type meaning struct {
	keys []string
	use  use
}

// uses are what keys of the block about the subject itself mean, of all registries:
// no two of them mean different things by the same key.
var uses = byKey([]meaning{
	{[]string{"domain name", "domain", "domainname"}, (*reading).name},
	{[]string{"inetnum", "inet6num", "netrange"}, (*reading).addresses},
	{[]string{"aut-num", "asnumber"}, (*reading).numbers},
	{[]string{"registry domain id", "roid", "domain id", "nethandle", "ashandle"}, text(func(g *domain.Registration) *string { return &g.Handle })},
	{[]string{"registrar", "sponsoring registrar", "registrar name", "registrar organization", "registrar organization name", "registrar handle", "authorized agency", "current registar"}, (*reading).registrar},
	{[]string{"registrar iana id", "sponsoring registrar iana id"}, text(func(g *domain.Registration) *string { return &g.Registrar.IANAID })},
	{[]string{"registrar url", "registrar website", "url"}, text(func(g *domain.Registration) *string { return &g.Registrar.URL })},
	{[]string{"registrar abuse contact email", "abuse contact email"}, text(func(g *domain.Registration) *string { return &g.Registrar.AbuseEmail })},
	{[]string{"registrar abuse contact phone"}, text(func(g *domain.Registration) *string { return &g.Registrar.AbusePhone })},
	{[]string{"creation date", "created", "created on", "created date", "registered on", "registered date", "registration date", "registered", "registration time",
		"domain registration date", "domain created", "regdate", "entry created", "creation", "record created", "record created on", "domain record activated", "domain name commencement date"}, date(domain.Registered)},
	{[]string{"registry expiry date", "registrar registration expiration date", "expiry date", "expires on", "expires", "expiration date", "expire date", "paid-till",
		"expiration time", "renewal date", "expire", "validity", "expiry", "domain expires", "valid until", "record expires on"}, date(domain.Expires)},
	{[]string{"updated date", "last updated", "last update", "last-update", "changed", "modified", "last modified", "last-modified", "updated", "last updated on", "last updated date", "update date", "record last updated on"}, date(domain.Changed)},
	{[]string{"domain status", "status", "state", "registration status", "eppstatus", "epp status", "flags"}, (*reading).status},
	{[]string{"name server", "name servers", "nserver", "nameserver", "nameservers", "host name", "hostname", "domain servers in listed order", "nameservers in the listed order", "domain servers", "name servers information", "primary server", "secondary server"}, (*reading).nameserver},
	{[]string{"dns"}, (*reading).hostOrName},
	{[]string{"dnssec", "signing key", "signed", "dnssec delegation", "dnskey", "keys"}, (*reading).dnssec},
	{[]string{"ds record", "dsrecord", "ds-rdata", "ds rdata", "dnssec ds data", "ds data", "key-tag"}, (*reading).ds},
	{[]string{"netname", "as-name", "asname"}, func(r *reading, v string) { r.network().Name = first(r.network().Name, v) }},
	{[]string{"nettype"}, func(r *reading, v string) { r.network().Type = first(r.network().Type, v) }},
	{[]string{"cidr"}, func(r *reading, v string) { r.network().CIDR = v }},
	{[]string{"country", "country code"}, (*reading).country},
	{[]string{"parent"}, func(r *reading, v string) { r.network().Parent = first(r.network().Parent, v) }},
	{[]string{"holder-c", "owner-c"}, role("registrant")},
	{[]string{"admin-c"}, role("administrative")},
	{[]string{"tech-c"}, role("technical")},
	{[]string{"abuse-c", "mnt-irt"}, role("abuse")},
})

func byKey(all []meaning) map[string]use {
	table := map[string]use{}
	for _, m := range all {
		for _, key := range m.keys {
			table[key] = m.use
		}
	}
	return table
}

// known says whether a key means something, in whatever block.
func known(key string) bool {
	return uses[key] != nil || personal[key].part != "" || referrers[key]
}

// free says whether a status alone is told, and it is that nobody has the name.
func (r *reading) free() bool {
	g := r.found
	return len(g.Status) == 1 && vacant[strings.ToLower(g.Status[0])] && g.Registrar.Name == "" && len(g.Nameservers)+len(g.Events) == 0
}

var vacant = map[string]bool{"free": true, "available": true, "not registered": true}

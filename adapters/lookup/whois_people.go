package lookup

import (
	"regexp"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// heads begin blocks about somebody, with what is said by the first field.
var heads = map[string]string{
	"nic-hdl": "handle", "nic-hdl-br": "handle", "person": "name", "personname": "name", "role": "name", "organisation": "handle", "irt": "handle",
	"orgname": "organization", "custname": "organization", "contact": "name",
}

// organisations are ARIN's keys about people of an organisation.
var organisations = regexp.MustCompile(`^(?:org|r)(abuse|tech|noc|dns|routing)(handle|name|phone|email)$`)

// parts are what keys of such a block say.
var parts = map[string]string{
	"nic-hdl": "handle", "nic-hdl-br": "handle", "organisation": "handle", "irt": "handle", "orgid": "handle", "person": "name", "personname": "name", "role": "name", "contact": "name", "name": "name",
	"org-name": "organization", "organization": "organization", "street address": "address", "postal code": "address", "country code": "country",
	"orgname": "organization", "custname": "organization", "address": "address", "street": "address", "city": "address", "stateprov": "address",
	"postalcode": "address", "country": "country", "phone": "phone", "e-mail": "email", "email": "email", "abuse-mailbox": "email",
}

// arinRoles are RDAP's words for ARIN's.
var arinRoles = map[string]string{"abuse": "abuse", "tech": "technical", "noc": "noc", "dns": "technical", "routing": "technical"}

// ianaRoles are RDAP's words for IANA's, which stand where others have a name.
var ianaRoles = map[string]string{"administrative": "administrative", "technical": "technical"}

// fredParts are what keys say in the registries of FRED's software and their like: a
// contact is known by its handle.
var fredParts = map[string]string{"contact": "handle", "org": "organization"}

func has(fields []field, keys ...string) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return slices.Contains(keys, f.key) })
}

// meet puts people together of whom the subject's own facts have the handle alone.
func (r *reading) meet() {
	byHandle := map[string]int{}
	for i, c := range r.found.Contacts {
		if c.Handle != "" && c.Name+c.Organization != "" {
			byHandle[strings.ToLower(c.Handle)] = i
		}
	}
	gone := map[int]bool{}
	for i, c := range r.found.Contacts {
		to, known := byHandle[strings.ToLower(c.Name)]
		if known && to != i && c.Handle+c.Organization+c.Email+c.Phone+c.Address == "" {
			r.found.Contacts[to].Roles = append(r.found.Contacts[to].Roles, c.Roles...)
			gone[i] = true
		}
	}
	left := []domain.Contact{}
	for i, c := range r.found.Contacts {
		if !gone[i] {
			left = append(left, c)
		}
	}
	r.found.Contacts = left
}

// somebody reads a block about somebody who answers for the subject.
func (r *reading) somebody(fields []field) {
	c := person{&domain.Contact{Roles: []string{}}}
	for _, f := range fields {
		if word := ianaRoles[f.value]; f.key == "contact" && word != "" {
			c.Roles = append(c.Roles, word)
			continue
		}
		if m := organisations.FindStringSubmatch(f.key); m != nil {
			c.set(m[2], f.value)
			if !slices.Contains(c.Roles, arinRoles[m[1]]) {
				c.Roles = append(c.Roles, arinRoles[m[1]])
			}
			continue
		}
		part := parts[f.key]
		if fields[0].key == "contact" && fredParts[f.key] != "" && has(fields, "name", "org") {
			part = fredParts[f.key]
		}
		if f.key == "organisation" && !strings.HasPrefix(f.value, "ORG-") { // as IANA has it, without handles
			part = "organization"
		}
		c.set(part, f.value)
	}
	switch fields[0].key {
	case "orgname", "custname", "organisation":
		c.Roles = append(c.Roles, "registrant")
		if n := r.found.Network; n != nil {
			n.Country = first(n.Country, strings.ToUpper(c.Country))
		}
	case "irt":
		c.Roles = append(c.Roles, "abuse")
	}
	if len(r.found.Contacts) < contactLimit {
		r.found.Contacts = append(r.found.Contacts, *c.Contact)
	}
}

// ofRegistrar reads a block about the registrar.
func (r *reading) ofRegistrar(fields []field) {
	r.registrar(fields[0].value)
	for _, f := range fields {
		if at := &r.found.Registrar.Name; f.key == "name" && strings.EqualFold(*at, fields[0].value) { // that was its handle
			*at = f.value
		}
		if f.key == "website" || f.key == "url" {
			r.found.Registrar.URL = first(r.found.Registrar.URL, f.value)
		}
	}
}

// person is a contact that is being put together.
type person struct{ *domain.Contact }

// set puts a part where it belongs; what is there already stays, but for lines of
// an address.
func (p person) set(part, value string) {
	at := map[string]*string{
		"handle": &p.Handle, "name": &p.Name, "organization": &p.Organization, "email": &p.Email, "phone": &p.Phone, "country": &p.Country,
	}[part]
	switch {
	case value == "", strings.Trim(value, "*") == "N/A":
	case part == "address":
		p.Address = commas(p.Address, value)
	case part == "country":
		p.Country = first(p.Country, strings.ToUpper(value))
	case at != nil && *at == "":
		*at = value
	}
}

// contact is the one in a role, of those that stand among the subject's own facts.
func (r *reading) contact(role string) person {
	for i := range r.found.Contacts {
		if slices.Contains(r.found.Contacts[i].Roles, role) {
			return person{&r.found.Contacts[i]}
		}
	}
	r.found.Contacts = append(r.found.Contacts, domain.Contact{Roles: []string{role}})
	return person{&r.found.Contacts[len(r.found.Contacts)-1]}
}

// trait is what a key says of whom.
type trait struct{ role, part string }

// personal are the keys by which people stand among a subject's own facts.
var personal = traits()

func traits() map[string]trait {
	all := map[string]trait{
		"registrant": {"registrant", "name"}, "owner": {"registrant", "organization"}, "holder": {"registrant", "name"}, "responsible": {"registrant", "name"},
		"address": {"registrant", "address"}, "org": {"registrant", "organization"}, "organization": {"registrant", "organization"}, "descr": {"registrant", "organization"}, "org-name": {"registrant", "organization"},
		"registrant's address":   {"registrant", "address"},
		"administrative contact": {"administrative", "name"}, "technical contact": {"technical", "name"}, "admin contact": {"administrative", "name"}, "tech contact": {"technical", "name"},
		"ac e-mail": {"administrative", "email"}, "ac phone number": {"administrative", "phone"}, "company english name": {"registrant", "organization"},
	}
	roles := map[string]string{
		"registrant": "registrant", "registrant contact": "registrant", "admin": "administrative", "administrative": "administrative", "administrative contact": "administrative",
		"admin contact": "administrative", "tech contact": "technical", "registrar technical contacts": "technical", "contact": "registrant", "registrant contact information": "registrant",
		"administrative contact information": "administrative", "holder": "registrant", "tech": "technical", "technical": "technical", "technical contact": "technical", "billing": "billing", "abuse": "abuse", "abuse contact": "abuse",
	}
	words := map[string]string{
		"name": "name", "organization": "organization", "organisation": "organization", "org": "organization", "email": "email", "e-mail": "email", "phone": "phone",
		"street": "address", "address": "address", "city": "address", "state/province": "address", "state": "address", "postal code": "address", "postalcode": "address", "country": "country", "country/economy": "country",
	}
	for key, role := range roles {
		for word, part := range words {
			all[key+" "+word] = trait{role, part}
		}
		all["registry "+key+" id"] = trait{role, "handle"}
	}
	return all
}

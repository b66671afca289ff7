package lookup

import (
	"slices"
	"strings"

	"github.com/openrdap/rdap"

	"github.com/scanledger/scanledger/domain"
)

// entities are the registrar, and who else answers for a subject.
func (a *rdapAnswer) entities(all []rdap.Entity, depth int) {
	r := a.registration
	for _, e := range all[:min(len(all), listLimit)] {
		c := contact(e)
		if slices.Contains(c.Roles, "registrar") && r.Registrar.Name == "" {
			r.Registrar = registrar(e, c)
			continue
		}
		if len(r.Contacts) < contactLimit && c.Name+c.Organization+c.Email+c.Phone+c.Address+c.Handle != "" {
			r.Contacts = append(r.Contacts, c)
		}
		if depth < entityDepth {
			a.entities(e.Entities, depth+1)
		}
	}
}

// registrar is an entity that is one, with who answers for abuse.
func registrar(e rdap.Entity, c domain.Contact) domain.Registrar {
	r := domain.Registrar{Name: first(c.Name, c.Organization, e.Handle)}
	for _, id := range e.PublicIDs {
		if strings.Contains(strings.ToLower(id.Type), "iana") {
			r.IANAID = id.Identifier
		}
	}
	for _, l := range e.Links {
		if r.URL == "" && (l.Rel == "about" || l.Rel == "related") {
			r.URL = l.Href
		}
	}
	for _, inner := range e.Entities[:min(len(e.Entities), listLimit)] {
		if abuse := contact(inner); slices.Contains(abuse.Roles, "abuse") {
			r.AbuseEmail, r.AbusePhone = abuse.Email, abuse.Phone
		}
	}
	return r
}

func contact(e rdap.Entity) domain.Contact {
	c := domain.Contact{Roles: words(e.Roles), Handle: e.Handle}
	if v := e.VCard; v != nil {
		c.Name, c.Organization, c.Email, c.Phone, c.Country = v.Name(), v.Org(), v.Email(), strings.TrimPrefix(v.Tel(), "tel:"), v.Country()
		c.Address = commas(v.POBox(), v.ExtendedAddress(), v.StreetAddress(), v.Locality(), v.Region(), v.PostalCode())
		if adr := v.GetFirst("adr"); adr != nil && len(adr.Parameters["label"]) > 0 && c.Address == "" {
			c.Address = commas(strings.Split(adr.Parameters["label"][0], "\n")...)
		}
		if adr := v.GetFirst("adr"); adr != nil && len(adr.Parameters["cc"]) > 0 {
			c.Country = adr.Parameters["cc"][0] // RFC 8605
		}
	}
	return c
}

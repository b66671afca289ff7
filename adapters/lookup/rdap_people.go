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
	r := domain.Registrar{Name: first(c.Name, c.Organization)}
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
			r.Name = first(r.Name, abuse.Organization, abuse.Name) // some name themselves nowhere else
		}
	}
	r.Name = first(r.Name, e.Handle)
	return r
}

func contact(e rdap.Entity) domain.Contact {
	c := domain.Contact{Roles: words(e.Roles), Handle: e.Handle}
	if v := e.VCard; v != nil {
		c.Name, c.Organization, c.Email, c.Phone = v.Name(), v.Org(), v.Email(), phone(v)
		if role := v.GetFirst("role"); role != nil && len(c.Roles) == 0 {
			c.Roles = words(role.Values())
		}
		if adr := v.GetFirst("adr"); adr != nil {
			c.Address, c.Country = address(adr)
		}
	}
	return c
}

// phone is the first number that is no fax's.
func phone(v *rdap.VCard) string {
	for _, p := range v.Get("tel") {
		if numbers := words(p.Values()); len(numbers) > 0 && !slices.Contains(p.Parameters["type"], "fax") {
			number, _, _ := strings.Cut(strings.TrimPrefix(numbers[0], "tel:"), ";ext=")
			return number
		}
	}
	return ""
}

// address reads one as jCard has it, each part of which may be several lines (RFC
// 7095, 3.3.1.3), or its label; the country also by its code (RFC 8605).
func address(adr *rdap.VCardProperty) (lines, country string) {
	list, _ := adr.Value.([]any)
	var all []string
	for i, part := range list {
		text := commas((&rdap.VCardProperty{Value: part}).Values()...)
		if i == 6 {
			country = text
			break
		}
		all = append(all, text)
	}
	lines = commas(all...)
	if label := adr.Parameters["label"]; lines == "" && len(label) > 0 {
		lines = commas(strings.Split(label[0], "\n")...)
	}
	if code := adr.Parameters["cc"]; len(code) > 0 {
		country = code[0]
	}
	return lines, country
}

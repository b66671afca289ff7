package domain

import (
	"strings"
	"unicode/utf8"
)

var vcardVersions = []string{"3.0", "4.0"}

// vcardForm writes a vCard 3.0 (RFC 2426), which phones of all ages read, or 4.0
// (RFC 6350).
var vcardForm = CodeForm{
	Type: VCardCode, Title: "Contact", ready: []string{"BEGIN:VCARD"}, end: "END:VCARD",
	Fields: []CodeField{
		{Name: "first_name", Label: "First name", Kind: TextField, Most: 100, Help: "A contact needs a name or an organization.", Example: "Ann"},
		{Name: "last_name", Label: "Last name", Kind: TextField, Most: 100, Example: "Example"},
		{Name: "organization", Label: "Organization", Kind: TextField, Most: 200, Example: "Example Ltd"},
		{Name: "title", Label: "Job title", Kind: TextField, Most: 100, Example: "Engineer"},
		{Name: "phone", Label: "Phone", Kind: PhoneField, Most: 40, check: phoneNumber, Help: "At work.", Example: "+49 30 1234567"},
		{Name: "mobile", Label: "Mobile phone", Kind: PhoneField, Most: 40, check: phoneNumber, Example: "+49 170 1234567"},
		{Name: "email", Label: "E-mail address", Kind: EmailField, Most: 254, check: mailAddress, Example: "ann@example.com"},
		{Name: "url", Label: "Web site", Kind: URLField, Most: 500, check: webAddress, Example: "https://example.com"},
		{Name: "street", Label: "Street", Kind: TextField, Most: 200, Example: "1 Main Street"},
		{Name: "city", Label: "City", Kind: TextField, Most: 100, Example: "Berlin"},
		{Name: "region", Label: "Region", Kind: TextField, Most: 100, Example: "Berlin"},
		{Name: "postcode", Label: "Postcode", Kind: TextField, Most: 20, Example: "10117"},
		{Name: "country", Label: "Country", Kind: TextField, Most: 100, Example: "Germany"},
		{Name: "note", Label: "Note", Kind: LongField, Most: 500, Example: "Met at the fair"},
		{Name: "version", Label: "Version of the format", Kind: SelectField, Most: 3, Options: vcardVersions, Help: "3.0 is read by the most phones.", Example: "3.0"},
	},
	write: writeVCard,
}

func writeVCard(v codeValues) (string, error) {
	name := strings.TrimSpace(v["first_name"] + " " + v["last_name"])
	if name == "" {
		name = v["organization"]
	}
	if name == "" {
		return "", Errorf(Invalid, "A name is required: content.first_name, content.last_name or content.organization")
	}
	version := v["version"]
	if version == "" {
		version = vcardVersions[0]
	}
	var c contentLines
	c.add("BEGIN", "VCARD")
	c.add("VERSION", version)
	c.add("N", cardEscape.Replace(v["last_name"])+";"+cardEscape.Replace(v["first_name"])+";;;")
	c.text("FN", name)
	c.text("ORG", v["organization"])
	c.text("TITLE", v["title"])
	for _, p := range []struct{ kind, number string }{{"work", v["phone"]}, {"cell", v["mobile"]}} {
		switch {
		case p.number == "":
		case version == "4.0": // a URI there
			c.add("TEL;VALUE=uri;TYPE="+p.kind, "tel:"+p.number)
		default:
			c.add("TEL;TYPE="+strings.ToUpper(p.kind), p.number)
		}
	}
	c.text("EMAIL", v["email"])
	if v["url"] != "" {
		c.add("URL", v["url"]) // a URI, in which a comma is one
	}
	address := []string{"", "", v["street"], v["city"], v["region"], v["postcode"], v["country"]}
	if strings.Join(address, "") != "" {
		for i, part := range address {
			address[i] = cardEscape.Replace(part)
		}
		c.add("ADR", strings.Join(address, ";"))
	}
	c.text("NOTE", lines(v["note"]))
	c.add("END", "VCARD")
	return c.String(), nil
}

// cardEscape is how texts are written in vCard (RFC 6350, 3.4) and iCalendar
// (RFC 5545, 3.3.11) alike.
var cardEscape = strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "\n", `\n`)

// contentLines are lines of vCard or iCalendar: ended by CRLF, and folded after
// 75 bytes, never within a character (RFC 6350, 3.2; RFC 5545, 3.1).
type contentLines struct{ strings.Builder }

const foldAt = 75

func (c *contentLines) add(name, value string) {
	line := name + ":" + value
	room := foldAt
	for len(line) > room {
		at := room
		for !utf8.RuneStart(line[at]) {
			at--
		}
		c.WriteString(line[:at] + "\r\n ")
		line, room = line[at:], foldAt-1 // the blank is of the line
	}
	c.WriteString(line + "\r\n")
}

// text adds a text, where there is one.
func (c *contentLines) text(name, value string) {
	if value != "" {
		c.add(name, cardEscape.Replace(value))
	}
}

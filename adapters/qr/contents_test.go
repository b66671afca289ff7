package qr

import (
	"net/url"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// readers are written after the formats' standards, and not after what writes
// them: what a payload says, by the names of the fields.
var readers = map[domain.CodeType]func(payload string) map[string]string{
	domain.URLCode:  func(p string) map[string]string { return map[string]string{"url": unescaped(p)} },
	domain.TextCode: func(p string) map[string]string { return map[string]string{"text": p} },
	domain.PhoneCode: func(p string) map[string]string {
		return map[string]string{"number": strings.TrimPrefix(p, "tel:")}
	},
	domain.SMSCode: func(p string) map[string]string {
		parts := strings.SplitN(p, ":", 3)
		return map[string]string{"number": parts[1], "message": parts[2]}
	},
	domain.GeoCode: func(p string) map[string]string {
		latitude, longitude, _ := strings.Cut(strings.TrimPrefix(p, "geo:"), ",")
		return map[string]string{"latitude": latitude, "longitude": longitude}
	},
	domain.EmailCode: readMail, domain.WifiCode: readWifi, domain.VCardCode: readCard, domain.EventCode: readEvent,
}

// unescaped is a URI as its reader is shown it.
func unescaped(uri string) string {
	text, err := url.PathUnescape(uri)
	if err != nil {
		return err.Error()
	}
	return text
}

func readMail(p string) map[string]string {
	u, err := url.Parse(p)
	if err != nil {
		return map[string]string{"address": err.Error()}
	}
	return map[string]string{"address": unescaped(u.Opaque), "subject": u.Query().Get("subject"), "body": strings.ReplaceAll(u.Query().Get("body"), "\r\n", "\n")}
}

// escaped takes a text apart at a sign before which there is no backslash, and
// takes the backslashes away; an n behind one is a line break where lines says so.
func escaped(text string, at rune, lines bool) (parts []string) {
	var b strings.Builder
	behind := false
	for _, r := range text {
		switch {
		case behind && lines && r == 'n':
			b.WriteByte('\n')
			behind = false
		case behind:
			b.WriteRune(r)
			behind = false
		case r == '\\':
			behind = true
		case r == at:
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	return append(parts, b.String())
}

func readWifi(p string) map[string]string {
	fields := map[string]string{}
	names := map[string]string{"S": "ssid", "P": "password", "H": "hidden"}
	for _, part := range escaped(strings.TrimPrefix(p, "WIFI:"), ';', false) {
		name, value, _ := strings.Cut(part, ":")
		if names[name] != "" {
			fields[names[name]] = value
		}
	}
	return fields
}

// content lines of vCard and iCalendar, unfolded: each name with its values.
func contentLines(p string) map[string]string {
	found := map[string]string{}
	for line := range strings.SplitSeq(strings.ReplaceAll(p, "\r\n ", ""), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		found[name] = value
	}
	return found
}

func readCard(p string) map[string]string {
	c := contentLines(p)
	text := func(name string) string { return strings.Join(escaped(c[name], 0, true), "") }
	first := func(names ...string) string {
		for _, n := range names {
			if c[n] != "" {
				return strings.TrimPrefix(c[n], "tel:")
			}
		}
		return ""
	}
	name, address := escaped(c["N"], ';', true), append(escaped(c["ADR"], ';', true), make([]string, 7)...)
	return map[string]string{
		"last_name": name[0], "first_name": name[1], "organization": text("ORG"), "title": text("TITLE"), "email": text("EMAIL"), "url": unescaped(c["URL"]), "note": text("NOTE"),
		"phone": first("TEL;TYPE=WORK", "TEL;VALUE=uri;TYPE=work"), "mobile": first("TEL;TYPE=CELL", "TEL;VALUE=uri;TYPE=cell"),
		"street": address[2], "city": address[3], "region": address[4], "postcode": address[5], "country": address[6], "version": c["VERSION"],
	}
}

func readEvent(p string) map[string]string {
	c := contentLines(p)
	text := func(name string) string { return strings.Join(escaped(c[name], 0, true), "") }
	at := c["DTSTART"]
	return map[string]string{
		"title": text("SUMMARY"), "location": text("LOCATION"), "description": text("DESCRIPTION"), "url": unescaped(c["URL"]),
		"start": at[:4] + "-" + at[4:6] + "-" + at[6:8] + "T" + at[9:11] + ":" + at[11:13],
	}
}

// normal is a value as its form writes it.
func normal(f domain.CodeField, value string) string {
	switch f.Kind {
	case domain.PhoneField:
		return strings.NewReplacer(" ", "", "(", "", ")", "").Replace(value)
	case domain.NumberField:
		if strings.Contains(value, ".") {
			value = strings.TrimRight(strings.TrimRight(value, "0"), ".")
		}
		if value == "-0" {
			return "0"
		}
		return value
	}
	if f.Name == "ssid" || f.Name == "password" || f.Name == "text" {
		return value
	}
	return strings.TrimSpace(value)
}

// TestContentsReadBack says of each of many contents what it was made of.
func TestContentsReadBack(t *testing.T) {
	for seed := range uint64(3000) {
		d := throw(seed)
		form := domain.CodeForms[seed%uint64(len(domain.CodeForms))]
		fields, payload := d.content(t, form.Type)
		got := readers[form.Type](payload)
		for _, f := range form.Fields {
			want := normal(f, fields[f.Name])
			if f.Kind == domain.CheckField && want == "false" || f.Name == "version" && want == "" || f.Name == "encryption" {
				continue
			}
			if got[f.Name] != want {
				t.Errorf("seed %d: %s of %s is %q, want %q, in %q", seed, f.Name, form.Type, got[f.Name], want, payload)
			}
		}
		for line := range strings.SplitSeq(payload, "\r\n") {
			if (form.Type == domain.VCardCode || form.Type == domain.EventCode) && len(line) > 75 {
				t.Errorf("seed %d: a line of %d bytes in %q", seed, len(line), payload)
			}
		}
	}
}

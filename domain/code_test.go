package domain

import (
	"strings"
	"testing"
)

// TestCodePayload writes each type as its own standard has it.
func TestCodePayload(t *testing.T) {
	for _, c := range []struct {
		of     CodeType
		fields map[string]string
		want   string
	}{
		{URLCode, map[string]string{"url": " https://example.com "}, "https://example.com"},
		{URLCode, map[string]string{"url": "HTTP://bücher.example/ä?b=c#d"}, "http://xn--bcher-kva.example/%C3%A4?b=c#d"},
		{TextCode, map[string]string{"text": "  two\nlines\t "}, "  two\nlines\t "},
		{URLCode, map[string]string{"url": "HTTPS://Exämple.com:443/ä?q=ü%20#日"}, "https://xn--exmple-cua.com/%C3%A4?q=%C3%BC%20#%E6%97%A5"},
		{URLCode, map[string]string{"url": "HTTPS://Example.com:443?a#/b"}, "HTTPS://Example.com:443?a#/b"},
		{EmailCode, map[string]string{"address": "ann@example.com"}, "mailto:ann@example.com"},
		{EmailCode, map[string]string{"address": "jürgen@bücher.example"}, "mailto:j%C3%BCrgen@b%C3%BCcher.example"},
		{EmailCode, map[string]string{"address": "a+b%c?d&e@example.com", "subject": "Q & A", "body": "1\n2+2=4"}, "mailto:a+b%25c%3Fd%26e@example.com?subject=Q%20%26%20A&body=1%0D%0A2%2B2%3D4"},
		{PhoneCode, map[string]string{"number": "+49 (30) 123-45.67"}, "tel:+49301234567"},
		{SMSCode, map[string]string{"number": "0170 / 1234", "message": "a:b\r\nc"}, "SMSTO:01701234:a:b\nc"},
		{SMSCode, map[string]string{"number": "110"}, "SMSTO:110:"},
		{GeoCode, map[string]string{"latitude": "-33.8568", "longitude": "151.2153000"}, "geo:-33.8568,151.2153"},
		{GeoCode, map[string]string{"latitude": "-0.0000001", "longitude": "180"}, "geo:0,180"},
		{WifiCode, map[string]string{"ssid": "Guests", "password": "correct horse"}, "WIFI:T:WPA;S:Guests;P:correct horse;;"},
		{WifiCode, map[string]string{"ssid": ` a;b,c:d"e\f `, "password": `\;,:"xyz`, "hidden": "true"}, `WIFI:T:WPA;S: a\;b\,c\:d\"e\\f ;P:\\\;\,\:\"xyz;H:true;;`},
		{WifiCode, map[string]string{"ssid": "open"}, "WIFI:T:nopass;S:open;;"},
		{WifiCode, map[string]string{"ssid": "old", "password": "abcde", "encryption": "WEP", "hidden": "false"}, "WIFI:T:WEP;S:old;P:abcde;;"},
		{VCardCode, map[string]string{"first_name": "Ann", "last_name": "O'Neil; Jr."}, "BEGIN:VCARD\r\nVERSION:3.0\r\nN:O'Neil\\; Jr.;Ann;;;\r\nFN:Ann O'Neil\\; Jr.\r\nEND:VCARD\r\n"},
		{
			VCardCode, map[string]string{"organization": "A, B", "phone": "+49 30 1", "mobile": "017 01", "url": "https://a.example/?b,c", "city": "Bonn", "note": "1\r\n2", "version": "4.0"},
			"BEGIN:VCARD\r\nVERSION:4.0\r\nN:;;;;\r\nFN:A\\, B\r\nORG:A\\, B\r\nTEL;VALUE=uri;TYPE=work:tel:+49301\r\nTEL;VALUE=uri;TYPE=cell:tel:01701\r\n" +
				"URL:https://a.example/?b,c\r\nADR:;;;Bonn;;;\r\nNOTE:1\\n2\r\nEND:VCARD\r\n",
		},
		{
			EventCode, map[string]string{"title": "Party, big", "start": "2027-06-19T18:00", "end": "2027-06-19T23:30"},
			"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//scanledger//QR//EN\r\nBEGIN:VEVENT\r\nUID:92ca9f5b4c0d02f2@scanledger\r\nDTSTAMP:20270619T180000Z\r\n" +
				"DTSTART:20270619T180000\r\nDTEND:20270619T233000\r\nSUMMARY:Party\\, big\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
		},
	} {
		form, err := CodeFormOf(c.of)
		if err != nil {
			t.Fatal(err)
		}
		got, err := form.Payload(c.fields)
		if err != nil || c.of != EventCode && got != c.want || withoutUID(got) != withoutUID(c.want) {
			t.Errorf("%s of %v is\n%q, %v, want\n%q", c.of, c.fields, got, err, c.want)
		}
	}
}

func withoutUID(s string) string {
	before, after, found := strings.Cut(s, "UID:")
	if !found {
		return s
	}
	return before + after[strings.Index(after, "@"):]
}

// TestCodeEventTimes are those of wherever it is, of the world, or whole days.
func TestCodeEventTimes(t *testing.T) {
	for _, c := range []struct{ start, end, want string }{
		{"2027-06-19T18:00:30", "", "DTSTART:20270619T180030\r\n"},
		{"2027-06-19T18:00+02:00", "2027-06-19T22:00:00-03:00", "DTSTART:20270619T160000Z\r\nDTEND:20270620T010000Z\r\n"},
		{"2027-06-19", "2027-06-19", "DTSTART;VALUE=DATE:20270619\r\nDTEND;VALUE=DATE:20270620\r\n"},
		{"2027-12-31", "2028-01-01", "DTSTART;VALUE=DATE:20271231\r\nDTEND;VALUE=DATE:20280102\r\n"},
	} {
		got, err := eventForm.Payload(map[string]string{"title": "a", "start": c.start, "end": c.end})
		if err != nil || !strings.Contains(got, c.want) {
			t.Errorf("from %s to %s: %q, %v", c.start, c.end, got, err)
		}
	}
}

// TestCodeRefused names the field and what it may be, and repeats nothing.
func TestCodeRefused(t *testing.T) {
	long := strings.Repeat("x", 4000)
	for _, c := range []struct {
		of     CodeType
		fields map[string]string
		want   string
	}{
		{URLCode, nil, "URL is required"},
		{URLCode, map[string]string{"url": "secret"}, "content.url: the URL must begin with http:// or https://"},
		{URLCode, map[string]string{"url": "javascript:alert(1)"}, "content.url: "},
		{URLCode, map[string]string{"url": "https://a.example/secret secret"}, "content.url must be a URL without blanks"},
		{URLCode, map[string]string{"url": "https://a.example/" + long}, "content.url must have at most 2048 characters"},
		{TextCode, map[string]string{"text": "secret\x00"}, "content.text must have no control characters but line breaks and tabs"},
		{TextCode, map[string]string{"text": "secret\xff"}, "content.text must be UTF-8"},
		{TextCode, map[string]string{"text": strings.Repeat("ä", 2000)}, "the content comes to 4000 bytes: a QR code holds 2953 at most, of capitals and digits 4296, of digits alone 7089"},
		{TextCode, map[string]string{"text": strings.Repeat("A1", 2149)}, "the content comes to 4298 bytes: a QR code holds 2953 at most, of capitals and digits 4296, of digits alone 7089"},
		{TextCode, map[string]string{"text": strings.Repeat("1", 7090)}, "content.text must have at most 7089 characters"},
		{EmailCode, map[string]string{"address": "secret"}, "content.address must be an e-mail address"},
		{EmailCode, map[string]string{"address": "a@b.example,c@d.example"}, "content.address must be an e-mail address"},
		{EmailCode, map[string]string{"address": "a@b.example", "subject": "x\r\nBcc: secret@example.com"}, "content.subject must have no line breaks"},
		{PhoneCode, map[string]string{"number": "secret"}, "content.number must be a number of 3 to 15 digits"},
		{PhoneCode, map[string]string{"number": "1234567890123456"}, "content.number must be a number of 3 to 15 digits"},
		{PhoneCode, map[string]string{"number": "+49 30 1234567 ext. 12"}, "content.number must be a number without an extension: to have one dialled after a pause make content a text such as tel:+49301234567,12"},
		{PhoneCode, map[string]string{"number": "secret;ext=12"}, "content.number must be a number of 3 to 15 digits"},
		{GeoCode, map[string]string{"latitude": "91", "longitude": "0"}, "content.latitude must be a number from -90 to 90"},
		{GeoCode, map[string]string{"latitude": "1", "longitude": "NaN"}, "content.longitude must be a number from -180 to 180"},
		{GeoCode, map[string]string{"latitude": "1"}, "Longitude is required: content.longitude"},
		{WifiCode, map[string]string{"ssid": strings.Repeat("ä", 17)}, "content.ssid must have at most 32 bytes"},
		{WifiCode, map[string]string{"ssid": "a", "password": "secret"}, "content.password must have 8 to 63 characters"},
		{WifiCode, map[string]string{"ssid": "a", "encryption": "WPA"}, "content.password must have 8 to 63 characters"},
		{WifiCode, map[string]string{"ssid": "a", "password": "secret", "encryption": "nopass"}, "content.password must be left out"},
		{WifiCode, map[string]string{"ssid": "a", "password": "secret", "encryption": "WEP"}, "content.password of WEP"},
		{WifiCode, map[string]string{"ssid": "a", "encryption": "secret"}, "content.encryption must be one of WPA, WEP, nopass"},
		{WifiCode, map[string]string{"ssid": "a", "hidden": "secret"}, "content.hidden must be true or false"},
		{VCardCode, map[string]string{"title": "secret"}, "A name is required"},
		{VCardCode, map[string]string{"first_name": "a", "version": "secret"}, "content.version must be one of 3.0, 4.0"},
		{EventCode, map[string]string{"title": "a", "start": "secret"}, "content.start must be a time"},
		{EventCode, map[string]string{"title": "a", "start": "0000-01-01"}, "content.start must be a time"},
		{EventCode, map[string]string{"title": "a", "start": "2027-06-19", "end": "2027-06-19T18:00"}, "content.end must be written as content.start is"},
		{EventCode, map[string]string{"title": "a", "start": "2027-06-19T18:00", "end": "2027-06-19T18:00"}, "content.end must be after content.start"},
	} {
		form, err := CodeFormOf(c.of)
		if err != nil {
			t.Fatal(err)
		}
		got, err := form.Payload(c.fields)
		if CodeOf(err) != Invalid || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s of %.100v: %q, %v, want %q", c.of, c.fields, got, err, c.want)
		}
	}
}

// TestCodePayloadOf takes a text for the main field, or for a payload that is
// written already.
func TestCodePayloadOf(t *testing.T) {
	for _, c := range []struct {
		of               CodeType
		text, want, told string
	}{
		{URLCode, "https://example.com", "https://example.com", ""},
		{URLCode, "", "", "URL is required"},
		{PhoneCode, "030 123", "tel:030123", ""},
		{PhoneCode, "tel:030123", "tel:030123", ""},
		{EmailCode, "MAILTO:ann@example.com?subject=a", "MAILTO:ann@example.com?subject=a", ""},
		{WifiCode, "WIFI:T:nopass;S:a;;", "WIFI:T:nopass;S:a;;", ""},
		{WifiCode, "WIFI:T:nopass;S:a", "", "content must be an object"},
		{WifiCode, "a", "", "content must be an object"},
		{VCardCode, "BEGIN:VCARD\r\nFN:a\r\nEND:VCARD\r\n", "BEGIN:VCARD\r\nFN:a\r\nEND:VCARD\r\n", ""},
		{VCardCode, "BEGIN:VCARD\r\nFN:a\x00\r\nEND:VCARD\r\n", "", "content must have no control characters"},
		{GeoCode, "geo:1,2", "geo:1,2", ""},
		{TextCode, "mailto:a", "mailto:a", ""},
		{SMSCode, "smsto:" + strings.Repeat("x", 3000), "", "the content comes to 3006 bytes"},
	} {
		form, err := CodeFormOf(c.of)
		if err != nil {
			t.Fatal(err)
		}
		got, err := form.PayloadOf(c.text)
		if got != c.want || (err == nil) != (c.told == "") || err != nil && !strings.HasPrefix(err.Error(), c.told) {
			t.Errorf("%s of %.60q: %q, %v, want %q, %s", c.of, c.text, got, err, c.want, c.told)
		}
	}
	if _, err := CodeFormOf("fax"); CodeOf(err) != NotFound {
		t.Errorf("fax: %v", err)
	}
}

// TestCodeForms are whole: each example is taken, in the form that it stands in.
func TestCodeForms(t *testing.T) {
	for _, form := range CodeForms {
		fields, names := map[string]string{}, map[string]bool{}
		for _, f := range form.Fields {
			if f.Label == "" || f.Example == "" || f.Most < 1 || names[f.Name] || (f.Kind == SelectField) != (len(f.Options) > 0) {
				t.Errorf("%s: the field %+v is not whole", form.Type, f.Name)
			}
			names[f.Name] = true
			fields[f.Name] = f.Example
		}
		if form.Main != "" && !names[form.Main] {
			t.Errorf("%s has no field %s", form.Type, form.Main)
		}
		if payload, err := form.Payload(fields); err != nil || payload == "" {
			t.Errorf("the example of %s: %q, %v", form.Type, payload, err)
		}
	}
}

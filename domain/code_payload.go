package domain

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

var urlForm = CodeForm{
	Type: URLCode, Title: "Web address", Main: "url",
	Fields: []CodeField{{
		Name: "url", Label: "URL", Kind: URLField, Required: true, Most: MaxTarget, check: webAddress,
		Help: "The page that opens, by http or https.", Example: "https://example.com",
	}},
	write: func(v codeValues) (string, error) { return v["url"], nil },
}

var textForm = CodeForm{
	Type: TextCode, Title: "Text", Main: "text",
	Fields: []CodeField{{
		Name: "text", Label: "Text", Kind: LongField, Required: true, Most: MaxPayload, exact: true,
		Help: "What is shown to whoever scans the code.", Example: "Table 12",
	}},
	write: func(v codeValues) (string, error) { return v["text"], nil },
}

// emailForm writes a mailto URI (RFC 6068).
var emailForm = CodeForm{
	Type: EmailCode, Title: "E-mail", Main: "address", ready: []string{"mailto:"},
	Fields: []CodeField{
		{Name: "address", Label: "E-mail address", Kind: EmailField, Required: true, Most: 254, check: mailAddress, Help: "Whom the message goes to.", Example: "ann@example.com"},
		{Name: "subject", Label: "Subject", Kind: TextField, Most: 200, Help: "What the message begins with.", Example: "Question"},
		{Name: "body", Label: "Message", Kind: LongField, Most: 1000, Help: "A draft of the message.", Example: "Hello Ann,"},
	},
	write: func(v codeValues) (string, error) {
		// what would end the address, or begin an escape, and what is not ASCII
		to := ascii(strings.NewReplacer("%", "%25", "?", "%3F", "&", "%26", "#", "%23", "/", "%2F").Replace(v["address"]))
		var query []string
		for _, name := range []string{"subject", "body"} {
			if text := v[name]; text != "" {
				query = append(query, name+"="+percent(strings.ReplaceAll(lines(text), "\n", "\r\n")))
			}
		}
		if len(query) > 0 {
			to += "?" + strings.Join(query, "&")
		}
		return "mailto:" + to, nil
	},
}

// percent escapes a value as RFC 6068 has it: a blank is %20, for a plus would
// stay one.
func percent(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// ascii escapes what no URI has as it is (RFC 3986).
func ascii(uri string) string {
	var b strings.Builder
	for _, c := range []byte(uri) {
		if c < utf8.RuneSelf {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// lines has line feeds alone between its lines.
func lines(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// phoneForm writes a tel URI (RFC 3966), without its visual separators.
var phoneForm = CodeForm{
	Type: PhoneCode, Title: "Phone call", Main: "number", ready: []string{"tel:"},
	Fields: []CodeField{
		{Name: "number", Label: "Phone number", Kind: PhoneField, Required: true, Most: 40, check: phoneToCall, Help: "With the country's code it can be called from anywhere.", Example: "+49 30 1234567"},
	},
	write: func(v codeValues) (string, error) { return "tel:" + v["number"], nil },
}

// smsForm writes SMSTO:number:message, NTT DOCOMO's form, which phones of both
// kinds read; RFC 5724's sms:number?body=… is read by fewer.
var smsForm = CodeForm{
	Type: SMSCode, Title: "Text message", Main: "number", ready: []string{"smsto:", "sms:"},
	Fields: []CodeField{
		{Name: "number", Label: "Phone number", Kind: PhoneField, Required: true, Most: 40, check: phoneNumber, Help: "Whom the message goes to.", Example: "+49 170 1234567"},
		{Name: "message", Label: "Message", Kind: LongField, Most: 480, Help: "A draft of the message.", Example: "I am here"},
	},
	write: func(v codeValues) (string, error) { return "SMSTO:" + v["number"] + ":" + lines(v["message"]), nil },
}

// geoForm writes a geo URI (RFC 5870): degrees of WGS 84, six decimals at most,
// which is a tenth of a metre.
var geoForm = CodeForm{
	Type: GeoCode, Title: "Place", ready: []string{"geo:"},
	Fields: []CodeField{
		{Name: "latitude", Label: "Latitude", Kind: NumberField, Required: true, Most: 24, check: degrees(90), Help: "Degrees, negative in the south.", Example: "52.516275"},
		{Name: "longitude", Label: "Longitude", Kind: NumberField, Required: true, Most: 24, check: degrees(180), Help: "Degrees, negative in the west.", Example: "13.377704"},
	},
	write: func(v codeValues) (string, error) { return "geo:" + v["latitude"] + "," + v["longitude"], nil },
}

func degrees(most float64) func(name, value string) (string, error) {
	return func(name, value string) (string, error) {
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || !(n >= -most && n <= most) || strings.ContainsAny(value, "xXpP_") {
			return "", Errorf(Invalid, "%s must be a number from -%v to %v", name, most, most)
		}
		text := strings.TrimRight(strconv.FormatFloat(n, 'f', 6, 64), "0")
		if text = strings.TrimSuffix(text, "."); text == "-0" {
			return "0", nil
		}
		return text, nil
	}
}

package domain

import (
	"strings"
	"unicode/utf8"
)

// CodeType is what a QR code holds, and so what a phone offers to do with it.
type CodeType string

// The types.
const (
	URLCode   CodeType = "url"
	TextCode  CodeType = "text"
	EmailCode CodeType = "email"
	PhoneCode CodeType = "phone"
	WifiCode  CodeType = "wifi"
	VCardCode CodeType = "vcard"
	SMSCode   CodeType = "sms"
	GeoCode   CodeType = "geo"
	EventCode CodeType = "event"
)

// MaxPayload is the most bytes that any QR code holds, version 40 at level L: so many
// digits (ISO/IEC 18004, table 7).
const MaxPayload = 7089

// fit is a payload that a code holds; Invalid for any other.
func fit(payload string) (string, error) {
	const (
		bytes, capitals = 2953, 4296
		alphanumeric    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
	)
	most := bytes
	switch {
	case strings.Trim(payload, alphanumeric[:10]) == "":
		most = MaxPayload
	case strings.Trim(payload, alphanumeric) == "":
		most = capitals
	}
	if len(payload) > most {
		return "", Errorf(Invalid, "the content comes to %d bytes: a QR code holds %d at most, of capitals and digits %d, of digits alone %d", len(payload), bytes, capitals, MaxPayload)
	}
	return payload, nil
}

// CodeForm is what has to be said to make a code of a type.
type CodeForm struct {
	Type   CodeType
	Title  string
	Main   string // the field that stands for the whole content where it is a single text; "" for none
	Fields []CodeField

	ready []string // how a payload begins that is written already
	end   string   // and how it ends
	write func(v codeValues) (string, error)
}

// codeValues are the fields that are not empty, each in its normal form.
type codeValues map[string]string

// CodeForms are those of all types.
var CodeForms = []CodeForm{urlForm, textForm, emailForm, phoneForm, wifiForm, vcardForm, smsForm, geoForm, eventForm}

// CodeFormOf is the form of a type; NotFound, with the types that there are, for
// what is none.
func CodeFormOf(t CodeType) (CodeForm, error) {
	names := make([]string, len(CodeForms))
	for i, f := range CodeForms {
		if f.Type == t {
			return f, nil
		}
		names[i] = string(f.Type)
	}
	return CodeForm{}, Errorf(NotFound, "qr_type must be one of %s", strings.Join(names, ", "))
}

// Payload writes what a code of the form's type holds, from its fields. Fields
// that the form does not have are ignored. The error is Invalid and names the
// field, and never repeats what was in it.
func (f CodeForm) Payload(fields map[string]string) (string, error) {
	values := codeValues{}
	for _, field := range f.Fields {
		value, err := field.read(fields[field.Name])
		if err != nil {
			return "", err
		}
		if value == "" && field.Required {
			return "", f.missing(field)
		}
		if value != "" {
			values[field.Name] = value
		}
	}
	payload, err := f.write(values)
	if err != nil {
		return "", err
	}
	return fit(payload)
}

func (f CodeForm) missing(field CodeField) error {
	if field.Name == f.Main {
		return Errorf(Invalid, "%s is required", field.Label)
	}
	return Errorf(Invalid, "%s is required: content.%s", field.Label, field.Name)
}

// PayloadOf is Payload for a content that is a single text: the form's main
// field, or a payload in the type's own format, which is taken as it is.
func (f CodeForm) PayloadOf(text string) (string, error) {
	if f.isReady(text) {
		if err := legibleIn("content", text, true); err != nil {
			return "", err
		}
		return fit(text)
	}
	if f.Main == "" {
		return "", Errorf(Invalid, "content must be an object with the fields of /qr/api/content-form/%s/, or a text that begins with %s", f.Type, f.ready[0])
	}
	return f.Payload(map[string]string{f.Main: text})
}

// PayloadBeside is PayloadOf for a text that stands beside fields: it is the main one
// of them. Nothing is left out silently: what says the same, or what the text says
// all of, is Invalid.
func (f CodeForm) PayloadBeside(text string, fields map[string]string) (string, error) {
	if f.Main == "" && !f.isReady(text) {
		return f.PayloadOf(text)
	}
	all := map[string]string{}
	for _, field := range f.Fields {
		if value := fields[field.Name]; value != "" {
			if field.Name == f.Main || f.isReady(text) {
				return "", Errorf(Invalid, "content.%s must be left out where content says it already", field.Name)
			}
			all[field.Name] = value
		}
	}
	if len(all) == 0 {
		return f.PayloadOf(text)
	}
	all[f.Main] = text
	return f.Payload(all)
}

func (f CodeForm) isReady(text string) bool {
	for _, begin := range f.ready {
		if len(text) > len(begin) && strings.EqualFold(text[:len(begin)], begin) {
			return strings.HasSuffix(strings.ToUpper(strings.TrimRight(text, "\r\n")), f.end)
		}
	}
	return false
}

// legibleIn refuses what no field may have: text that is not UTF-8, and control
// characters, but for line breaks and tabs where a text may have lines.
func legibleIn(field, text string, lines bool) error {
	strange := func(r rune) bool {
		return (r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029') && !(lines && strings.ContainsRune("\n\r\t", r))
	}
	switch {
	case !utf8.ValidString(text):
		return Errorf(Invalid, "%s must be UTF-8", field)
	case !strings.ContainsFunc(text, strange):
		return nil
	case lines:
		return Errorf(Invalid, "%s must have no control characters but line breaks and tabs", field)
	default:
		return Errorf(Invalid, "%s must have no line breaks and no control characters", field)
	}
}

package sevenazzani

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// wanted is the code that a body asks for.
func (w codeWanted) wanted(by commands.Caller) (g commands.GenerateCode, err error) {
	g.By, g.Type = by, typeOf(w.Type)
	if g.Payload, err = payloadOf(g.Type, w.Content); err != nil {
		return g, err
	}
	g.Style, g.Logo, err = w.Style.read()
	return g, err
}

func typeOf(word string) domain.CodeType {
	return domain.CodeType(cmp.Or(word, string(domain.URLCode)))
}

// payloadOf reads a content: a text, or an object of the form's fields, whose
// values may be numbers and truths too.
func payloadOf(t domain.CodeType, content json.RawMessage) (string, error) {
	form, err := domain.CodeFormOf(t)
	if err != nil {
		return "", domain.Errorf(domain.Invalid, "%v", err)
	}
	var said any
	if len(content) > 0 {
		read := json.NewDecoder(bytes.NewReader(content))
		read.UseNumber() // for a number or a password of many digits stays what it is
		if err := read.Decode(&said); err != nil {
			return "", err
		}
	}
	switch said := said.(type) {
	case string:
		return form.PayloadOf(said)
	case nil:
		return form.Payload(nil)
	case map[string]any:
		fields := map[string]string{}
		for name, value := range said {
			text, ok := scalarOf(value)
			if !ok && hasField(form, name) {
				return "", domain.Errorf(domain.Invalid, "content.%s must be a text, a number, or true or false", name)
			}
			fields[name] = text
		}
		return form.Payload(fields)
	default:
		return "", domain.Errorf(domain.Invalid, "content must be a text, or an object with the fields of /qr/api/content-form/%s/", t)
	}
}

// scalarOf is a value of JSON as a text, unless it is a list or an object.
func scalarOf(value any) (text string, ok bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	default:
		return "", false
	}
}

func hasField(form domain.CodeForm, name string) bool {
	for _, f := range form.Fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

// usualLogo is the share of a code's side that a logo has, where nobody says.
const usualLogo = 0.2

// read is a style, checked, and where its logo is.
func (s codeStyle) read() (style domain.CodeStyle, logo string, err error) {
	style = domain.PlainStyle()
	colours := map[*domain.Colour]struct {
		field string
		said  *string
	}{&style.Color: {"style.color", s.Color}, &style.Background: {"style.background", s.Background}}
	for into, from := range colours {
		switch {
		case from.said == nil:
		case into == &style.Background && *from.said == string(domain.Transparent):
			*into = domain.Transparent
		default:
			if *into, err = domain.ParseColour(from.field, *from.said); err != nil {
				return style, "", err
			}
		}
	}
	said := func(n *web.Whole, into *int) {
		if n != nil {
			*into = int(*n)
		}
	}
	said(s.QuietZone, &style.QuietZone)
	said(s.Size, &style.Size)
	if s.Correction != nil {
		style.Correction = domain.Correction(*s.Correction)
	}
	if s.Shape != nil {
		style.Shape = domain.CodeShape(*s.Shape)
	}
	if s.Logo != nil && *s.Logo != "" {
		if logo, style.LogoSize = *s.Logo, usualLogo; s.LogoSize != nil {
			style.LogoSize = *s.LogoSize
		}
	}
	return style, logo, style.Check()
}

// asciiName is a name that a header can tell as it is, else the other one.
func asciiName(name, otherwise string) string {
	return named(name, otherwise, func(r rune) bool { return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) })
}

// fileName is a name that a file can have anywhere, else the other one: letters
// and digits of any script.
func fileName(name, otherwise string) string {
	return named(name, otherwise, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) })
}

func named(name, otherwise string, keep func(rune) bool) string {
	runes := []rune(strings.Trim(strings.Map(func(r rune) rune {
		if keep(r) || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, name), "-."))
	said := string(runes[:min(len(runes), mostName)])
	if device.MatchString(said) {
		said = "_" + said
	}
	return cmp.Or(said, otherwise)
}

// device is what no file is called on Windows, whatever its ending.
var device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)

// mostName is how many characters a file's name has at most, without its ending.
const mostName = 80

// formOf is a form in the contract's shape.
func formOf(form domain.CodeForm) contentForm {
	a := contentForm{Type: form.Type, Title: form.Title, Fields: make([]formField, len(form.Fields))}
	if form.Main != "" {
		a.Main = &form.Main
	}
	for i, f := range form.Fields {
		a.Fields[i] = formField{
			Name: f.Name, Label: f.Label, Type: f.Kind, Required: f.Required, Help: f.Help, Example: f.Example,
			Options: append([]string{}, f.Options...), Most: f.Most,
		}
	}
	return a
}

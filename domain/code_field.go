package domain

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// FieldKind is how a field is asked for, in the words of HTML's inputs.
type FieldKind string

// The kinds.
const (
	TextField     FieldKind = "text"
	LongField     FieldKind = "textarea"
	URLField      FieldKind = "url"
	EmailField    FieldKind = "email"
	PhoneField    FieldKind = "tel"
	PasswordField FieldKind = "password"
	NumberField   FieldKind = "number"
	TimeField     FieldKind = "datetime-local"
	SelectField   FieldKind = "select"
	CheckField    FieldKind = "checkbox" // "true" or "false"
)

// CodeField is one field of a form.
type CodeField struct {
	Name     string
	Label    string
	Kind     FieldKind
	Required bool
	Help     string
	Example  string
	Options  []string // of SelectField, the preset first
	Most     int      // characters

	exact bool                                     // blanks at its ends count
	check func(name, value string) (string, error) // its normal form
}

// read is a field's value in its normal form; "" for none.
func (f CodeField) read(value string) (string, error) {
	name := "content." + f.Name
	if err := legibleIn(name, value, f.Kind == LongField); err != nil {
		return "", err
	}
	if !f.exact {
		value = strings.TrimSpace(value)
	}
	switch {
	case value == "":
		return "", nil
	case f.Kind == SelectField:
		return oneOf(f.Options, value, Errorf(Invalid, "%s must be one of %s", name, strings.Join(f.Options, ", ")))
	case f.Kind == CheckField:
		return oneOf([]string{"true", "false"}, value, Errorf(Invalid, "%s must be true or false", name))
	case utf8.RuneCountInString(value) > f.Most:
		return "", Errorf(Invalid, "%s must have at most %d characters", name, f.Most)
	case f.check != nil:
		return f.check(name, value)
	default:
		return value, nil
	}
}

// oneOf is the option that a value is: spreadsheets write TRUE, and people wpa.
func oneOf(options []string, value string, wrong error) (string, error) {
	at := slices.IndexFunc(options, func(o string) bool { return strings.EqualFold(o, value) })
	if at < 0 {
		return "", wrong
	}
	return options[at], nil
}

// webAddress takes a URL as it was written, which may have a fragment that
// means something to the page; but of ASCII alone (RFC 3986), for phones take others
// for text.
func webAddress(name, value string) (string, error) {
	if strings.ContainsAny(value, " \u00a0") {
		return "", Errorf(Invalid, "%s must be a URL without blanks", name)
	}
	if scheme, _, found := strings.Cut(strings.ToLower(value), "://"); !found || defaultPorts[scheme] == 0 { // a phone takes anything else for text
		return "", Errorf(Invalid, "%s: the URL must begin with http:// or https://", name)
	}
	t, err := ParseURL(value)
	if err != nil {
		return "", Errorf(Invalid, "%s: %v", name, err)
	}
	if ascii(value) == value {
		return value, nil
	}
	_, rest, _ := strings.Cut(value, "://")
	path := ""
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		path = rest[at:]
	}
	return t.Scheme + "://" + authority(t.Host, t.Port, t.Scheme) + ascii(path), nil
}

// mailAddress is local-part@domain; what is rare in RFC 5321 (quoted local
// parts, literal addresses) is refused, for no phone writes to it.
func mailAddress(name, value string) (string, error) {
	local, host, found := strings.Cut(value, "@")
	wrong := Errorf(Invalid, "%s must be an e-mail address such as ann@example.com", name)
	if !found || local == "" || len(value) > 254 || strings.ContainsAny(local, " \"(),:;<>[\\]@") || strings.Contains(host, "@") || !strings.Contains(host, ".") {
		return "", wrong
	}
	if _, err := ParseHost(host); err != nil {
		return "", wrong
	}
	return value, nil
}

// phoneNumber takes the visual separators of RFC 3966 out. A number has 3 to 15
// digits (ITU-T E.164), maybe behind a plus.
func phoneNumber(name, value string) (string, error) {
	number := strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "", "\u00a0", "").Replace(value)
	digits := strings.TrimPrefix(number, "+")
	if len(digits) < 3 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return "", Errorf(Invalid, "%s must be a number of 3 to 15 digits, such as +49 30 1234567", name)
	}
	return number, nil
}

// phoneToCall is phoneNumber, and says how an extension is dialled: phones take what
// RFC 3966 has for it, ";ext=", for more digits, and a comma for a pause.
func phoneToCall(name, value string) (string, error) {
	number, err := phoneNumber(name, value)
	if end := strings.IndexAny(value, ",;xXeE#"); err != nil && end > 0 {
		if _, wrong := phoneNumber(name, value[:end]); wrong == nil {
			err = Errorf(Invalid, "%s must be a number without an extension: to have one dialled after a pause make content a text such as tel:+49301234567,12", name)
		}
	}
	return number, err
}

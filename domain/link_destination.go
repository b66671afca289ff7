package domain

import (
	"net/url"
	"regexp"
	"strings"
)

// otherScheme is a URL of another scheme than those that name a host, as
// "javascript:alert(1)": a port has digits alone.
var otherScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^/0-9]`)

// ParseDestination reads where a link is to lead: an http or https URL, by https
// where it has no scheme. Its normal form is ASCII, as it can be sent in a header,
// with its fragment. Errors are *Error with the code Invalid.
func ParseDestination(s string) (string, error) {
	s = strings.Trim(s, " ")
	if otherScheme.MatchString(s) {
		return "", Errorf(Invalid, "the URL must begin with http:// or https://")
	}
	t, err := ParseURL(s)
	if err != nil {
		return "", err
	}
	before, fragment, marked := strings.Cut(s, "#")
	_, rest := splitScheme(before)
	value := t.Value
	if !strings.ContainsAny(rest, "/?") {
		value = strings.TrimSuffix(value, "/") // as it was written
	}
	if marked {
		value += "#" + EscapeQuery(fragment)
	}
	if len(value) > MaxTarget {
		return "", tooLong()
	}
	return value, nil
}

// HostOf is the host of a destination in its normal form.
func HostOf(destination string) string {
	u, err := url.Parse(destination)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// fields are the parameters' names and values.
func (u UTM) fields() []struct{ name, value string } {
	return []struct{ name, value string }{
		{"utm_source", u.Source}, {"utm_medium", u.Medium}, {"utm_campaign", u.Campaign}, {"utm_term", u.Term}, {"utm_content", u.Content},
	}
}

// On is a destination with the parameters, in the place of those of the same
// names. What else its query has stays as it is, byte for byte.
func (u UTM) On(destination string) string {
	before, fragment, marked := strings.Cut(destination, "#")
	path, query, _ := strings.Cut(before, "?")
	var parts []string
	for _, part := range strings.Split(query, "&") {
		if name, _, _ := strings.Cut(part, "="); part != "" && !u.sets(name) {
			parts = append(parts, part)
		}
	}
	kept := len(parts)
	for _, f := range u.fields() {
		if f.value != "" {
			parts = append(parts, f.name+"="+url.QueryEscape(f.value))
		}
	}
	if len(parts) == kept {
		return destination
	}
	out := path + "?" + strings.Join(parts, "&")
	if marked {
		out += "#" + fragment
	}
	return out
}

func (u UTM) sets(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	for _, f := range u.fields() {
		if f.name == name && f.value != "" {
			return true
		}
	}
	return false
}

package domain

import (
	"net/url"
	"strings"
)

// ScanParameter is what a visitor's query has beside it where a QR code was scanned.
// It is for us, and never passed on.
const ScanParameter = "qr"

// withQuery is a destination with the parameters of a visitor's query behind its own,
// each written anew, so that nothing but parameters is added. Those of which it has one
// of the same name are left out, so that nobody changes what the link's owner wrote,
// as are those that cannot be read, or would make it longer than MaxTarget.
func withQuery(destination, query string) string {
	before, fragment, marked := strings.Cut(destination, "#")
	_, own, asks := strings.Cut(before, "?")
	taken := map[string]bool{"": true, ScanParameter: true}
	for _, part := range strings.Split(own, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		taken[name] = true
	}
	joint := "?"
	switch {
	case own != "":
		joint = "&"
	case asks:
		joint = ""
	}
	length := len(destination)
	var added strings.Builder
	for _, part := range strings.Split(query, "&") {
		name, text, ok := parameter(part)
		if !ok || taken[name] {
			continue
		}
		if length += len(joint) + len(text); length > MaxTarget {
			break
		}
		added.WriteString(joint + text)
		joint = "&"
	}
	before += added.String()
	if marked {
		before += "#" + fragment
	}
	return before
}

// parameter reads a part of a query: its name, and the part as it is written anew.
func parameter(part string) (name, text string, ok bool) {
	given, value, valued := strings.Cut(part, "=")
	name, err := url.QueryUnescape(given)
	if err != nil {
		return "", "", false
	}
	if text = url.QueryEscape(name); !valued {
		return name, text, true
	}
	if value, err = url.QueryUnescape(value); err != nil {
		return "", "", false
	}
	return name, text + "=" + url.QueryEscape(value), true
}

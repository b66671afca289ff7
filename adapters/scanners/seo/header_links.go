package seo

import (
	"net/url"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners/site"
)

// withoutFragment is u as a string up to its "#".
func withoutFragment(u string) string {
	u, _, _ = strings.Cut(u, "#")
	return u
}

// headerLinks reads Link headers, RFC 8288, 3. What cannot be read ends its
// header.
func headerLinks(values []string, base *url.URL) []link {
	var links []link
	for _, v := range values {
		for v != "" && len(links) < 1000 {
			var l link
			var ok bool
			if l, v, ok = headerLink(v); !ok {
				break
			}
			l.source = "header"
			if u, ok := site.ParseURL(l.raw, base); ok {
				l.href = u.String()
			}
			links = append(links, l)
		}
	}
	return links
}

// headerLink takes one reference from the beginning of a header.
func headerLink(v string) (l link, rest string, ok bool) {
	v = strings.TrimLeft(v, " \t,")
	end := strings.IndexByte(v, '>')
	if end < 0 || v[0] != '<' {
		return l, "", false
	}
	l.raw, v = strings.TrimSpace(v[1:end]), v[end+1:]
	for {
		v = strings.TrimLeft(v, " \t")
		if v == "" || v[0] == ',' {
			return l, v, true
		}
		if v[0] != ';' {
			return l, "", false
		}
		var name, value string
		name, value, v = headerParam(v[1:])
		switch {
		case name == "rel" && l.rel == "":
			l.rel = strings.ToLower(value)
		case name == "hreflang" && l.hreflang == "":
			l.hreflang = value
		}
	}
}

// headerParam takes "name=token" or `name="text"`.
func headerParam(v string) (name, value, rest string) {
	end := strings.IndexAny(v, "=;,")
	if end < 0 {
		return strings.ToLower(strings.TrimSpace(v)), "", ""
	}
	name = strings.ToLower(strings.TrimSpace(v[:end]))
	if v[end] != '=' {
		return name, "", v[end:]
	}
	v = strings.TrimLeft(v[end+1:], " \t")
	if !strings.HasPrefix(v, `"`) {
		end = strings.IndexAny(v, ";,")
		if end < 0 {
			end = len(v)
		}
		return name, strings.TrimSpace(v[:end]), v[end:]
	}
	var b strings.Builder
	for i := 1; i < len(v); i++ {
		switch {
		case v[i] == '"':
			return name, b.String(), v[i+1:]
		case v[i] == '\\' && i+1 < len(v):
			i++
		}
		b.WriteByte(v[i])
	}
	return name, b.String(), ""
}

package content

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"
)

const (
	maxReason = 240
	maxWhere  = 300
	maxQuoted = 120
)

// quote shows what a target sent.
func quote(s string) string { return strconv.QuoteToASCII(cut(s, maxQuoted)) }

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// plain makes a text that may hold foreign bytes fit to be shown in a line.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.TrimRight(strings.ToValidUTF8(cut(text, maxReason), ""), ". ")
}

// whole is a URL in the coverage and in details.
func whole(u *url.URL) string {
	clean := *u
	clean.Fragment, clean.RawFragment = "", ""
	return plain(cut(clean.Redacted(), maxReason))
}

// place is a URL as a place of a finding: its path, with the origin where that
// is another than the site's, and without a query, which changes with releases.
func (l *look) place(u *url.URL) string {
	if u.Scheme == l.site.Scheme && u.Host == l.site.Host {
		return cut(u.EscapedPath(), maxWhere)
	}
	return cut(u.Scheme+"://"+u.Host+u.EscapedPath(), maxWhere)
}

// sameSite: under one registrable domain, or the very same host where there
// is none.
func sameSite(a, b *url.URL) bool {
	return registrable(a.Hostname()) == registrable(b.Hostname())
}

// registrable is the part of a host that somebody registered; an address, or
// a name that is itself a suffix, stands for itself.
func registrable(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if net.ParseIP(host) != nil {
		return host
	}
	if site, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return site
	}
	return host
}

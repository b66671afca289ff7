package scanners

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

const (
	maxReason = 240
	maxQuoted = 120
	maxPlace  = 300
)

// Quote shows what a target sent: cut, and in a form that no terminal and no
// page takes for its own.
func Quote(s string) string { return strconv.QuoteToASCII(cut(s, maxQuoted)) }

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// Plain makes a text that may hold foreign bytes fit to be shown in a line.
func Plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.TrimRight(strings.ToValidUTF8(cut(text, maxReason), ""), ". ")
}

// Whole is a URL in the coverage and in details.
func Whole(u *url.URL) string {
	clean := *u
	clean.Fragment, clean.RawFragment = "", ""
	return Plain(cut(clean.Redacted(), maxReason))
}

// Place is a URL as a place of a finding on a site: its path, with the origin
// where that is another than the site's, and without a query, which changes with
// releases.
func Place(site, u *url.URL) string {
	if u.Scheme == site.Scheme && u.Host == site.Host {
		return cut(u.EscapedPath(), maxPlace)
	}
	return cut(u.Scheme+"://"+u.Host+u.EscapedPath(), maxPlace)
}

// Count is a number with its noun: "1 port", "2 ports". The noun takes an s.
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

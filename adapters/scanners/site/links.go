package site

import (
	"net"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Origin is the root of a URL's server.
func Origin(u *url.URL) *url.URL { return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"} }

// Same says whether two URLs are of one site: under one registrable domain, or the very same host where there
// is none.
func Same(a, b *url.URL) bool {
	return Registrable(a.Hostname()) == Registrable(b.Hostname())
}

// Registrable is the part of a host that somebody registered; an address, or
// a name that is itself a suffix, stands for itself.
func Registrable(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if net.ParseIP(host) != nil {
		return host
	}
	if site, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return site
	}
	return host
}

var (
	secretive = regexp.MustCompile(`(?i)log-?in|sign-?in|sign-?up|register|account|checkout|cart|basket|pay|password|contact`)
	noPage    = regexp.MustCompile(`(?i)\.(?:pdf|zip|gz|jpe?g|png|gif|svg|webp|ico|mp[34]|docx?|xlsx?|pptx?|exe|dmg|iso|xml|json|txt|css|js)$`)
	acts      = regexp.MustCompile(`(?i)log-?out|sign-?out|log-?off|delete|remove|unsubscribe`)
)

// NoPage says of a link by its ending that it leads to no page.
func NoPage(u *url.URL) bool { return noPage.MatchString(u.Path) }

// Acts says of a link by its words that following it may do something.
func Acts(u *url.URL) bool { return acts.MatchString(u.Path + "?" + u.RawQuery) }

// Rank orders links: 0 for those to pages where people type secrets, 1 for other
// pages, 2 for those with a query.
func Rank(u *url.URL) int {
	switch {
	case secretive.MatchString(u.Path):
		return 0
	case u.RawQuery == "":
		return 1
	default:
		return 2
	}
}

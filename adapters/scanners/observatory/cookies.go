package observatory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// Faults of a cookie, as result words.
const (
	cookieHSTS        = "cookies-without-secure-flag-but-protected-by-hsts"
	cookieInsecure    = "cookies-without-secure-flag"
	sessionHSTS       = "cookies-session-without-secure-flag-but-protected-by-hsts"
	cookieSameSite    = "cookies-samesite-flag-invalid"
	tokenNoSameSite   = "cookies-anticsrf-without-samesite-flag"
	sessionNoHTTPOnly = "cookies-session-without-httponly-flag"
	sessionInsecure   = "cookies-session-without-secure-flag"
)

// cookieOrder ranks the faults from the least to the worst.
var cookieOrder = []string{
	cookieHSTS, cookieInsecure, sessionHSTS, cookieSameSite, tokenNoSameSite, sessionNoHTTPOnly, sessionInsecure,
}

// Ignored says whether the Observatory leaves the cookie out: a load balancer
// sets it, and the site cannot change it.
func (c Cookie) Ignored() bool { return c.Name == "heroku-session-affinity" }

// Cookies is the test of the cookies that the base trip collected: the worst
// fault of any of them decides.
func Cookies(s Site) domain.ObservatoryTest {
	jar := slices.DeleteFunc(slices.Clone(s.Base().Jar.Cookies), Cookie.Ignored)
	if len(jar) == 0 {
		return result(CookiesName, "cookies-not-found", "No cookies are set.")
	}
	hsts := HSTS(s).Pass
	worst, by := "", ""
	if badSameSite(s) {
		worst = cookieSameSite
	}
	missing := false
	for _, c := range jar {
		missing = missing || c.SameSite == ""
		for _, fault := range cookieFaults(c, hsts) {
			if slices.Index(cookieOrder, fault) > slices.Index(cookieOrder, worst) {
				worst, by = fault, c.Name
			}
		}
	}
	switch {
	case by != "":
		return result(CookiesName, worst, fmt.Sprintf("Seen at the cookie %s.", quote(by)))
	case worst != "":
		return result(CookiesName, worst, "A cookie has a SameSite attribute that is none of Strict, Lax and None.")
	case missing:
		return result(CookiesName, "cookies-secure-with-httponly-sessions", "Not every cookie has a SameSite attribute.")
	}
	return result(CookiesName, "cookies-secure-with-httponly-sessions-and-samesite", fmt.Sprintf("Cookies seen: %d.", len(jar)))
}

// cookieFaults lists the faults of one cookie.
func cookieFaults(c Cookie, hsts bool) []string {
	var faults []string
	add := func(broken bool, fault string) {
		if broken {
			faults = append(faults, fault)
		}
	}
	add(!c.Secure && c.SameSite == "none", cookieSameSite)
	add(!c.Secure && hsts, cookieHSTS)
	add(!c.Secure && !hsts, cookieInsecure)
	add(c.AntiCSRF() && c.SameSite == "", tokenNoSameSite)
	add(c.Session() && !c.Secure && hsts, sessionHSTS)
	add(c.Session() && !c.Secure && !hsts, sessionInsecure)
	add(c.Session() && !c.HTTPOnly, sessionNoHTTPOnly)
	return faults
}

// badSameSite looks for an unknown SameSite value in the base answer itself,
// where it is seen even if the cookie was not kept.
func badSameSite(s Site) bool {
	answer := s.Base().Answer()
	if answer == nil {
		return false
	}
	for _, line := range answer.Header.Values("Set-Cookie") {
		_, attributes, _ := strings.Cut(line, ";")
		for attribute := range strings.SplitSeq(attributes, ";") {
			key, value, _ := strings.Cut(attribute, "=")
			if word(key) != "samesite" {
				continue
			}
			if _, bad := sameSite(strings.TrimSpace(value)); bad {
				return true
			}
		}
	}
	return false
}

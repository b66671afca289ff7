package cookies

import (
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// rfc6265bis is the draft that browsers follow.
const rfc6265bis = "https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis"

// CWE numbers: https://cwe.mitre.org/data/definitions/<number>.html
const (
	withoutSecure   = 614  // sensitive cookie without Secure
	withoutHTTPOnly = 1004 // sensitive cookie without HttpOnly
	badSameSite     = 1275 // sensitive cookie with improper SameSite
	protection      = 693  // protection mechanism failure
)

// The advisories. High: who steals the cookie is the user. Medium: it can be
// stolen, but that takes more, or gains less. Low: browsers make up for it.
var (
	sessionInsecure = domain.Advisory{ID: "cookies/secure/missing-session", Title: "A session cookie travels without encryption",
		Severity: domain.High, CWE: withoutSecure, CVSS: scanners.Deciphered,
		Description: "Without Secure the browser sends the cookie over http too. Whoever reads it on the network takes over the session.",
		Remedy:      "Set Secure on the cookie, and serve the site over https alone with HSTS.",
		References:  []string{rfc6265bis + "#section-4.1.2.5"}}
	sessionInsecureHSTS = domain.Advisory{ID: "cookies/secure/missing-session-hsts", Title: "A session cookie is kept from http by HSTS alone",
		Severity: domain.Medium, CWE: withoutSecure,
		Description: "HSTS keeps browsers that know it on https. The cookie is still sent over http by those that do not, and to subdomains that HSTS leaves out.",
		Remedy:      "Set Secure on the cookie.",
		References:  []string{rfc6265bis + "#section-4.1.2.5"}}
	insecure = domain.Advisory{ID: "cookies/secure/missing", Title: "A cookie travels without encryption",
		Severity: domain.Medium, CWE: withoutSecure, CVSS: scanners.Guessed,
		Description: "Without Secure the browser sends the cookie over http too, where it is read, and set to another value, on the way.",
		Remedy:      "Set Secure on the cookie, and serve the site over https alone with HSTS.",
		References:  []string{rfc6265bis + "#section-4.1.2.5"}}
	insecureHSTS = domain.Advisory{ID: "cookies/secure/missing-hsts", Title: "A cookie is kept from http by HSTS alone",
		Severity: domain.Low, CWE: withoutSecure,
		Description: "HSTS keeps browsers that know it on https; others send the cookie over http.",
		Remedy:      "Set Secure on the cookie.",
		References:  []string{rfc6265bis + "#section-4.1.2.5"}}
	sessionReadable = domain.Advisory{ID: "cookies/httponly/missing-session", Title: "Scripts can read a session cookie",
		Severity: domain.Medium, CWE: withoutHTTPOnly,
		Description: "A script that gets into the page, by injection or from a foreign host, can send the session away.",
		Remedy:      "Set HttpOnly on the cookie.",
		References:  []string{rfc6265bis + "#section-4.1.2.6"}}
	sameSiteNone = domain.Advisory{ID: "cookies/samesite/none-without-secure", Title: "A cookie has SameSite=None without Secure",
		Severity: domain.Medium, CWE: badSameSite,
		Description: "Browsers refuse such a cookie, and those that do not send it along with requests from any site, in the clear.",
		Remedy:      "Set Secure beside SameSite=None, or use SameSite=Lax.",
		References:  []string{rfc6265bis + "#section-4.1.2.7"}}
	sameSiteUnknown = domain.Advisory{ID: "cookies/samesite/invalid", Title: "A cookie has an unknown SameSite value",
		Severity: domain.Low, CWE: badSameSite,
		Description: "Browsers know Strict, Lax and None, and fall back to their default for anything else.",
		Remedy:      "Use SameSite=Lax, or Strict where nobody arrives from elsewhere.",
		References:  []string{rfc6265bis + "#section-4.1.2.7"}}
	tokenAcrossSites = domain.Advisory{ID: "cookies/samesite/missing-anti-csrf", Title: "An anti-CSRF cookie is without SameSite",
		Severity: domain.Medium, CWE: badSameSite,
		Description: "The cookie guards against requests from other sites, and itself is sent along with them by browsers without a default.",
		Remedy:      "Set SameSite=Lax or Strict on the cookie.",
		References:  []string{rfc6265bis + "#section-4.1.2.7"}}
	prefixBroken = domain.Advisory{ID: "cookies/prefix/violated", Title: "A cookie breaks the promise of its name",
		Severity: domain.Low, CWE: protection,
		Description: "Browsers do not store a __Secure- cookie without Secure or from http, nor a __Host- cookie that also lacks Path=/ or has a Domain: what relies on it does not work.",
		Remedy:      "Set the cookie over https with Secure, and a __Host- cookie with Path=/ and without Domain.",
		References:  []string{rfc6265bis + "#section-4.1.3"}}
)

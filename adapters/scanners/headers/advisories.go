package headers

import "github.com/scanledger/scanledger/domain"

// Sources that several advisories name.
const (
	csp3      = "https://www.w3.org/TR/CSP3/"
	rfc6797   = "https://www.rfc-editor.org/rfc/rfc6797"
	rfc7034   = "https://www.rfc-editor.org/rfc/rfc7034"
	fetchSpec = "https://fetch.spec.whatwg.org/"
	htmlSpec  = "https://html.spec.whatwg.org/multipage/browsers.html"
	sriSpec   = "https://www.w3.org/TR/SRI/"
	referrer  = "https://www.w3.org/TR/referrer-policy/"
	rfc9110   = "https://www.rfc-editor.org/rfc/rfc9110"
)

// CWE numbers: https://cwe.mitre.org/data/definitions/<number>.html
const (
	exposure        = 200  // exposure of sensitive information
	badCertificate  = 295  // improper certificate validation
	clearText       = 319  // clear-text transmission
	noIntegrity     = 353  // missing support for an integrity check
	protection      = 693  // protection mechanism failure
	untrustedSource = 829  // functionality from an untrusted control sphere
	crossDomain     = 942  // permissive cross-domain policy
	clickjacking    = 1021 // improper restriction of rendered frames
)

// advisories are what is wrong, by the Observatory's result word. High: data
// of users is read or changed by strangers. Medium: a defence is missing
// against an attack that needs nothing but another small mistake, or the
// network's help. Low: it is there but weak, or missing where browsers help.
var advisories = map[string]domain.Advisory{
	"csp-not-implemented":                                          cspMissing,
	"csp-not-implemented-but-reporting-enabled":                    cspReportOnly,
	"csp-header-invalid":                                           cspInvalid,
	"csp-implemented-with-unsafe-inline":                           cspUnsafeInline,
	"csp-implemented-with-insecure-scheme":                         cspInsecureScheme,
	"csp-implemented-with-unsafe-eval":                             cspUnsafeEval,
	"csp-implemented-with-insecure-scheme-in-passive-content-only": cspInsecureImages,

	"cross-origin-resource-sharing-implemented-with-universal-access": corsReflects,

	"redirection-missing":                             noRedirect,
	"redirection-not-to-https":                        endsOnHTTP,
	"redirection-not-to-https-on-initial-redirection": firstHopHTTP,
	"redirection-off-host-from-http":                  offHost,
	"redirection-invalid-cert":                        redirectCertificate,

	"hsts-not-implemented":                          hstsMissing,
	"hsts-implemented-max-age-less-than-six-months": hstsShort,
	"hsts-header-invalid":                           hstsInvalid,
	"hsts-not-implemented-no-https":                 noHTTPS,
	"hsts-invalid-cert":                             hstsCertificate,

	"sri-not-implemented-but-external-scripts-loaded-securely":     sriMissing,
	"sri-implemented-but-external-scripts-not-loaded-securely":     scriptsInsecure,
	"sri-not-implemented-and-external-scripts-not-loaded-securely": scriptsUnprotected,
	"html-not-parseable": htmlUnreadable,

	"x-content-type-options-not-implemented": sniffing,
	"x-content-type-options-header-invalid":  sniffingInvalid,

	"x-frame-options-not-implemented":   frameMissing,
	"x-frame-options-header-invalid":    frameInvalid,
	"x-frame-options-allow-from-origin": frameAllowFrom,

	"referrer-policy-unsafe":         referrerUnsafe,
	"referrer-policy-header-invalid": referrerInvalid,

	"corp-header-invalid": corpInvalid,
	"coep-header-invalid": coepInvalid,
	"coop-header-invalid": coopInvalid,
}

var (
	serverVersion = domain.Advisory{ID: "headers/leak/server-version", Title: "The Server header gives a version away",
		Severity: domain.Low, CWE: exposure,
		Description: "Whoever looks for servers with a known hole finds this one without touching it.",
		Remedy:      "Leave the version out: server_tokens off in nginx, ServerTokens Prod in Apache.",
		References:  []string{rfc9110 + "#section-10.2.4"}}
	poweredBy = domain.Advisory{ID: "headers/leak/powered-by", Title: "A header names the software behind the site",
		Severity: domain.Informational, CWE: exposure,
		Description: "The header serves no reader but one who looks for known holes of this software.",
		Remedy:      "Turn it off where the software is configured (expose_php, enableVersionHeader, x-powered-by), or strip it in the proxy.",
		References:  []string{rfc9110 + "#section-17.12"}}
)

package headers

import (
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// What is wrong with the limits that a site sets on its content.
var (
	cspMissing = domain.Advisory{ID: "headers/csp/missing", Title: "There is no Content Security Policy",
		Severity: domain.Medium, CWE: protection,
		Description: "Where a page lets foreign text through as markup, nothing stops the browser from running it as a script with the reader's rights.",
		Remedy:      "Send Content-Security-Policy with default-src 'none' or 'self' and a list of what the page needs; try it first with Content-Security-Policy-Report-Only.",
		References:  []string{csp3}}
	cspReportOnly = domain.Advisory{ID: "headers/csp/report-only", Title: "The Content Security Policy is only reported",
		Severity: domain.Medium, CWE: protection,
		Description: "Content-Security-Policy-Report-Only tells of violations and blocks nothing.",
		Remedy:      "Once the reports are quiet, send the same policy as Content-Security-Policy.",
		References:  []string{csp3}}
	cspInvalid = domain.Advisory{ID: "headers/csp/invalid", Title: "The Content Security Policy cannot be read",
		Severity: domain.Medium, CWE: protection,
		Description: "Browsers drop what they cannot read, so that the page is less protected than it was meant to be.",
		Remedy:      "Give each directive once, and a nonce or a hash beside 'strict-dynamic'.",
		References:  []string{csp3}}
	cspUnsafeInline = domain.Advisory{ID: "headers/csp/unsafe-inline", Title: "The Content Security Policy lets any script run",
		Severity: domain.Medium, CWE: protection,
		Description: "Inline scripts, data: or scripts of any host are allowed, or script-src and object-src are not limited at all. Injected code runs as if there were no policy.",
		Remedy:      "Remove 'unsafe-inline', data: and bare schemes from script-src and object-src; allow inline scripts by nonce or hash.",
		References:  []string{csp3}}
	cspInsecureScheme = domain.Advisory{ID: "headers/csp/insecure-scheme", Title: "The Content Security Policy allows active content over http",
		Severity: domain.Medium, CWE: clearText,
		Description: "Whoever sits on the network can change scripts, styles or frames that come without encryption.",
		Remedy:      "Replace http: and ftp: sources by https ones.",
		References:  []string{csp3}}
	cspUnsafeEval = domain.Advisory{ID: "headers/csp/unsafe-eval", Title: "The Content Security Policy allows eval",
		Severity: domain.Low, CWE: protection,
		Description: "Text that reaches eval and its kin runs as code, which the policy would prevent without 'unsafe-eval'.",
		Remedy:      "Take eval, new Function and string timers out of the code, then 'unsafe-eval' out of the policy.",
		References:  []string{csp3}}
	cspInsecureImages = domain.Advisory{ID: "headers/csp/insecure-scheme-passive", Title: "The Content Security Policy allows images over http",
		Severity: domain.Low, CWE: clearText,
		Description: "Images and media that come without encryption can be seen and replaced on the way.",
		Remedy:      "Replace http: and ftp: sources in img-src and media-src by https ones.",
		References:  []string{csp3}}
	corsReflects = domain.Advisory{ID: "headers/cors/reflects-origin-with-credentials", Title: "Any site may read answers made for the logged-in user",
		Severity: domain.High, CWE: crossDomain, CVSS: scanners.Lured,
		Description: "The server allows whatever Origin it is sent, with credentials. A page elsewhere can read what the site shows to its visitor, and act in their name.",
		Remedy:      "Compare Origin with a list of the origins that are meant, and send Access-Control-Allow-Credentials to those alone.",
		References:  []string{fetchSpec + "#http-cors-protocol"}}
	sriMissing = domain.Advisory{ID: "headers/sri/missing", Title: "Foreign scripts run without an integrity check",
		Severity: domain.Low, CWE: noIntegrity,
		Description: "Whoever takes over the other host, or its storage, runs code on this site.",
		Remedy:      "Give each foreign script an integrity attribute with the hash of its text, and crossorigin=\"anonymous\"; or serve it from the site.",
		References:  []string{sriSpec}}
	scriptsInsecure = domain.Advisory{ID: "headers/sri/insecure-scheme", Title: "Foreign scripts are loaded without https",
		Severity: domain.Medium, CWE: clearText, CVSS: scanners.Replaced,
		Description: "The scripts have an integrity check, but their address starts with http: or with two slashes, so that they may travel in the clear, or be blocked.",
		Remedy:      "Write https:// in the address of each script.",
		References:  []string{sriSpec, "https://www.w3.org/TR/mixed-content/"}}
	scriptsUnprotected = domain.Advisory{ID: "headers/sri/missing-and-insecure-scheme", Title: "Scripts are loaded without https and without an integrity check",
		Severity: domain.High, CWE: untrustedSource, CVSS: scanners.Replaced,
		Description: "Whoever sits on the network can replace a script whose address starts with http:, or with two slashes on a page that came over http, and so run code on the site.",
		Remedy:      "Write https:// in the address of each script and give it an integrity attribute, or serve it from the site.",
		References:  []string{sriSpec, "https://www.w3.org/TR/mixed-content/"}}
	htmlUnreadable = domain.Advisory{ID: "headers/html/unreadable", Title: "The page calls itself HTML and cannot be read",
		Severity:    domain.Informational,
		Description: "The body breaks off or is not in the coding that its headers name, so that browsers differ in what they make of it.",
		Remedy:      "Make Content-Encoding and Content-Length say what is sent.",
		References:  []string{rfc9110 + "#section-8"}}
)

// What is wrong with the other headers that tell browsers to be careful.
var (
	sniffing = domain.Advisory{ID: "headers/x-content-type-options/missing", Title: "X-Content-Type-Options is missing",
		Severity: domain.Low, CWE: protection,
		Description: "Browsers may guess the type of an answer and run as a script what was uploaded as something else.",
		Remedy:      "Send X-Content-Type-Options: nosniff with every answer.",
		References:  []string{fetchSpec + "#x-content-type-options-header"}}
	sniffingInvalid = domain.Advisory{ID: "headers/x-content-type-options/invalid", Title: "X-Content-Type-Options has an unknown value",
		Severity: domain.Low, CWE: protection,
		Description: "The header knows one value; any other, and the same one twice, may be ignored.",
		Remedy:      "Send X-Content-Type-Options: nosniff, once.",
		References:  []string{fetchSpec + "#x-content-type-options-header"}}
	frameMissing = domain.Advisory{ID: "headers/x-frame-options/missing", Title: "Any site may show this one in a frame",
		Severity: domain.Medium, CWE: clickjacking,
		Description: "A page elsewhere can lay this one invisibly over its own buttons and have its visitors click here.",
		Remedy:      "Send Content-Security-Policy with frame-ancestors 'none' or 'self', and X-Frame-Options: DENY for old browsers.",
		References:  []string{csp3 + "#directive-frame-ancestors", rfc7034}}
	frameInvalid = domain.Advisory{ID: "headers/x-frame-options/invalid", Title: "X-Frame-Options has an unknown value",
		Severity: domain.Medium, CWE: clickjacking,
		Description: "Browsers ignore what they do not know, and so the page may be shown in anybody's frame.",
		Remedy:      "Send X-Frame-Options: DENY or SAMEORIGIN, once, or frame-ancestors in the Content Security Policy.",
		References:  []string{rfc7034, csp3 + "#directive-frame-ancestors"}}
	frameAllowFrom = domain.Advisory{ID: "headers/x-frame-options/allow-from", Title: "X-Frame-Options uses ALLOW-FROM, which browsers ignore",
		Severity: domain.Low, CWE: clickjacking,
		Description: "No current browser knows ALLOW-FROM; to them the header is not there.",
		Remedy:      "Name the origin in frame-ancestors of the Content Security Policy instead.",
		References:  []string{"https://html.spec.whatwg.org/multipage/speculative-loading.html#the-x-frame-options-header"}}
	referrerUnsafe = domain.Advisory{ID: "headers/referrer-policy/unsafe", Title: "Other sites are told where a visitor comes from",
		Severity: domain.Low, CWE: exposure,
		Description: "The Referrer-Policy is weaker than the browsers' default and sends origin or address of the page to sites that it links to, in the clear too.",
		Remedy:      "Send Referrer-Policy: strict-origin-when-cross-origin or no-referrer.",
		References:  []string{referrer}}
	referrerInvalid = domain.Advisory{ID: "headers/referrer-policy/invalid", Title: "Referrer-Policy has an unknown value",
		Severity: domain.Low, CWE: exposure,
		Description: "Browsers fall back to their default, which may not be what was meant.",
		Remedy:      "Send Referrer-Policy: strict-origin-when-cross-origin or no-referrer.",
		References:  []string{referrer}}
	corpInvalid = domain.Advisory{ID: "headers/corp/invalid", Title: "Cross-Origin-Resource-Policy has an unknown value",
		Severity: domain.Low, CWE: protection,
		Description: "Browsers ignore it, and other sites may load the resource into their pages.",
		Remedy:      "Send same-origin, same-site or cross-origin.",
		References:  []string{fetchSpec + "#cross-origin-resource-policy-header"}}
	coepInvalid = domain.Advisory{ID: "headers/coep/invalid", Title: "Cross-Origin-Embedder-Policy has an unknown value",
		Severity: domain.Low, CWE: protection,
		Description: "Browsers ignore it, and the page is not isolated from what it embeds.",
		Remedy:      "Send require-corp or credentialless, once and in lower case.",
		References:  []string{htmlSpec + "#coep"}}
	coopInvalid = domain.Advisory{ID: "headers/coop/invalid", Title: "Cross-Origin-Opener-Policy has an unknown value",
		Severity: domain.Low, CWE: protection,
		Description: "Browsers ignore it, and windows of other sites keep a handle on this one.",
		Remedy:      "Send same-origin, same-origin-allow-popups or noopener-allow-popups, once and in lower case.",
		References:  []string{htmlSpec + "#cross-origin-opener-policies"}}
)

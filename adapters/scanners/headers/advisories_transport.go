package headers

import (
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// What is wrong on the way from http to https.
var (
	noRedirect = domain.Advisory{ID: "headers/redirection/no-https", Title: "http is not redirected to https",
		Severity: domain.Medium, CWE: clearText,
		Description: "Who comes by http stays there, and everybody on the network reads and changes what they see and send.",
		Remedy:      "Answer every http request with a 301 to the same host and path over https.",
		References:  []string{rfc9110 + "#section-15.4.2"}}
	endsOnHTTP = domain.Advisory{ID: "headers/redirection/ends-on-http", Title: "Redirects end on an http page",
		Severity: domain.Medium, CWE: clearText,
		Description: "The last page on the way comes without encryption, and everybody on the network reads and changes it.",
		Remedy:      "Redirect to https on the same host first, and from there only to https.",
		References:  []string{rfc9110 + "#section-15.4.2"}}
	firstHopHTTP = domain.Advisory{ID: "headers/redirection/first-hop-http", Title: "The first redirect leads to another http page",
		Severity: domain.Low, CWE: clearText,
		Description: "Each step over http is one more that the network can turn elsewhere, and none of them can set HSTS.",
		Remedy:      "Redirect to https on the same host first, then on to where it belongs.",
		References:  []string{rfc6797 + "#section-7.2"}}
	offHost = domain.Advisory{ID: "headers/redirection/off-host", Title: "http redirects to another host at once",
		Severity: domain.Low, CWE: clearText,
		Description: "The host that was asked for never answers over https on this way, so its HSTS is never learned and the next visit starts over http again.",
		Remedy:      "Redirect to https on the same host first, then on to the other host.",
		References:  []string{rfc6797 + "#section-7.2"}}
	redirectCertificate = domain.Advisory{ID: "headers/redirection/invalid-certificate", Title: "Redirects lead over a certificate that does not verify",
		Severity: domain.High, CWE: badCertificate, CVSS: scanners.Impersonated,
		Description: "Browsers stop at it with a warning, and whoever clicks on cannot know with whom they speak.",
		Remedy:      "Install a certificate for this name from a public authority, with its chain, and renew it by machine.",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc9525"}}
	hstsMissing = domain.Advisory{ID: "headers/hsts/missing", Title: "There is no Strict-Transport-Security",
		Severity: domain.Medium, CWE: clearText,
		Description: "Browsers keep trying http first, where the network can hold visitors back from https.",
		Remedy:      "Send Strict-Transport-Security: max-age=31536000; includeSubDomains over https, after a trial with a short max-age.",
		References:  []string{rfc6797}}
	hstsShort = domain.Advisory{ID: "headers/hsts/short", Title: "Strict-Transport-Security does not last",
		Severity: domain.Low, CWE: clearText,
		Description: "With a max-age under six months, visitors who come back seldom are as unprotected as on their first visit.",
		Remedy:      "Raise max-age to 31536000 seconds.",
		References:  []string{rfc6797 + "#section-6.1.1"}}
	hstsInvalid = domain.Advisory{ID: "headers/hsts/invalid", Title: "Strict-Transport-Security cannot be read",
		Severity: domain.Medium, CWE: clearText,
		Description: "A header without a readable max-age, or sent more than once, may be ignored.",
		Remedy:      "Send Strict-Transport-Security: max-age=31536000; includeSubDomains, once.",
		References:  []string{rfc6797 + "#section-6.1"}}
	noHTTPS = domain.Advisory{ID: "headers/hsts/no-https", Title: "The site does not answer over https",
		Severity: domain.High, CWE: clearText, CVSS: scanners.Deciphered,
		Description: "Everything that visitors see and send travels in the clear, to be read and changed on the way.",
		Remedy:      "Serve the site over https, with a certificate from a public authority that is renewed by machine.",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc9325"}}
	hstsCertificate = domain.Advisory{ID: "headers/hsts/invalid-certificate", Title: "Strict-Transport-Security cannot work, as the certificate does not verify",
		Severity: domain.Medium, CWE: badCertificate,
		Description: "Browsers heed the header only over a connection without certificate errors.",
		Remedy:      "Install a certificate for this name from a public authority, with its chain.",
		References:  []string{rfc6797 + "#section-8.1"}}
)

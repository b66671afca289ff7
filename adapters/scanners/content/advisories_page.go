package content

import (
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// What is wrong with pages and what they load.
var (
	mixedActive = domain.Advisory{ID: "content/mixed/active", Title: "A page over https loads scripts, styles or frames over http",
		Severity: domain.Medium, CWE: clearText, CVSS: scanners.Altered,
		Description: "Whoever sits on the network can change them and so the page; browsers that are kept up block them, and the page lacks them.",
		Remedy:      "Load them over https; Content-Security-Policy: upgrade-insecure-requests has browsers do so until all addresses are mended.",
		References:  []string{mixedSpec}}
	mixedPassive = domain.Advisory{ID: "content/mixed/passive", Title: "A page over https loads images or media over http",
		Severity: domain.Low, CWE: clearText,
		Description: "Whoever sits on the network sees and can replace them.",
		Remedy:      "Load them over https; Content-Security-Policy: upgrade-insecure-requests has browsers do so until all addresses are mended.",
		References:  []string{mixedSpec}}
	passwordClear = domain.Advisory{ID: "content/form/password-clear-text", Title: "A password is typed or sent without TLS",
		Severity: domain.High, CWE: clearText, CVSS: scanners.Deciphered,
		Description: "The page with the password field, or what it is sent to, is http: whoever sits on the network reads the password, or changes the page to send it elsewhere.",
		Remedy:      "Serve the page over https and send the form to an https address.",
		References:  []string{forceTLS, "https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html"}}
	formInsecure = domain.Advisory{ID: "content/form/insecure-action", Title: "A form of a page over https sends without TLS",
		Severity: domain.Medium, CWE: clearText, CVSS: scanners.Altered,
		Description: "What visitors type on a page that looks secure travels in the clear.",
		Remedy:      "Send the form to an https address.",
		References:  []string{mixedSpec, forceTLS}}
	formClear = domain.Advisory{ID: "content/form/clear-text", Title: "A form is sent without TLS",
		Severity: domain.Low, CWE: clearText,
		Description: "What visitors type can be read and changed on the way.",
		Remedy:      "Serve page and form over https.",
		References:  []string{forceTLS}}
	passwordInURL = domain.Advisory{ID: "content/form/password-in-url", Title: "A password is sent as part of the address",
		Severity: domain.Medium, CWE: getQuery,
		Description: "The form uses GET, so that the password stands in the history of the browser and in the logs of servers.",
		Remedy:      "Give the form method=\"post\".",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc9110#section-17.9"}}
	hiddenFrame = domain.Advisory{ID: "content/hidden-frame", Title: "A page has a frame of another site that nobody can see",
		Severity: domain.Medium, CWE: hiddenContent,
		Description: "Hidden frames are how attackers who changed a page bring their own to its visitors; advertising and old tags use them too.",
		Remedy:      "Find out who put the frame there. If nobody knows, take the site for broken into: restore it from a clean copy, and change all passwords.",
		References:  []string{"https://cwe.mitre.org/data/definitions/1021.html"}}
	injectedScript = domain.Advisory{ID: "content/injected/script", Title: "A script hides what it loads or runs",
		Severity: domain.High, CWE: malicious,
		Description: "Scripts that write addresses or code in numbers or other codings and run them are how attackers keep what they put into a site from being seen.",
		Remedy:      "Compare the script with its source. If it does not belong there, take the site for broken into: restore it from a clean copy, close the hole, and change all passwords.",
		References:  []string{"https://cwe.mitre.org/data/definitions/506.html"}}
	miner = domain.Advisory{ID: "content/injected/miner", Title: "A script mines cryptocurrency with the visitors' computers",
		Severity: domain.High, CWE: malicious,
		Description: "Where the operator did not put it there, somebody else can change the site's scripts.",
		Remedy:      "Remove the script. If nobody knows who put it there, take the site for broken into.",
		References:  []string{"https://attack.mitre.org/techniques/T1496/"}}
	skimmer = domain.Advisory{ID: "content/skimmer", Title: "A script sends what visitors type at the checkout to another site",
		Severity: domain.Critical, CWE: malicious,
		Description: "The script reads fields of a form, knows of payment, and sends to a place that is neither the site nor a payment service: so work those that steal cards.",
		Remedy:      "Take the script out at once, find out how it came there, and restore the site from a clean copy; tell the payment service.",
		References:  []string{"https://attack.mitre.org/techniques/T1056/003/"}}
	lookAlikeHost = domain.Advisory{ID: "content/injected/look-alike-host", Title: "A script comes from a host that imitates a well-known one",
		Severity: domain.High, CWE: untrustedSource,
		Description: "Names that differ from a well-known one in a letter are chosen so that nobody looks twice.",
		Remedy:      "Compare the name letter by letter with the one that is meant. If it is another, take the site for broken into.",
		References:  []string{"https://attack.mitre.org/techniques/T1583/001/"}}
	compromisedHost = domain.Advisory{ID: "content/injected/compromised-host", Title: "A script comes from a host that has served harmful code",
		Severity: domain.High, CWE: untrustedSource,
		Description: "The host was bought or taken over in 2024 and sent visitors elsewhere; it can do so again.",
		Remedy:      "Remove the script: browsers no longer need most of what it gave them. Serve the rest from the site itself.",
		References:  []string{"https://sansec.io/research/polyfill-supply-chain-attack"}}
	leakedSecret = domain.Advisory{ID: "content/leaked-secret", Title: "A page or a script holds a secret key",
		Severity: domain.Critical, CWE: sourceOpen, CVSS: scanners.Disclosed,
		Description: "Whoever reads the source of the page has the key, and may do with it what the site may: read data, send mail, spend money.",
		Remedy:      "Revoke the key and make a new one: it must be taken for known. Keep it on the server, and let pages ask the server for what they need.",
		References:  []string{secrets, "https://cwe.mitre.org/data/definitions/540.html"}}
	malwareListed = domain.Advisory{ID: "content/malware-listed", Title: "A page leads to something on a malware list",
		Severity: domain.High, CWE: untrustedSource,
		Description: "The operator's lists name the host, the address or the script as harmful.",
		Remedy:      "Remove what leads there. If nobody knows who put it there, take the site for broken into.",
		References:  []string{"https://cwe.mitre.org/data/definitions/829.html"}}
)

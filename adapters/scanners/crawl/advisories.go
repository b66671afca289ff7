package crawl

import (
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// What is wrong with parameters. Critical: a stranger reads files. High: a
// stranger may speak to the database, or in the site's name to its visitors.
var (
	reflectedInput = domain.Advisory{ID: "crawl/reflected-input", Title: "A page takes a part of its address for HTML",
		Severity: domain.High, CWE: 79, CVSS: scanners.Scripted,
		Description: "What stands in the address becomes a part of the page. Whoever gets a visitor to follow a link runs scripts in the site's name: they read what the visitor sees, and act as he may.",
		Remedy:      "Encode what comes from a request for the place where it is put, best by a template engine that does so by itself, and add a Content-Security-Policy without 'unsafe-inline'.",
		References:  []string{"https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html", "https://cwe.mitre.org/data/definitions/79.html"}}
	openRedirect = domain.Advisory{ID: "crawl/open-redirect", Title: "A page sends visitors to any address that a link names",
		Severity: domain.Medium, CWE: 601, CVSS: scanners.Misled,
		Description: "A link that begins with the site's name leads to somebody else's site, which may look like it and ask for passwords; tokens in the address go along.",
		Remedy:      "Take only paths of the site itself, or names from a list, and compare the parsed host rather than the beginning of the text.",
		References:  []string{"https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html", "https://cwe.mitre.org/data/definitions/601.html"}}
	pathTraversal = domain.Advisory{ID: "crawl/path-traversal", Title: "A parameter leads to any file of the server",
		Severity: domain.Critical, CWE: 22, CVSS: scanners.Disclosed,
		Description: "Whoever asks reads files outside of the site: settings with passwords, keys, the source.",
		Remedy:      "Take names from a list instead of paths, or resolve the path and refuse what is outside of the folder. Change the secrets that the server's account can read.",
		References:  []string{"https://owasp.org/www-community/attacks/Path_Traversal", "https://cwe.mitre.org/data/definitions/22.html"}}
	sqlError = domain.Advisory{ID: "crawl/sql-error", Title: "A quote in a parameter breaks a statement to the database",
		Severity: domain.High, CWE: 89, CVSS: scanners.Queried,
		Description: "The value becomes a part of the statement, so that whoever asks may most likely write one of his own and read or change the database; the error tells him how it is built.",
		Remedy:      "Pass values as parameters of prepared statements, and answer errors with a page that tells nothing.",
		References:  []string{"https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html", "https://cwe.mitre.org/data/definitions/89.html"}}
)

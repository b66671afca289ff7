package content

import (
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Sources that several advisories name.
const (
	mixedSpec  = "https://www.w3.org/TR/mixed-content/"
	forceTLS   = "https://www.rfc-editor.org/rfc/rfc9325"
	testBackup = "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/02-Configuration_and_Deployment_Management_Testing/04-Review_Old_Backup_and_Unreferenced_Files_for_Sensitive_Information"
	testConfig = "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/02-Configuration_and_Deployment_Management_Testing/02-Test_Application_Platform_Configuration"
	secrets    = "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"
)

// CWE numbers: https://cwe.mitre.org/data/definitions/<number>.html
const (
	exposure200     = 200  // exposure of sensitive information
	clearText       = 319  // clear-text transmission
	debugCode       = 489  // active debug code
	malicious       = 506  // embedded malicious code
	repositoryOpen  = 527  // exposure of a version control repository
	backupOpen      = 530  // exposure of a backup file
	logOpen         = 532  // sensitive information in a log
	sourceOpen      = 540  // sensitive information in source code
	listingOpen     = 548  // exposure through a directory listing
	fileOpen        = 552  // files accessible to external parties
	getQuery        = 598  // sensitive query strings
	untrustedSource = 829  // functionality from an untrusted control sphere
	permissive      = 942  // permissive cross-domain policy
	hiddenContent   = 1021 // rendered frames
)

// The advisories. Critical: a stranger has the keys, the data, or what
// visitors type. High: much of the site's inside, or somebody else's code in
// it. Medium: what helps an attack a good way. Low: it tells or weakens
// something.
var (
	repository = domain.Advisory{ID: "content/exposed/repository", Title: "A version control repository is served",
		Severity: domain.High, CWE: repositoryOpen, CVSS: scanners.Disclosed,
		Description: "Whoever asks can fetch the repository piece by piece, and with it the source, its history and every secret that was ever committed.",
		Remedy:      "Deploy an export rather than a checkout, deny paths that begin with a dot in the web server, and change all secrets that the history holds.",
		References:  []string{"https://cwe.mitre.org/data/definitions/527.html", testBackup}}
	environment = domain.Advisory{ID: "content/exposed/environment", Title: "A file with environment variables and secrets is served",
		Severity: domain.Critical, CWE: fileOpen, CVSS: scanners.Disclosed,
		Description: "The file holds passwords or keys in clear text, which open databases, mail and other services to whoever asks.",
		Remedy:      "Move the file out of what the web server serves, deny paths that begin with a dot, and change every secret in it.",
		References:  []string{secrets, "https://cwe.mitre.org/data/definitions/552.html"}}
	configuration = domain.Advisory{ID: "content/exposed/configuration", Title: "A file with the application's settings is served",
		Severity: domain.High, CWE: fileOpen, CVSS: scanners.Disclosed,
		Description: "The file is served as text, with names and often passwords of databases and services.",
		Remedy:      "Remove the copy, keep settings outside of what the web server serves, and change the secrets in it.",
		References:  []string{testBackup, secrets}}
	passwordFile = domain.Advisory{ID: "content/exposed/password-file", Title: "A file with password hashes is served",
		Severity: domain.High, CWE: fileOpen, CVSS: scanners.Disclosed,
		Description: "The hashes can be tried against word lists without asking the server again.",
		Remedy:      "Keep the file outside of what the web server serves, and change all passwords in it.",
		References:  []string{"https://httpd.apache.org/docs/2.4/programs/htpasswd.html"}}
	credentials = domain.Advisory{ID: "content/exposed/credentials", Title: "A file with credentials is served",
		Severity: domain.Critical, CWE: fileOpen, CVSS: scanners.Disclosed,
		Description: "The file belongs to a tool that logs in somewhere, and holds what it logs in with.",
		Remedy:      "Remove the file, deny paths that begin with a dot in the web server, and revoke the credentials.",
		References:  []string{secrets, "https://cwe.mitre.org/data/definitions/552.html"}}
	privateKey = domain.Advisory{ID: "content/exposed/private-key", Title: "A private key is served",
		Severity: domain.Critical, CWE: fileOpen, CVSS: scanners.Disclosed,
		Description: "Whoever has the key is, to others, the server or the person it belongs to.",
		Remedy:      "Remove the key, revoke it and the certificates made with it, and make a new one outside of what the web server serves.",
		References:  []string{"https://cheatsheetseries.owasp.org/cheatsheets/Key_Management_Cheat_Sheet.html"}}
	dump = domain.Advisory{ID: "content/exposed/database", Title: "A database or a copy of one is served",
		Severity: domain.Critical, CWE: backupOpen, CVSS: scanners.Disclosed,
		Description: "Everything in the database is open to whoever asks, users and their passwords' hashes among it.",
		Remedy:      "Remove the file, keep backups on another host, and treat what it held as known.",
		References:  []string{testBackup}}
	archive = domain.Advisory{ID: "content/exposed/archive", Title: "An archive that is named as a backup is served",
		Severity: domain.High, CWE: backupOpen, CVSS: scanners.Disclosed,
		Description: "Such archives hold the site's source, settings and uploads.",
		Remedy:      "Remove the file, keep backups on another host, and change the secrets in it.",
		References:  []string{testBackup}}
	source = domain.Advisory{ID: "content/exposed/source", Title: "Source code is served as text",
		Severity: domain.Medium, CWE: sourceOpen, CVSS: scanners.Disclosed,
		Description: "A copy that the web server does not run shows how the application works, and what is written into it.",
		Remedy:      "Remove the copy, and have the web server deny endings such as .bak, .old and ~.",
		References:  []string{testBackup}}
	phpInfo = domain.Advisory{ID: "content/exposed/phpinfo", Title: "phpinfo() is open to everybody",
		Severity: domain.Medium, CWE: exposure200, CVSS: scanners.Told,
		Description: "The page shows versions, paths, settings, and the environment with whatever secrets are in it.",
		Remedy:      "Remove the file.",
		References:  []string{"https://www.php.net/manual/en/function.phpinfo.php"}}
	serverStatus = domain.Advisory{ID: "content/exposed/server-status", Title: "The server's status page is open to everybody",
		Severity: domain.Medium, CWE: exposure200, CVSS: scanners.Told,
		Description: "It shows what the server is doing; Apache's also the addresses of visitors and what they ask for, with tokens in URLs.",
		Remedy:      "Allow the page to the addresses of those who run the server alone (Require local in Apache, allow and deny in nginx).",
		References:  []string{"https://httpd.apache.org/docs/2.4/mod/mod_status.html", "https://nginx.org/en/docs/http/ngx_http_stub_status_module.html"}}
	actuator = domain.Advisory{ID: "content/exposed/actuator", Title: "Spring Boot's actuator is open to everybody",
		Severity: domain.High, CWE: fileOpen, CVSS: scanners.Disclosed,
		Description: "The endpoints show settings and memory of the application, in which secrets are, and some change it.",
		Remedy:      "Expose health alone (management.endpoints.web.exposure.include), and put the others on another port behind a login.",
		References:  []string{"https://docs.spring.io/spring-boot/reference/actuator/endpoints.html"}}
	debugEndpoint = domain.Advisory{ID: "content/exposed/debug-endpoint", Title: "An endpoint for debugging is open to everybody",
		Severity: domain.High, CWE: debugCode, CVSS: scanners.Disclosed,
		Description: "It shows requests, memory or settings of the application; consoles run what is typed into them.",
		Remedy:      "Turn it off in production, or bind it to a private address.",
		References:  []string{testConfig, "https://cwe.mitre.org/data/definitions/489.html"}}
	debugPage = domain.Advisory{ID: "content/debug-page", Title: "Errors are answered with a page for developers",
		Severity: domain.Medium, CWE: debugCode, CVSS: scanners.Told,
		Description: "The page shows paths, settings or source, and some of them run what is typed into them.",
		Remedy:      "Turn the debug mode off in production, and answer errors with a page that tells nothing.",
		References:  []string{"https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html"}}
	metrics = domain.Advisory{ID: "content/exposed/metrics", Title: "Metrics are open to everybody",
		Severity: domain.Low, CWE: exposure200, CVSS: scanners.Told,
		Description: "Metrics name versions, hosts and paths, and tell how busy the application is and when it fails.",
		Remedy:      "Serve metrics on a private address, or behind a login.",
		References:  []string{"https://prometheus.io/docs/operating/security/"}}
	databaseTool = domain.Advisory{ID: "content/exposed/database-tool", Title: "A tool for databases is open to everybody",
		Severity: domain.Medium, CWE: fileOpen,
		Description: "Its login can be tried at will, and its own flaws open the database behind it.",
		Remedy:      "Remove it, or allow it to the addresses of those who use it alone.",
		References:  []string{testConfig}}
	logs = domain.Advisory{ID: "content/exposed/log", Title: "A log is served",
		Severity: domain.Medium, CWE: logOpen, CVSS: scanners.Told,
		Description: "Logs hold addresses and doings of visitors, paths, queries, and now and then passwords.",
		Remedy:      "Write logs outside of what the web server serves, and remove this one.",
		References:  []string{"https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html"}}
	traces = domain.Advisory{ID: "content/exposed/traces", Title: "Files of editors or desktops are served",
		Severity: domain.Low, CWE: exposure200,
		Description: "They list names of files and folders that no page links to.",
		Remedy:      "Remove them, and leave them out of what is deployed.",
		References:  []string{testBackup}}
	settings = domain.Advisory{ID: "content/exposed/settings", Title: "Settings without secrets are served",
		Severity: domain.Low, CWE: exposure200,
		Description: "The file tells how the site is built and run, and where to look for more.",
		Remedy:      "Deny the file in the web server, or leave it out of what is deployed.",
		References:  []string{testConfig}}
	dependencies = domain.Advisory{ID: "content/exposed/dependencies", Title: "The list of the application's packages is served",
		Severity: domain.Low, CWE: exposure200,
		Description: "The list names versions, for which known weaknesses can be looked up.",
		Remedy:      "Leave the file out of what the web server serves.",
		References:  []string{testConfig}}
	users = domain.Advisory{ID: "content/exposed/users", Title: "WordPress lists its users",
		Severity: domain.Low, CWE: exposure200, CVSS: scanners.Told,
		Description: "The names are those to log in with, and half of what a guesser of passwords needs.",
		Remedy:      "Have the endpoint ask for a login, by a plug-in or a filter on rest_endpoints.",
		References:  []string{"https://developer.wordpress.org/rest-api/reference/users/"}}
	description = domain.Advisory{ID: "content/exposed/api-description", Title: "A description of the API is open",
		Severity:    domain.Informational,
		Description: "That may be meant; where it is not, it lists endpoints that no page names.",
		Remedy:      "Serve it behind a login if the API is not for everybody.",
		References:  []string{"https://spec.openapis.org/oas/latest.html"}}
	crossDomain = domain.Advisory{ID: "content/cross-domain-policy", Title: "A policy file lets plug-ins of any site read answers",
		Severity: domain.Low, CWE: permissive,
		Description: "Flash and Silverlight, where they still run, read with the visitor's rights what the site answers.",
		Remedy:      "Remove the file, or name the domains that are meant.",
		References:  []string{"https://cwe.mitre.org/data/definitions/942.html"}}
	directoryListing = domain.Advisory{ID: "content/directory-listing", Title: "A directory lists its files",
		Severity: domain.Medium, CWE: listingOpen, CVSS: scanners.Told,
		Description: "Files that no page links to, copies and uploads among them, can be found by whoever looks.",
		Remedy:      "Turn listings off: Options -Indexes in Apache, autoindex off in nginx.",
		References:  []string{"https://cwe.mitre.org/data/definitions/548.html"}}
)

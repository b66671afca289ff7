package content

import (
	"regexp"

	"github.com/scanledger/scanledger/domain"
)

func says(expression string) *regexp.Regexp { return regexp.MustCompile(expression) }

// What files say of themselves.
var (
	envSays     = says(`(?m)^\s*(?:export\s+)?([A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|APP_KEY|PRIVATE_KEY|ACCESS_KEY|DATABASE_URL|DSN|CREDENTIALS)[A-Z0-9_]*\s*=)\s*["']?[^\s"'#]`)
	envPlain    = says(`^(?:\s*(?:#[^\n]*)?\n)*\s*(?:export\s+)?([A-Z][A-Z0-9_]{2,}=)[^\n<]*(?:\n|$)`)
	keySays     = says(`^\s*(?:Bag Attributes[\s\S]{0,400})?-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----`)
	sqlSays     = says(`(?m)^(?:-- (?:MySQL dump|MariaDB dump|PostgreSQL database dump|phpMyAdmin SQL Dump|Dump completed|Host:)|CREATE (?:TABLE|DATABASE)\b|INSERT INTO\b|DROP TABLE IF EXISTS\b|PRAGMA foreign_keys)|^PGDMP`)
	packed      = says(`^PK\x03\x04|^\x1f\x8b\x08|^7z\xbc\xaf\x27\x1c|^Rar!\x1a\x07|^BZh[1-9]1AY&SY|^\xfd7zXZ\x00|^[\x00-\xff]{257}ustar`)
	packedSQL   = says(`^PK\x03\x04|^\x1f\x8b\x08|^BZh[1-9]1AY&SY|^\xfd7zXZ\x00|` + sqlSays.String())
	sqlite      = says(`^SQLite format 3\x00`)
	phpSource   = says(`^\s*(?:#![^\n]*\n)?(<\?php)\b`)
	wpConfig    = says(`(define\s*\(\s*['"]DB_(?:PASSWORD|NAME|USER)['"])`)
	configFiles = says(`(?m)^<\?php\b|(class JConfig\b)|['"](?:db_)?password['"]\s*(?:=>|:)`)
)

// exposures are the files that are looked for. The rules of one profile are
// those of the profiles before it too.
var exposures = []exposure{
	// What was left behind by tools for versions of the site.
	{name: "git", advisory: repository, from: domain.Quick, paths: []string{"/.git/HEAD", "/.git/config", "/.git/index"},
		says: says(`^(?:ref: refs/[\w./-]{1,200}|[0-9a-f]{40}\s*$)|^(\[core\])|^(DIRC)\x00\x00\x00[\x02-\x04]`)},
	{name: "svn", advisory: repository, from: domain.Quick, paths: []string{"/.svn/wc.db", "/.svn/entries"},
		says: says(`^SQLite format 3\x00|^(?:8|9|10)\n\ndir\n|^12\n$`)},
	{name: "hg", advisory: repository, from: domain.Standard, paths: []string{"/.hg/requires", "/.hg/hgrc"},
		says: says(`(?m)^(?:revlogv1|fncache|dotencode|generaldelta|share-safe)$|^\[paths\]`)},
	{name: "bzr", advisory: repository, from: domain.Deep, paths: []string{"/.bzr/README"}, says: says(`^This is a Bazaar control directory`)},
	{name: "cvs", advisory: repository, from: domain.Deep, paths: []string{"/CVS/Root", "/CVS/Entries"},
		says: says(`^(:(?:pserver|ext|local|gserver):)|^D?/[^/\n]{1,100}/[\d.]*/`)},

	// Settings with secrets.
	{name: "env", advisory: environment, from: domain.Quick, each: true, says: envSays,
		paths: []string{"/.env", "/.env.local", "/.env.production", "/.env.bak"}},
	{name: "env-more", advisory: environment, from: domain.Deep, each: true, says: envSays,
		paths: []string{"/.env.prod", "/.env.dev", "/.env.development", "/.env.staging", "/.env.test", "/.env.old", "/.env.save", "/.env.backup", "/env.txt", "/api/.env", "/app/.env", "/backend/.env", "/config/.env", "/public/.env"}},
	{name: "env-without-secrets", advisory: settings, from: domain.Standard, each: true, says: envPlain, paths: []string{"/.env.example", "/.env.sample", "/.flaskenv"}},
	{name: "wordpress-configuration", advisory: configuration, from: domain.Quick, each: true, says: wpConfig,
		paths: []string{"/wp-config.php.bak", "/wp-config.php~", "/wp-config.php.old", "/wp-config.php.save", "/wp-config.txt", "/.wp-config.php.swp"}},
	{name: "configuration-copies", advisory: configuration, from: domain.Standard, each: true, says: configFiles,
		paths: []string{"/configuration.php.bak", "/configuration.php~", "/config.php.bak", "/config.php~", "/config.php.old", "/settings.php.bak", "/sites/default/settings.php.bak", "/config.inc.php.bak", "/db.php.bak", "/database.php.bak"}},
	{name: "application-settings", advisory: configuration, from: domain.Standard, each: true,
		says:  says(`"(?:ConnectionStrings?|DefaultConnection)"\s*:|<connectionStrings\b|(?m)^\s{2,}(?:adapter|password):|^(?:secret_key_base|\w+:\n\s+secret_key_base):`),
		paths: []string{"/appsettings.json", "/appsettings.Production.json", "/web.config", "/web.config.bak", "/config/database.yml", "/config/secrets.yml", "/database.yml"}},
	{name: "java-settings", advisory: configuration, from: domain.Deep, each: true,
		says:  says(`(?m)^\s*(spring\.datasource\.[\w.-]+\s*=|jdbc\.[\w.-]+\s*=)|^(spring:)\s*\n|(<web-app\b)`),
		paths: []string{"/application.properties", "/application.yml", "/WEB-INF/web.xml", "/WEB-INF/classes/application.properties"}},
	{name: "password-file", advisory: passwordFile, from: domain.Quick, paths: []string{"/.htpasswd", "/.htpasswd.bak", "/htpasswd"},
		says: says(`(?m)^([^:\s<>]{1,64}:(?:\$apr1\$|\$2[aby]\$|\$5\$|\$6\$|\{SHA\}))|^([^:\s<>]{1,64}:)[./0-9A-Za-z]{13}\s*$`)},
	{name: "cloud-credentials", advisory: credentials, from: domain.Quick, each: true,
		says:  says(`(?m)^\s*(aws_(?:secret_access_key|access_key_id)\s*=)|^(https?://[^\s:/@]{1,100}:)[^\s@]{1,200}@|"(auths)"\s*:\s*\{|(_authToken=)|^(machine \S+ login \S+ password )|^([^:\s]+:\d+:[^:\s]+:[^:\s]+:)\S|^\[client\][\s\S]{0,200}?(\npassword\s*=)`),
		paths: []string{"/.aws/credentials", "/.git-credentials", "/.docker/config.json"}},
	{name: "credentials", advisory: credentials, from: domain.Standard, each: true,
		says:  says(`(?m)^\s*(aws_(?:secret_access_key|access_key_id)\s*=)|(_authToken=)|^(machine \S+ login \S+ password )|^([^:\s]+:(?:\d+|\*):[^:\s]+:[^:\s]+:)\S|^(\[client\])|"(auths?)"\s*:\s*\{|(client-key-data:|^kind: Config\b)|"type"\s*:\s*"(service_account)"`),
		paths: []string{"/.npmrc", "/.netrc", "/.pgpass", "/.my.cnf", "/.dockercfg", "/.kube/config", "/kubeconfig", "/service-account.json", "/credentials.json"}},
	{name: "editor-deployment", advisory: credentials, from: domain.Standard, each: true,
		says:  says(`"(?:host|hostname)"\s*:[\s\S]{0,600}"(password|passphrase|privateKeyPath|ssh_key_file)"\s*:|<(Pass)\b`),
		paths: []string{"/.vscode/sftp.json", "/sftp-config.json", "/.ftpconfig", "/.remote-sync.json", "/sitemanager.xml"}},
	{name: "private-keys", advisory: privateKey, from: domain.Quick, each: true, says: keySays,
		paths: []string{"/.ssh/id_rsa", "/id_rsa", "/server.key", "/privkey.pem"}},
	{name: "private-keys-more", advisory: privateKey, from: domain.Deep, each: true, says: keySays,
		paths: []string{"/id_ed25519", "/.ssh/id_ed25519", "/id_dsa", "/id_ecdsa", "/private.key", "/private.pem", "/key.pem", "/ssl.key", "/{host}.key", "/{host}.pem", "/cert.key", "/ssl/server.key", "/jwt.key", "/localhost.key"}},
	{name: "terraform-state", advisory: credentials, from: domain.Standard, each: true, says: says(`"(terraform_version)"\s*:`),
		paths: []string{"/terraform.tfstate", "/terraform.tfstate.backup"}},

	// Copies of the whole site, or of its data.
	{name: "database-dumps", advisory: dump, from: domain.Quick, each: true, says: packedSQL,
		paths: []string{"/backup.sql", "/dump.sql", "/database.sql", "/db.sql", "/{host}.sql"}},
	{name: "database-dumps-more", advisory: dump, from: domain.Deep, each: true, says: packedSQL,
		paths: []string{"/backup.sql.gz", "/dump.sql.gz", "/database.sql.gz", "/db.sql.gz", "/db_backup.sql", "/mysql.sql", "/data.sql", "/users.sql", "/wordpress.sql", "/site.sql", "/localhost.sql", "/sql.sql", "/backup/backup.sql", "/{host}.sql.gz", "/dump.sql.zip", "/db.dump"}},
	{name: "databases", advisory: dump, from: domain.Standard, each: true, says: sqlite,
		paths: []string{"/db.sqlite3", "/database.sqlite", "/db.sqlite", "/data.db", "/app.db", "/database.db"}},
	{name: "archives", advisory: archive, from: domain.Quick, each: true, says: packed,
		paths: []string{"/backup.zip", "/backup.tar.gz", "/{host}.zip", "/{host}.tar.gz"}},
	{name: "archives-more", advisory: archive, from: domain.Deep, each: true, says: packed,
		paths: []string{"/backup.tar", "/backup.tgz", "/backup.rar", "/backup.7z", "/site.zip", "/site.tar.gz", "/www.zip", "/www.tar.gz", "/public_html.zip", "/public_html.tar.gz", "/htdocs.zip", "/html.zip", "/web.zip", "/wwwroot.zip", "/website.zip", "/old.zip", "/latest.zip", "/release.zip", "/source.zip", "/src.zip", "/code.zip", "/app.zip", "/wp-content.zip", "/wordpress.zip"}},
	{name: "source-copies", advisory: source, from: domain.Standard, each: true, says: says(`^\s*(?:#![^\n]*\n)?(<\?php)\b|^(b0VIM \d)`),
		paths: []string{"/index.php.bak", "/index.php~", "/index.php.old", "/index.php.save", "/.index.php.swp", "/login.php.bak", "/admin.php.bak"}},

	// Pages for those who run the site.
	{name: "phpinfo", advisory: phpInfo, from: domain.Quick, page: true, says: says(`<title>(?:PHP [\d.]+\S* - )?phpinfo\(\)</title>|<h1 class="p">(PHP Version [\d.]+)`),
		paths: []string{"/phpinfo.php", "/info.php", "/test.php", "/i.php", "/pi.php", "/php.php", "/phpinfo"}},
	{name: "server-status", advisory: serverStatus, from: domain.Quick, page: true,
		says:  says(`<title>Apache Status</title>|<h1>Apache Server Status for |<title>Server Information</title>[\s\S]{0,400}Apache Server Information|^(?:Total Accesses|ServerVersion): |^Active connections: \d+ ?\s+server accepts handled requests|(?m)^pool:\s+\S+\s*\nprocess manager:`),
		paths: []string{"/server-status", "/server-info", "/nginx_status", "/stub_status", "/status?full", "/fpm-status"}},
	{name: "actuator", advisory: actuator, from: domain.Quick, each: true,
		says:  says(`^\s*\{[\s\S]*?"(propertySources|systemProperties)"\s*:|^\s*\{\s*"(_links)"\s*:[\s\S]*?/(?:env|heapdump|beans|mappings|configprops)"|^(JAVA PROFILE 1\.0\.\d)`),
		paths: []string{"/actuator/env", "/actuator", "/env"}},
	{name: "actuator-more", advisory: actuator, from: domain.Deep, each: true,
		says:  says(`^\s*\{\s*"(contexts)"\s*:\s*\{[\s\S]*?"(?:beans|mappings)"|^(JAVA PROFILE 1\.0\.\d)|^\s*\{[\s\S]{0,400}"(agent|traces|exchanges|threads)"\s*:`),
		paths: []string{"/actuator/heapdump", "/heapdump", "/actuator/beans", "/actuator/mappings", "/actuator/configprops", "/actuator/httptrace", "/actuator/httpexchanges", "/actuator/threaddump", "/jolokia/version", "/actuator/jolokia/version"}},
	{name: "debug-endpoints", advisory: debugEndpoint, from: domain.Standard, each: true, page: true,
		says:  says(`Types of profiles available:|^\s*\{\s*"cmdline"\s*:\s*\[|"(memstats)"\s*:|<title>(?:Symfony Profiler|Application Trace|Error log for)|<h1[^>]*>Interactive Console</h1>|class="sf-profiler|(Clockwork Web)|<title>Laravel Telescope`),
		paths: []string{"/debug/pprof/", "/debug/vars", "/_profiler/", "/_profiler/empty/search/results", "/trace.axd", "/elmah.axd", "/console", "/telescope", "/__clockwork/app"}},
	{name: "metrics", advisory: metrics, from: domain.Standard, each: true, says: says(`(?m)^(# (?:HELP|TYPE) [a-zA-Z_:][\w:]* )`),
		paths: []string{"/metrics", "/actuator/prometheus"}},
	{name: "database-tools", advisory: databaseTool, from: domain.Standard, each: true, page: true,
		says:  says(`<title>[^<]{0,80}(?:phpMyAdmin|Adminer|phpPgAdmin|H2 Console|pgAdmin|Mongo Express|RedisInsight|phpRedisAdmin)`),
		paths: []string{"/phpmyadmin/", "/adminer.php", "/adminer/", "/pma/", "/phppgadmin/", "/h2-console/", "/mongo-express/"}},

	// Logs and the traces of tools.
	{name: "logs", advisory: logs, from: domain.Standard, each: true,
		says:  says(`(?m)^\[[^\]\n]{10,40}\] (PHP (?:Notice|Warning|Fatal error|Deprecated|Parse error):)|^\[\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\]\n]{0,20}\] (\w+\.(?:ERROR|DEBUG|INFO|WARNING|CRITICAL|EMERGENCY):)|^\S{3,45} \S+ \S+ (\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]) "[A-Z]+ |^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (\[(?:error|warn|crit|notice)\]) \d+#\d+|^\[\w{3} \w{3} +\d+ [\d:.]+ \d{4}\] (\[[\w:]+\])|^\d+ (?:verbose|info it worked if it ends with) `),
		paths: []string{"/error.log", "/error_log", "/debug.log", "/access.log", "/wp-content/debug.log", "/storage/logs/laravel.log", "/logs/error.log", "/npm-debug.log", "/var/log/dev.log", "/log/production.log"}},
	{name: "shell-history", advisory: credentials, from: domain.Standard, each: true,
		says:  says(`(?m)^(?:#\d{10}\n)?(?:sudo |cd |ls\b|ssh |mysql |git |vim? |nano |exit$|apt(?:-get)? )[^\n]*\n[\s\S]{0,600}?^(?:#\d{10}\n)?(sudo |cd |ls\b|ssh |mysql |git |vim? |nano |exit$)`),
		paths: []string{"/.bash_history", "/.zsh_history", "/.mysql_history"}},
	{name: "desktop-files", advisory: traces, from: domain.Standard, paths: []string{"/.DS_Store"}, says: says(`^\x00\x00\x00\x01(Bud1)`)},
	{name: "editor-projects", advisory: traces, from: domain.Deep, each: true,
		says:  says(`<project version=|<module type=|^\s*\{[\s\S]{0,200}"(?:folders|editor\.|workbench\.|configurations)`),
		paths: []string{"/.idea/workspace.xml", "/.idea/modules.xml", "/.vscode/settings.json", "/.vscode/launch.json", "/nbproject/project.xml"}},
	{name: "server-settings", advisory: settings, from: domain.Deep, each: true,
		says:  says(`(?mi)^\s*(RewriteEngine |<IfModule |AuthType |AuthUserFile |Options |DirectoryIndex |Order (?:allow|deny))|^\s*(server)\s*\{|^(auto_prepend_file|display_errors|memory_limit|upload_max_filesize)\s*=`),
		paths: []string{"/.htaccess", "/nginx.conf", "/.user.ini", "/php.ini"}},
	{name: "build-files", advisory: settings, from: domain.Deep, each: true,
		says:  says(`(?m)^(FROM \S+)|^(services:)\s*$|^(stages|image|before_script|language|pipeline|jobs|on):|^\s*(pipeline|node)\s*\{|^(\[ssh_connection\]|all:|\[all\])`),
		paths: []string{"/Dockerfile", "/docker-compose.yml", "/docker-compose.yaml", "/.gitlab-ci.yml", "/.travis.yml", "/.circleci/config.yml", "/Jenkinsfile", "/.github/workflows/deploy.yml", "/ansible.cfg"}},
	{name: "dependencies", advisory: dependencies, from: domain.Deep, each: true,
		says:  says(`^\s*\{[\s\S]*?"(require|packages|dependencies|devDependencies|lockfileVersion|_readme)"\s*:|^(# THIS IS AN AUTOGENERATED FILE)|^(GEM\n  remote:)|(?m)^(module \S+\n)|^(\[packages\])`),
		paths: []string{"/composer.json", "/composer.lock", "/package.json", "/package-lock.json", "/yarn.lock", "/Gemfile.lock", "/vendor/composer/installed.json", "/go.mod", "/Pipfile"}},
	{name: "cross-domain-policy", advisory: crossDomain, from: domain.Standard, each: true, page: true,
		says:  says(`<allow-access-from\s[^>]{0,200}domain\s*=\s*["']\*["']|<domain\s+uri\s*=\s*["'](?:https?://)?\*["']`),
		paths: []string{"/crossdomain.xml", "/clientaccesspolicy.xml"}},
	{name: "wordpress-users", advisory: users, from: domain.Standard, paths: []string{"/wp-json/wp/v2/users"},
		says: says(`^\s*\[\s*\{\s*("id"\s*:\s*\d+)[\s\S]*?"slug"\s*:`)},
	{name: "api-descriptions", advisory: description, from: domain.Deep, each: true,
		says:  says(`^\s*\{[\s\S]*?"(swagger|openapi)"\s*:\s*"[23]\.|^(?:#[^\n]*\n)*(openapi|swagger):\s*["']?[23]\.`),
		paths: []string{"/swagger.json", "/openapi.json", "/openapi.yaml", "/v2/api-docs", "/v3/api-docs", "/swagger/v1/swagger.json", "/api-docs"}},
}

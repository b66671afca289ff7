package content_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/content"
	"github.com/scanledger/scanledger/domain"
)

const home = `<!doctype html><title>Home</title><p>Welcome`

// exposed are files that must be told, by their paths, with the rule that
// tells them and, beside each, a file of that name that is none.
var exposed = []struct{ path, body, id, harmless string }{
	{"/.git/HEAD", "ref: refs/heads/main\n", "repository", "HEAD"},
	{"/.git/config", "[core]\n\trepositoryformatversion = 0\n", "repository", "[user]\n"},
	{"/.svn/wc.db", "SQLite format 3\x00....", "repository", "SQLite"},
	{"/.hg/requires", "dotencode\nfncache\nrevlogv1\n", "repository", "nothing"},
	{"/.bzr/README", "This is a Bazaar control directory.\n", "repository", "README"},
	{"/CVS/Root", ":pserver:anonymous@cvs.example:/root\n", "repository", "root"},
	{"/.env", "APP_ENV=prod\nDB_PASSWORD=hunter2-secret\n", "environment", "DB_PASSWORD=\n"},
	{"/.env.staging", "export API_KEY='hunter2-secret'\n", "environment", "hello"},
	{"/.env.example", "APP_NAME=demo\n", "settings", "a = b"},
	{"/wp-config.php.bak", "<?php\ndefine( 'DB_PASSWORD', 'hunter2-secret' );", "configuration", "<?php echo 1;"},
	{"/configuration.php.bak", "<?php\nclass JConfig {\n\tpublic $password = 'hunter2-secret';", "configuration", "text"},
	{"/appsettings.json", `{"ConnectionStrings": {"Default": "Password=hunter2-secret"}}`, "configuration", `{"theme": "dark"}`},
	{"/config/database.yml", "production:\n  adapter: mysql2\n  password: hunter2-secret\n", "configuration", "production: yes"},
	{"/application.properties", "spring.datasource.password=hunter2-secret\n", "configuration", "a.b=c"},
	{"/.htpasswd", "ann:$apr1$hunter2$secret\n", "password-file", "ann: a name"},
	{"/.aws/credentials", "[default]\naws_secret_access_key = hunter2-secret\n", "credentials", "[default]"},
	{"/.git-credentials", "https://ann:hunter2-secret@git.example\n", "credentials", "https://git.example\n"},
	{"/.npmrc", "//registry.example/:_authToken=hunter2-secret\n", "credentials", "save-exact=true"},
	{"/.pgpass", "db.example:5432:shop:ann:hunter2-secret\n", "credentials", "a:b"},
	{"/.netrc", "machine git.example login ann password hunter2-secret\n", "credentials", "machine"},
	{"/.vscode/sftp.json", `{"host": "a.example", "username": "ann", "password": "hunter2-secret"}`, "credentials", `{"host": "a.example"}`},
	{"/terraform.tfstate", `{"version": 4, "terraform_version": "1.5.0", "outputs": {"p": "hunter2-secret"}}`, "credentials", `{"version": 4}`},
	{"/.bash_history", "cd /srv\nmysql -phunter2-secret\nexit\n", "credentials", "a history of bash"},
	{"/server.key", "-----BEGIN RSA PRIVATE KEY-----\nhunter2-secret\n", "private-key", "-----BEGIN CERTIFICATE-----\n"},
	{"/id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2-secret\n", "private-key", "ssh-ed25519 AAAA"},
	{"/dump.sql", "-- MySQL dump 10.13\nINSERT INTO `users` VALUES ('hunter2-secret');\n", "database", "select"},
	{"/db.sql.gz", "\x1f\x8b\x08\x00hunter2-secret", "database", "gz"},
	{"/db.sqlite3", "SQLite format 3\x00hunter2-secret", "database", "3"},
	{"/backup.zip", "PK\x03\x04\x14\x00hunter2-secret", "archive", "PK"},
	{"/backup.tar", strings.Repeat("a\x00", 128) + "\x00ustar", "archive", "tar"},
	{"/index.php.bak", "<?php $p = 'hunter2-secret';", "source", "<html><p>old</p>"},
	{"/info.php", "<title>PHP 8.2.1 - phpinfo()</title>", "phpinfo", "<title>Info</title>"},
	{"/server-status", "<html><head><title>Apache Status</title></head>", "server-status", "<title>Status</title>"},
	{"/nginx_status", "Active connections: 3 \nserver accepts handled requests\n 1 1 1\n", "server-status", "Active"},
	{"/actuator/env", `{"activeProfiles":[],"propertySources":[{"name":"x"}]}`, "actuator", `{"status":"UP"}`},
	{"/actuator", `{"_links":{"self":{"href":"http://a/actuator"},"env":{"href":"http://a/actuator/env"}}}`, "actuator", `{"_links":{"self":{},"health":{"href":"http://a/actuator/health"}}}`},
	{"/debug/pprof/", "<html><title>/debug/pprof/</title>\n<p>Types of profiles available:</p>", "debug-endpoint", "<title>/debug/pprof/</title>"},
	{"/debug/vars", `{"cmdline": ["/srv/app"], "memstats": {}}`, "debug-endpoint", `{}`},
	{"/metrics", "# HELP go_goroutines Number.\n# TYPE go_goroutines gauge\n", "metrics", "km per mile"},
	{"/phpmyadmin/", "<html><title>phpMyAdmin</title>", "database-tool", "<title>Home</title>"},
	{"/error.log", "[Mon Nov 23 10:00:00.000000 2026] [core:error] [pid 1] AH00126", "log", "no errors"},
	{"/storage/logs/laravel.log", "[2026-11-23 10:00:00] production.ERROR: hunter2-secret", "log", "log"},
	{"/access.log", `10.0.0.1 - - [23/Nov/2026:10:00:00 +0000] "GET /?token=hunter2-secret HTTP/1.1" 200`, "log", "GET"},
	{"/.DS_Store", "\x00\x00\x00\x01Bud1\x00", "traces", "Bud1"},
	{"/.idea/workspace.xml", `<?xml version="1.0"?><project version="4">`, "traces", "<project/>"},
	{"/.htaccess", "RewriteEngine On\n", "settings", "text"},
	{"/docker-compose.yml", "services:\n  web:\n", "settings", "service"},
	{"/composer.lock", `{"_readme": ["x"], "packages": []}`, "dependencies", "{}"},
	{"/wp-json/wp/v2/users", `[{"id":1,"name":"Ann","slug":"ann"}]`, "users", "[]"},
	{"/openapi.json", `{"openapi": "3.1.0"}`, "api-description", "{}"},
}

// TestExposedFiles are told all at once, and nothing of what is secret in them.
func TestExposedFiles(t *testing.T) {
	all, ids := site{"/": home}, []string{}
	for _, e := range exposed {
		all[e.path] = e.body
		if e.path != "/.git/config" && e.path != "/nginx_status" { // one of a kind is enough
			ids = append(ids, "content/exposed/"+e.id+"@"+e.path)
		}
	}
	s := look(t, all, domain.Deep)
	want(t, s, ids...)
	for _, raw := range s.Kept {
		if strings.Contains(raw, "hunter2") {
			t.Errorf("the evidence has a secret: %q", raw)
		}
	}
	for _, w := range s.Weaknesses {
		if strings.Contains(w.Detail, "hunter2") {
			t.Errorf("the detail has a secret: %s", w.Detail)
		}
	}
}

// TestHarmlessFiles raise nothing, all at once.
func TestHarmlessFiles(t *testing.T) {
	all := site{"/": home}
	for _, e := range exposed {
		all[e.path] = e.harmless
	}
	s := look(t, all, domain.Deep)
	want(t, s)
	for _, e := range exposed {
		covered := false
		for what, c := range s.Coverage {
			covered = covered || strings.HasSuffix(what, e.path) && c.Outcome == domain.Tested
		}
		if !covered {
			t.Errorf("%s is not in the coverage", e.path)
		}
	}
}

// TestCatchAll: sites that answer anything with one of the files, whichever it
// is, have exposed none.
func TestCatchAll(t *testing.T) {
	pages := map[string]http.HandlerFunc{
		"a page": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, "<!doctype html><title>%s</title>DB_PASSWORD=x <?php -----BEGIN PRIVATE KEY----- PK\x03\x04", r.URL.Path)
		},
		"a login": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/login" {
				http.Redirect(w, r, "/login?next="+r.URL.Path, http.StatusFound)
			}
		},
		"the root": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/#/", http.StatusMovedPermanently) },
		"forbidden": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "ref: refs/heads/main")
		},
	}
	for _, e := range exposed {
		pages[e.id] = func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, e.body) }
	}
	pages["with a number"] = func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "-- MySQL dump for %s\nINSERT INTO t VALUES (1);", r.URL.Path)
	}
	for name, answer := range pages {
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			s, err := scan(t.Context(), t, content.Options{}, serve(t, httptest.NewServer, answer), domain.Deep)
			if err != nil && name != "the root" {
				t.Fatal(err)
			}
			want(t, s)
		})
	}
}

// TestWhatCannotBeTold of a site that answers everything with a dump.
func TestWhatCannotBeTold(t *testing.T) {
	s := look(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "-- MySQL dump for %s\nINSERT INTO t VALUES (1);", r.URL.Path)
	}), domain.Quick)
	if c := s.Coverage["exposed-files: database-dumps"]; c.Outcome != domain.Refused || c.Reason != "a made-up path is answered in the same way" {
		t.Errorf("the rule is %+v", c)
	}
	if c := s.Coverage["exposed-files: git"]; c.Outcome != domain.Tested {
		t.Errorf("the rule is %+v", c)
	}
}

func TestProfilesGoFurther(t *testing.T) {
	all := site{"/": home, "/.git/HEAD": "ref: refs/heads/main\n", "/.npmrc": "_authToken=x\n", "/openapi.json": `{"openapi": "3.1.0"}`}
	want(t, look(t, all, domain.Quick), "content/exposed/repository")
	want(t, look(t, all, domain.Standard), "content/exposed/repository", "content/exposed/credentials")
	s := look(t, all, domain.Quick)
	if c := s.Coverage["exposed-files: api-descriptions"]; c.Outcome != domain.Skipped || c.Reason == "" {
		t.Errorf("a rule of another profile is %+v", c)
	}
	want(t, look(t, all, domain.Deep), "content/exposed/repository", "content/exposed/credentials", "content/exposed/api-description")
}

func TestOneRepositoryIsOneFinding(t *testing.T) {
	s := look(t, site{"/": home, "/.git/HEAD": "ref: refs/heads/main\n", "/.git/config": "[core]\n"}, domain.Quick)
	want(t, s, "content/exposed/repository@/.git/HEAD")
	skipped := 0
	for what, c := range s.Coverage {
		if strings.HasSuffix(what, "/.git/config") && c.Outcome == domain.Skipped {
			skipped++
		}
	}
	if skipped != 1 {
		t.Error("what was not asked for any more is not in the coverage")
	}
}

func TestDirectoryListings(t *testing.T) {
	for name, listing := range map[string]string{
		"apache": "<html><head><title>Index of /files</title></head>",
		"python": "<title>Directory listing for /files/</title>",
		"iis":    `<pre><A HREF="/">[To Parent Directory]</A><br>`,
		"go":     "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n<a href=\"a.txt\">a.txt</a>\n</pre>",
		"tomcat": "<html><head><title>Directory Listing For [/files/]</title>",
	} {
		want(t, look(t, site{"/": home, "/files/": listing}, domain.Quick), "content/directory-listing@/files/")
		t.Log(name)
	}
	s := look(t, site{"/": home + `<img src=/img/a/b.png>`, "/img/": "<title>Index of /img</title>", "/files/": "<title>Index of our files</title>"}, domain.Standard)
	want(t, s, "content/directory-listing@/img/")
	want(t, look(t, site{"/": "<title>Index of /</title>"}, domain.Quick), "content/directory-listing@/")
	linked := site{"/": `<a href="/list/">files</a>`, "/list/": "<title>Index of /list/</title>"}
	want(t, look(t, linked, domain.Standard), "content/directory-listing@/list/")
}

func TestDebugPage(t *testing.T) {
	s := look(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			fmt.Fprint(w, home)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<p>You're seeing this error because you have <code>DEBUG = True</code> in your settings")
	}), domain.Quick)
	want(t, s, "content/debug-page@")
}

// TestASiteThatIsNotThere is told as such, and what falls silent in the middle.
func TestASiteThatFallsSilent(t *testing.T) {
	s := look(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, home)
	}), domain.Quick)
	want(t, s)
	if c := s.Coverage["exposed-files: git"]; c.Outcome != domain.TimedOut || c.Reason == "" {
		t.Errorf("a rule is %+v", c)
	}
	if c := s.Coverage["debug-pages"]; c.Outcome != domain.Failed {
		t.Errorf("the made-up path is %+v", c)
	}
}

func TestASiteThatIsBusy(t *testing.T) {
	s := look(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusTooManyRequests)
		}
		fmt.Fprint(w, home)
	}), domain.Quick)
	if c := s.Coverage["exposed-files: env"]; c.Outcome != domain.Refused || !strings.Contains(c.Reason, "429") {
		t.Errorf("a rule is %+v", c)
	}
}

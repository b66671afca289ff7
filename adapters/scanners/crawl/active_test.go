package crawl

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// echo is a page that makes something of its parameter q.
func echo(format string, of func(string) string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		page(strings.ReplaceAll(format, "@", of(r.URL.Query().Get("q"))))(w, r)
	}
}

func same(s string) string { return s }

// replacing returns what replaces texts by others.
func replacing(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }

// tags are what some programs take out of texts, and think that is enough.
var tags = regexp.MustCompile(`<[A-Za-z/!][^>]*>`)

const passwd = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"

// reads serves files as a program does that puts names together.
func reads(check func(name string) string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		name := check(r.URL.Query().Get("q"))
		if strings.HasSuffix(name, "/etc/passwd") && (strings.HasPrefix(name, "../../") || strings.HasPrefix(name, "/")) {
			text(passwd)(w, r)
			return
		}
		page("no such page")(w, r)
	}
}

// database answers a quote with an error.
func database(says string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Count(r.URL.Query().Get("q"), "'")%2 == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, says)
			return
		}
		page("3 results")(w, r)
	}
}

func leadsTo(of func(string) string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", of(r.URL.Query().Get("q")))
		w.WriteHeader(http.StatusFound)
	}
}

// TestActive looks at a parameter of pages that do right and wrong.
func TestActive(t *testing.T) {
	const xss, redirect, file, sql = "crawl/reflected-input@/x?q", "crawl/open-redirect@/x?q", "crawl/path-traversal@/x?q", "crawl/sql-error@/x?q"
	const syntax = "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version"
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		want   string
	}{
		"text as it is":                 {echo("<p>You looked for @</p>", same), xss},
		"text that is encoded":          {echo("<p>You looked for @</p>", html.EscapeString), ""},
		"text without angle brackets":   {echo("<p>@</p>", replacing("<", "", ">", "")), ""},
		"an attribute":                  {echo(`<input value="@">`, replacing("<", "&lt;", ">", "&gt;")), xss},
		"an attribute that is safe":     {echo(`<input value="@">`, replacing("<", "&lt;", `"`, "&#34;")), ""},
		"the other quote":               {echo(`<input value='@'>`, replacing("<", "&lt;", `"`, "&#34;")), xss},
		"an attribute without quotes":   {echo(`<input value=@>`, html.EscapeString), xss},
		"a tag":                         {echo(`<input @>`, html.EscapeString), xss},
		"a title":                       {echo("<title>@</title>", same), xss},
		"a text area":                   {echo("<textarea>@</textarea>", same), xss},
		"a comment":                     {echo("<!-- @ -->", same), xss},
		"a script's text":               {echo(`<script>var q = "@";</script>`, replacing("<", `\u003c`)), xss},
		"a script's text, escaped":      {echo(`<script>var q = "@";</script>`, replacing("<", `\u003c`, `\`, `\\`, `"`, `\"`, "'", `\'`)), ""},
		"a script's other quote":        {echo(`<script>var r = /"/, s = '@';</script>`, replacing("<", `\u003c`, `'`, `\'`)), ""},
		"a script that can be ended":    {echo(`<script>var q = "@";</script>`, replacing(`"`, `\"`, "'", `\'`)), xss},
		"one of two places":             {echo(`<p>@</p>`, html.EscapeString), ""},
		"text that is no HTML":          {func(w http.ResponseWriter, r *http.Request) { text(r.URL.Query().Get("q"))(w, r) }, ""},
		"text without tags":             {echo("<p>@</p>", func(s string) string { return tags.ReplaceAllString(s, "") }), ""},
		"a script's text, half escaped": {echo(`<script>var q = "@";</script>`, replacing("<", `\u003c`, `";`, `\";`)), ""},
		"JSON": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"q": %q}`, r.URL.Query().Get("q"))
		}, ""},
		"the whole address, encoded": {func(w http.ResponseWriter, r *http.Request) {
			page("<link rel=canonical href=\""+r.URL.String()+"\">")(w, r)
		}, ""},

		"a redirect anywhere":  {leadsTo(same), redirect},
		"a redirect to a path": {leadsTo(func(s string) string { return "/" + strings.TrimLeft(s, `/\`) }), ""},
		"a check of the beginning": {leadsTo(func(s string) string {
			if strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") {
				return s
			}
			return "/"
		}), redirect},
		"a check of the scheme": {leadsTo(func(s string) string {
			if strings.Contains(s, "://") {
				return "/"
			}
			return s
		}), redirect},
		"a login that remembers": {leadsTo(func(s string) string { return "/login?next=" + url.QueryEscape(s) }), ""},
		"a page that says it":    {echo("Go to @", html.EscapeString), ""},
		"a refresh": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Refresh", "0; url="+r.URL.Query().Get("q"))
			page("x")(w, r)
		}, redirect},
		"a redirect that always is": {leadsTo(func(string) string { return "https://elsewhere.invalid/?scanledger.invalid" }), ""},

		"a file":                 {reads(same), file},
		"a file, dots taken out": {reads(replacing("../", "")), file},
		"a file, whole paths": {reads(func(s string) string {
			if strings.HasPrefix(s, "/") {
				return s
			}
			return ""
		}), file},
		"a file, decoded twice": {reads(func(s string) string {
			if strings.Contains(s, "..") && !strings.Contains(s, "%2f") {
				return ""
			}
			d, _ := url.QueryUnescape(s)
			return d
		}), file},
		"a file, safely":          {reads(func(s string) string { return s[strings.LastIndex(s, "/")+1:] }), ""},
		"a page about such files": {page("<pre>" + passwd), ""},
		"such lines for any path": {func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.RawQuery, "etc") {
				text(passwd)(w, r)
				return
			}
			page("x")(w, r)
		}, ""},
		"a page that repeats it": {echo("no file @", html.EscapeString), ""},

		"an error of MySQL":         {database(syntax), sql},
		"an error of PostgreSQL":    {database(`pq: unterminated quoted string at or near "'"`), sql},
		"an error of SQLite":        {database(`unrecognized token: "'"`), sql},
		"an error of SQL Server":    {database("Unclosed quotation mark after the character string ''."), sql},
		"an error of Oracle":        {database("ORA-01756: quoted string not properly terminated"), sql},
		"an error of PDO":           {database("SQLSTATE[42000]: Syntax error or access violation"), sql},
		"another error":             {database("Internal Server Error"), ""},
		"a page about such errors":  {page("How to mend: " + syntax), ""},
		"an error now and then":     {flaps(syntax), ""},
		"a database that goes away": {breaks(syntax), ""},
		"an error for any value":    {func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, syntax) }, ""},
		"a site that takes all":     {page("Welcome"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, server := look(t, web{"/": page(`<a href="/x?q=/a&other=1">x</a>`), "/x": c.answer}, true, nil)
			got := strings.Join(slices.DeleteFunc(s.raised(), func(f string) bool { return strings.HasSuffix(f, "?other") }), " ")
			if got != c.want {
				t.Errorf("raised %q, want %q", got, c.want)
			}
			for _, f := range s.Weaknesses {
				if s.Kept[f.Evidence] == "" || !strings.HasSuffix(f.Detail, ".") {
					t.Errorf("%s: %q with the evidence %q", f.Advisory.ID, f.Detail, s.Kept[f.Evidence])
				}
			}
			for _, rule := range activeRules {
				if s.Coverage[rule.name].Outcome != domain.Tested {
					t.Errorf("%s is %+v", rule.name, s.Coverage[rule.name])
				}
			}
			bounded(t, server)
		})
	}
}

// flaps answers every second request with an error.
func flaps(says string) func(http.ResponseWriter, *http.Request) {
	turn := make(chan bool, 1)
	turn <- false
	return func(w http.ResponseWriter, r *http.Request) {
		broken := <-turn
		turn <- !broken
		if broken && r.URL.Query().Get("q") != "/a" {
			fmt.Fprint(w, says)
			return
		}
		page("x")(w, r)
	}
}

// breaks answers with an error from the first quote on, whatever it is asked.
func breaks(says string) func(http.ResponseWriter, *http.Request) {
	var gone atomic.Bool
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Query().Get("q"), "/a'") {
			gone.Store(true)
		}
		if gone.Load() {
			fmt.Fprint(w, says)
			return
		}
		page("x")(w, r)
	}
}

// bounded checks that a site was asked by GET alone, and about no parameter more
// often than is said.
func bounded(t *testing.T, s *server) {
	t.Helper()
	about := map[string]int{}
	for _, asked := range s.asked() {
		uri, ok := strings.CutPrefix(asked, "GET ")
		if u, err := url.Parse(uri); ok && err == nil && u.RawQuery != "" {
			about[u.Path]++
		} else if !ok {
			t.Errorf("asked by %s", asked)
		}
	}
	for path, n := range about {
		if n > 2*perPoint+1 { // two parameters, and the page itself
			t.Errorf("%s is asked %d times about its parameters", path, n)
		}
	}
}

// holes is a site with all weaknesses behind links and a form.
var holes = web{
	"/": page(`<a href="/go?next=/a">x</a><a href="/show?file=a.html">x</a><a href="/item?id=7">x</a><form action=/search><input name=q><select name=in><option>all</select></form><a href="/item?id=7&action=delete">x</a><form method=post action=/post?q=1><input name=z></form>`),
	"/go": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("next"), http.StatusFound)
	},
	"/show": func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = "q=" + url.QueryEscape(r.URL.Query().Get("file"))
		reads(same)(w, r)
	},
	"/item": func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = "q=" + url.QueryEscape(r.URL.Query().Get("id"))
		database("SQLITE_ERROR")(w, r)
	},
	"/search": echo("<p>@", same),
}

func TestHoles(t *testing.T) {
	s, server := look(t, holes, true, nil)
	want := []string{"crawl/open-redirect@/go?next", "crawl/path-traversal@/show?file", "crawl/reflected-input@/search?q", "crawl/sql-error@/item?id"}
	if got := s.raised(); !slices.Equal(got, want) {
		t.Errorf("raised %q, want %q", got, want)
	}
	for _, asked := range server.asked() {
		if strings.Contains(asked, "delete") || strings.Contains(asked, "/post") {
			t.Errorf("asked by %s", asked)
		}
	}
	if c := s.Coverage["parameters of what may do something"]; c.Outcome != domain.Skipped || c.Reason == "" {
		t.Errorf("what may do something is %+v", c)
	}
	for _, f := range s.Weaknesses {
		if strings.Contains(s.Kept[f.Evidence], "daemon:") {
			t.Errorf("the evidence holds more than it needs: %s", s.Kept[f.Evidence])
		}
	}
	bounded(t, server)
}

// TestUnverified: a target that is not proven to be the account's is asked for
// nothing that it does not name itself.
func TestUnverified(t *testing.T) {
	s, server := look(t, holes, false, nil)
	if got := s.raised(); len(got) > 0 {
		t.Errorf("raised %q", got)
	}
	named := []string{"/", "/robots.txt", "/sitemap.xml", "/go?next=/a", "/show?file=a.html", "/item?id=7", "/search", "/a"}
	for _, asked := range server.asked() {
		if uri, ok := strings.CutPrefix(asked, "GET "); !ok || !slices.Contains(named, uri) {
			t.Errorf("asked by %s", asked)
		}
	}
	for _, rule := range activeRules {
		if c := s.Coverage[rule.name]; c.Outcome != domain.Skipped || c.Reason != "target not verified" {
			t.Errorf("%s is %+v", rule.name, c)
		}
	}
}

// TestElsewhereIsNotVerified: a proof is for a name and those below it.
func TestElsewhereIsNotVerified(t *testing.T) {
	for host, want := range map[string]bool{
		"shop.example": true, "www.shop.example": true, "Shop.Example": true, "example": false, "bookshop.example": false, "shop.example.test": false,
	} {
		c := &crawl{home: &url.URL{Scheme: "https", Host: host}, points: newPoints()}
		c.job.Verified, c.job.Target = true, domain.Target{Host: "192.0.2.1", Domain: "shop.example"}
		c.points.fromURL(&url.URL{Path: "/", RawQuery: "a=1"})
		if why := c.mayNotProbe(); (why == "") != want {
			t.Errorf("%s: %q", host, why)
		}
	}
}

// TestOtherPortIsNotVerified: a proof on a port of its own may be of that alone.
func TestOtherPortIsNotVerified(t *testing.T) {
	for host, want := range map[string]bool{"shop.example:8443": true, "shop.example": false, "shop.example:9443": false, "www.shop.example:8443": false} {
		c := &crawl{home: &url.URL{Scheme: "https", Host: host}, points: newPoints()}
		c.job.Verified, c.job.Target = true, domain.Target{Kind: domain.URLTarget, Scheme: "https", Host: "shop.example", Domain: "shop.example", Port: 8443}
		c.points.fromURL(&url.URL{Path: "/", RawQuery: "a=1"})
		if why := c.mayNotProbe(); (why == "") != want {
			t.Errorf("%s: %q", host, why)
		}
	}
}

// TestRequestsAreBounded over all parameters.
func TestRequestsAreBounded(t *testing.T) {
	links := ""
	for i := range 2 * maxPoints {
		links += fmt.Sprintf("<a href='/x?p%s=1'>x</a>", strings.Repeat("a", i+1))
	}
	for requests, reason := range map[int]string{20: "only 20 requests are made about parameters", 10_000: fmt.Sprintf("only the first %d of %d are looked at", maxPoints, 2*maxPoints)} {
		s, server := look(t, web{"/": page(links), "/x": page("x")}, true, func(l *limits) { l.requests = requests })
		n := 0
		for _, asked := range server.asked() {
			if strings.Contains(asked, "?p") {
				n++
			}
		}
		if most := min(requests, maxPoints*perPoint) + perPath; n > most {
			t.Errorf("%d requests, at most %d", n, most)
		}
		if c := s.Coverage["further parameters"]; c.Outcome != domain.Skipped || c.Reason != reason {
			t.Errorf("the rest is %+v", c)
		}
	}
}

// TestRobotsHoldForParameters too.
func TestRobotsHoldForParameters(t *testing.T) {
	site := web{"/": page(`<a href="/item?id=7">x</a>`), "/item": holes["/item"], "/robots.txt": text("User-agent: *\nDisallow: /item\n")}
	s, server := look(t, site, true, nil)
	if len(s.Weaknesses) > 0 || len(server.asked()) != 3 {
		t.Errorf("asked for %q", server.asked())
	}
	if c := s.Coverage["parameter /item?id"]; c.Outcome != domain.Refused || !strings.Contains(c.Reason, "robots.txt") {
		t.Errorf("the parameter is %+v", c)
	}
}

package crawl

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
)

func parse(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestCanonical: addresses of one page have one key.
func TestCanonical(t *testing.T) {
	for raw, want := range map[string]string{
		"https://a.test":                                      "/?",
		"https://a.test/a?b=2&a=1#x":                          "/a?a=1&b=2",
		"https://a.test/a?a=1&b=2":                            "/a?a=1&b=2",
		"https://a.test/a?a=1&&PHPSESSID=9&utm_source=x":      "/a?a=1",
		"https://a.test/a;jsessionid=8F.node1?a=1":            "/a?a=1",
		"https://a.test/(S(lit3py55t21z5v55vlm25s55))/a.aspx": "/a.aspx?",
		"https://a.test/%61%2Fb":                              "/a/b?",
		"https://a.test/a?a=%zz":                              "/a?a=%zz",
	} {
		if got := key(canonical(parse(t, raw))); got != want {
			t.Errorf("%s has the key %s, want %s", raw, got, want)
		}
	}
}

func TestShape(t *testing.T) {
	for raw, want := range map[string]string{
		"/about": "/about", "/2026/11/28": "/0/0/0?", "/a?x=1&y=2&x=3": "/a?x&y", "/u/3f2504e0-4f89-11d3-9a0c-0305e82c3301/x": "/u/0/x?",
		"/f/d41d8cd98f00b204e9800998ecf8427e": "/f/0?", "/p12": "/p0?", "/deadbeef": "/deadbeef",
	} {
		if got := shape(parse(t, raw)); got != want {
			t.Errorf("%s looks like %s, want %s", raw, got, want)
		}
	}
}

func TestGoesRound(t *testing.T) {
	for raw, want := range map[string]bool{
		"/a/b/c": false, "/a/a/a": false, "/a/a/a/a": true, "/a/b/a/b/a/b/a/b": true,
		"/" + strings.Repeat("x", maxURL): true, strings.Repeat("/x1/y", 11): true, "/": false,
	} {
		if got := goesRound(parse(t, "https://a.test"+raw)); got != want {
			t.Errorf("%.60s goes round: %v", raw, got)
		}
	}
}

// TestAliases: what has led to the site stands for it, nothing else does.
func TestAliases(t *testing.T) {
	chain := scanners.Chain{{URL: parse(t, "http://a.test/")}, {URL: parse(t, "https://a.test/")}, {URL: parse(t, "https://login.a.test/")}, {URL: parse(t, "https://www.a.test/")}}
	f := newFrontier(parse(t, "https://www.a.test/"), chain, 3)
	for raw, want := range map[string]string{
		"http://a.test/x?y": "https://www.a.test/x?y", "https://a.test/x": "https://www.a.test/x", "https://www.a.test/x": "https://www.a.test/x",
		"https://login.a.test/x": "", "http://www.a.test/x": "", "https://www.a.test:8443/x": "", "https://b.test/": "", "ftp://a.test/": "", "mailto:x@a.test": "",
	} {
		got := ""
		if u := f.at(parse(t, raw)); u != nil {
			got = u.String()
		}
		if got != want {
			t.Errorf("%s is %q, want %q", raw, got, want)
		}
	}
}

func TestOrder(t *testing.T) {
	home := parse(t, "https://a.test/")
	f := newFrontier(home, scanners.Chain{{URL: home}}, 3)
	for _, l := range []struct {
		raw   string
		depth int
	}{{"/deep", 2}, {"/z?a=1", 1}, {"/b", 1}, {"/login", 1}, {"/b", 1}, {"/checkout", 2}} {
		f.add(home.JoinPath(strings.Split(l.raw, "?")[0]).ResolveReference(parse(t, l.raw)), l.depth)
	}
	var got []string
	for f.more() {
		for _, l := range f.next(1) {
			got = append(got, l.url.RequestURI())
		}
	}
	if want := []string{"/login", "/b", "/z?a=1", "/checkout", "/deep"}; !slices.Equal(got, want) {
		t.Errorf("read in the order %q, want %q", got, want)
	}
}

func linksOf(t testing.TB, base, body string) *found {
	t.Helper()
	f, err := readLinks(t.Context(), &scanners.Answer{URL: parse(t, base), Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestReadLinks(t *testing.T) {
	for body, want := range map[string]string{
		`<a href=x>`:                                            "https://a.test/d/x",
		`<a href=" \y ">`:                                       "https://a.test/y",
		`<a href="//b.test">`:                                   "https://b.test/",
		`<base href="/e/"><a href=x>`:                           "https://a.test/e/x",
		`<base target=x><base href=/e/><a href=x>`:              "https://a.test/e/x",
		`<a href=x><base href=/e/>`:                             "https://a.test/e/x",
		`<a>x</a><a href="tel:1">x</a>`:                         "",
		`<!-- <a href=x> --><template><a href=x></template>`:    "",
		`<frameset><frame src=f></frameset>`:                    "https://a.test/d/f",
		`<link rel="x Alternate" href=l><link rel=icon href=i>`: "https://a.test/d/l",
		`<meta http-equiv=" refresh " content="0;URL = n">`:     "https://a.test/d/n",
		`<meta http-equiv=refresh content=5>`:                   "",
		`<svg><a href=x></svg>`:                                 "https://a.test/d/x",
	} {
		var got []string
		for _, u := range linksOf(t, "https://a.test/d/page", body).links {
			got = append(got, u.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s leads to %q, want %q", body, got, want)
		}
	}
	if f := linksOf(t, "https://a.test/", strings.Repeat("<a href=x>", maxFound+1)); len(f.links) != maxFound || !f.more {
		t.Errorf("%d links, more: %v", len(f.links), f.more)
	}
}

func TestForms(t *testing.T) {
	f := linksOf(t, "https://a.test/d/page?z=1", `<base href=/e/><form><input name=q value=1><input name=q value=2><input type=submit name=go value=x><input type=checkbox name=c>
		<input type=file name=f><textarea name=t>words</textarea><select name=s><option value=1>a<option selected>two</select><select name=r><option>one</select><input></form>
		<form action=login METHOD=Post><input type=Password name=p></form><form action="mailto:a@b"></form><form method=dialog action=x></form>`)
	var got []string
	for _, form := range f.forms {
		line := form.method + " " + form.action.String()
		for _, p := range form.fields {
			line += " " + p.name + "=" + p.value
		}
		got = append(got, fmt.Sprint(line, " ", form.password))
	}
	want := []string{"GET https://a.test/d/page?z=1 q=1 c=on t=words s=two r=one false", "POST https://a.test/e/login p= true", "GET https://a.test/e/x false"}
	if !slices.Equal(got, want) {
		t.Errorf("forms\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSitemaps(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprint(w, "<urlset><url><loc>/p</loc></url></urlset>")
	w.Close()
	long := "<urlset>" + strings.Repeat("<url><loc>/p</loc></url>", maxListed+1)
	for _, c := range []struct {
		body         string
		pages, files int
		cut          bool
	}{
		{`<?xml version="1.0" encoding="ISO-8859-1"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc> https://a.test/x?a=1&amp;b=2 </loc><priority>1</priority></url></urlset>`, 1, 0, false},
		{"<sitemapindex><sitemap><loc>/a.xml</loc></sitemap><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>", 0, 2, false},
		{packed.String(), 1, 0, false},
		{long, maxListed, 0, true},
		{"<urlset><url><loc>/a</loc></url><url><loc>/b", 1, 0, true},
		{"<urlset><url><image:loc>/a.png</image:loc></url></urlset>", 1, 0, false},
		{"<!doctype html><title>not found</title>", 0, 0, false},
		{"\x1f\x8b\xff", 0, 0, false}, {"", 0, 0, false}, {"https://a.test/x\n", 0, 0, false},
	} {
		s := parseSitemap([]byte(c.body), parse(t, "https://a.test/sitemap.xml"))
		if len(s.pages) != c.pages || len(s.files) != c.files || s.cut != c.cut {
			t.Errorf("%.80q: %d pages, %d files, cut: %v", c.body, len(s.pages), len(s.files), s.cut)
		}
	}
}

func TestWhere(t *testing.T) {
	for body, want := range map[string]spot{
		"<p>@":                            {in: "the text of the page"},
		"@":                               {in: "the text of the page"},
		`<a href="x@">`:                   {in: "an attribute", quote: '"'},
		`<a b c = 'x@'>`:                  {in: "an attribute", quote: '\''},
		`<a b="1" c=@>`:                   {in: "a tag", quote: ' '},
		`<a b=it's c="@">`:                {in: "an attribute", quote: '"'},
		`<a @>`:                           {in: "a tag", quote: ' '},
		"<title>x@</title>":               {in: "the element title", close: "</title>"},
		"<title></title>@":                {in: "the text of the page"},
		"<!--@-->":                        {in: "a comment", close: "-->"},
		`<script>a = "b'@"</script>`:      {in: "a script", code: true, quote: '"', close: "</script>"},
		`<script>a = /"[/"]/.test('@')`:   {in: "a script", code: true, quote: '\'', close: "</script>"},
		"<script>// it's\na = 1 / 2; `@`": {in: "a script", code: true, quote: '`', close: "</script>"},
		`<script>/* " */ a = "\"" + @`:    {in: "a script", code: true, close: "</script>"},
		"<script>x</script><p>@":          {in: "the text of the page"},
	} {
		at := strings.Index(body, "@")
		if got := where([]byte(body), at); got != want {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
	}
}

func TestComplaints(t *testing.T) {
	for text, want := range map[string]string{
		"com.mysql.cj.jdbc.exceptions.MySQLSyntaxErrorException": "MySQL",
		"<b>Warning</b>: mysqli_query(): x":                      "MySQL",
		`ERROR:  syntax error at or near "'"`:                    "PostgreSQL",
		"Incorrect syntax near ''.":                              "SQL Server",
		"ORA-00933: SQL command not properly ended":              "Oracle",
		`near "'": syntax error`:                                 "SQLite",
		"DB2 SQL error: SQLCODE: -10":                            "DB2",
		"SQLSTATE[HY000]: General error":                         "a database",
		"a database of flowers, in MySQL":                        "", "": "", "ORA-12345": "", "syntax error": "",
	} {
		if of, _ := complaint([]byte(text)); of != want {
			t.Errorf("%s is of %q, want %q", text, of, want)
		}
	}
}

// TestOdd: nothing is sent with a word that may be an order.
func TestOdd(t *testing.T) {
	for query, want := range map[string]int{
		"a=1&b=2": 2, "a=1&a=2": 1, "action=delete&id=1": 0, "id=1&do=logout": 0, "=1": 0, "": 0, "sort=order&page=2": 2,
		"a=" + strings.Repeat("x", 201): 0, "confirm=1": 0, strings.Repeat("a=1&", 21): 0,
	} {
		p := newPoints()
		p.fromURL(parse(t, "https://a.test/x?"+query))
		if len(p.all) != want {
			t.Errorf("%.60s has %d parameters, want %d", query, len(p.all), want)
		}
	}
	p := newPoints()
	p.fromURL(parse(t, "https://a.test/cart/delete?id=1"))
	if len(p.all) != 0 || p.left != 1 {
		t.Errorf("%d parameters, %d left out", len(p.all), p.left)
	}
}

// FuzzReadLinks reads any page: what it leads to can be asked for, and kept apart.
func FuzzReadLinks(f *testing.F) {
	f.Add([]byte(`<base href="//[::1"><a href="\\%"><form action=?><select name=a><option><meta http-equiv=refresh content="0;url='">`))
	f.Add([]byte("<frameset><frame src=a><svg><a href=b><template>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		at := parse(t, "https://a.test/d/e?f=g")
		found, err := readLinks(t.Context(), &scanners.Answer{URL: at, Body: body})
		if err != nil {
			return
		}
		front, points := newFrontier(parse(t, "https://a.test/"), scanners.Chain{{URL: at}}, 2), newPoints()
		for _, u := range found.links {
			if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				t.Errorf("it leads to %q", u)
			}
			front.add(u, 1)
			if clean := front.at(u); clean != nil {
				points.fromURL(clean)
				if again := canonical(clean); key(again) != key(clean) {
					t.Errorf("%s is %s, and then %s", u, clean, again)
				}
			}
		}
		for _, form := range found.forms {
			points.fromForm(form.action, form)
		}
		for _, p := range points.all {
			if _, err := url.Parse(p.with(`'"<`, false).String()); err != nil {
				t.Error(err)
			}
		}
		for front.more() {
			if len(front.next(3)) == 0 {
				t.Fatal("pages wait that nobody gets")
			}
		}
	})
}

func FuzzSitemap(f *testing.F) {
	f.Add([]byte("<urlset><url><loc>/a</loc></url>"))
	f.Add([]byte("\x1f\x8b\x08\x00<!DOCTYPE a [<!ENTITY b \"c\">]>&b;"))
	at := &url.URL{Scheme: "https", Host: "a.test", Path: "/"}
	f.Fuzz(func(t *testing.T, body []byte) {
		if s := parseSitemap(body, at); len(s.pages)+len(s.files) > maxListed {
			t.Errorf("%d pages, %d files", len(s.pages), len(s.files))
		}
	})
}

// FuzzSpots: wherever a text comes back, what is made of it can be sent.
func FuzzSpots(f *testing.F) {
	for _, s := range []string{"<p>@", `<a b='@`, "<script>'@", "<!--@", "<title>@", "<script>/[/]@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, page string) {
		body := []byte(strings.ReplaceAll(page, "@", "slbegin"+special+"slend"))
		for _, s := range spots(body, "slbegin", "slend") {
			if payload, kind := s.breakout("slname"); payload != "" {
				if kind == "" || s.in == "" || len(payload) > 60 {
					t.Errorf("%+v is broken by %q", s, payload)
				}
				if _, err := s.broken(t.Context(), body, payload, "slname"); err != nil {
					t.Error(err)
				}
			}
		}
		leadsElsewhere(&scanners.Answer{URL: parse(t, "https://a.test/"), Status: http.StatusFound, Header: http.Header{"Location": {page}, "Refresh": {page}}})
	})
}

package crawl

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// TestReads all that links, frames, forms and sitemaps lead to on the site, each
// once, and nothing else.
func TestReads(t *testing.T) {
	site := web{
		"/": page(`<a href=/a#x>a</a><a href="/a">again</a><map><area href=area></map><iframe src=/frame></iframe><link rel="next" href=/next>
			<link rel=stylesheet href=/style><meta http-equiv=Refresh content="9; URL='/later'"><form action=/search><input name=q></form>
			<form method=post action=/send><input name=mail><input type=password name=secret></form>
			<a href=/logout>out</a><a href=/report.pdf>file</a><a href="http://elsewhere.invalid/x">x</a><a href="javascript:a()">x</a>
			<template><a href=/template>x</a></template><a href=/old>old</a><a href=/away>away</a>`),
		"/a": page("<a href=/deep>1"), "/deep": page("<a href=/>2"), "/area": page("3"), "/frame": page("4"), "/next": page("5"), "/later": page("6"),
		"/search": page("7"), "/listed": page("8"), "/listed2": page("9"), "/new": page("10"),
		"/old": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/new", http.StatusMovedPermanently) },
		"/away": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusFound)
		},
		"/robots.txt":  text("User-agent: *\nDisallow:\nSitemap: /index.xml\n"),
		"/index.xml":   text(`<sitemapindex><sitemap><loc>/pages.xml</loc></sitemap></sitemapindex>`),
		"/pages.xml":   text(`<urlset><url><loc>/listed2</loc></url></urlset>`),
		"/sitemap.xml": text(`<urlset><url><loc>/listed</loc></url><url><loc>http://elsewhere.invalid/y</loc></url></urlset>`),
	}
	s, server := look(t, site, false, nil)
	want := []string{"/", "/a", "/deep", "/area", "/frame", "/next", "/later", "/search", "/listed", "/listed2", "/old", "/new", "/away", "/robots.txt", "/index.xml", "/pages.xml", "/sitemap.xml"}
	for _, path := range want {
		if n := server.count(path); n != 1 {
			t.Errorf("%s is asked for %d times", path, n)
		}
	}
	if asked := server.asked(); len(asked) != len(want) {
		t.Errorf("asked for %q", asked)
	}
	for what, reason := range map[string]string{
		"/logout": "following it may do something", "/report.pdf": "it is no page by its name", "/away": "it leads to another site, http://elsewhere.invalid/",
		"form POST": "forms are not sent",
	} {
		if !strings.Contains(s.reasons(), what) || !strings.Contains(s.reasons(), reason) {
			t.Errorf("nothing says of %s that %s:\n%s", what, reason, s.reasons())
		}
	}
	if c := s.Coverage["form POST "+server.url+"/send: mail, secret"]; c.Outcome != domain.Skipped {
		t.Errorf("the form is %+v", c)
	}
	for _, what := range []string{"pages", "robots.txt", "sitemaps", server.url + "/deep"} {
		if s.Coverage[what].Outcome != domain.Tested {
			t.Errorf("%s is %+v", what, s.Coverage[what])
		}
	}
}

// TestTraps: what leads on for ever does not keep the crawl from the rest.
func TestTraps(t *testing.T) {
	var n atomic.Int64
	body := func(format string, a ...any) string { return fmt.Sprintf("%d ", n.Add(1)) + fmt.Sprintf(format, a...) }
	site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var year, month int
		switch path := r.URL.Path; {
		case path == "/":
			page(`<a href=/calendar/2026/1>c</a><a href=/session?PHPSESSID=1>s</a><a href="/list?a=1&b=2">l</a><a href=circle/>r</a><a href=/mirror/0>m</a><a href=/last/1>z</a>`)(w, r)
		case strings.HasPrefix(path, "/calendar/"):
			fmt.Sscanf(path, "/calendar/%d/%d", &year, &month)
			page(body(`<a href=/calendar/%d/%d>next</a><a href=/calendar/%d/1>year</a>`, year, month+1, year+1))(w, r)
		case path == "/session":
			page(body(`<a href="/session?PHPSESSID=%d">x</a><a href="/session;jsessionid=%d">y</a><a href="/session?utm_source=%d">z</a>`, n.Load(), n.Load(), n.Load()))(w, r)
		case path == "/list":
			page(body(`<a href="/list?b=%d&a=%d">x</a><a href="/list?a=%d&b=%d">same</a>`, n.Load(), n.Load(), n.Load(), n.Load()))(w, r)
		case strings.Contains(path, "circle/"):
			page(body(`<a href=circle/>x</a>`))(w, r)
		case strings.HasPrefix(path, "/mirror/"):
			page(`<a href=x/>always the same</a>`)(w, r)
		case strings.HasPrefix(path, "/last/") && len(path) < 12:
			page(body(`<a href=%sx>on</a>`, path))(w, r)
		default:
			http.NotFound(w, r)
		}
	})
	s, server := look(t, site, false, nil)
	count := map[string]int{}
	for _, asked := range server.asked() {
		for _, trap := range []string{"/calendar/", "/session", "/list", "circle/", "/mirror/", "/last/"} {
			if strings.Contains(asked, trap) {
				count[trap]++
			}
		}
	}
	for trap, most := range map[string]int{"/calendar/": perShape, "/session": 1, "/list": perPath, "circle/": maxRepeats, "/mirror/": 2, "/last/": 6} {
		if count[trap] == 0 || count[trap] > most {
			t.Errorf("%s is asked for %d times, at most %d", trap, count[trap], most)
		}
	}
	if count["/last/"] < 5 {
		t.Errorf("behind the traps %d pages are read", count["/last/"])
	}
	for _, reason := range []string{"of addresses that look alike 12 are read", "of addresses that differ in their query alone 6 are read", "goes round in a circle", "it is the same as a page"} {
		if !strings.Contains(s.reasons(), reason) {
			t.Errorf("nothing says that %s:\n%s", reason, s.reasons())
		}
	}
}

func TestRobots(t *testing.T) {
	body := page(`<a href=/private/a>a</a><a href=/open>b</a><a href=/private/b>c</a>`)
	for name, c := range map[string]struct {
		robots func(http.ResponseWriter, *http.Request)
		asked  []string // of /open and /private/a
		reason string
	}{
		"a rule for all":    {text("User-agent: *\nDisallow: /private\n"), []string{"/open"}, "line 2 of robots.txt keeps crawlers from it"},
		"a rule for us":     {text("User-agent: *\nDisallow: /\n\nUser-agent: ScanLedger\nDisallow: /open\n"), []string{"/private/a"}, "line 5 of robots.txt"},
		"nothing":           {http.NotFound, []string{"/open", "/private/a"}, ""},
		"everything":        {text("User-agent: *\nDisallow: /\n"), nil, "line 2 of robots.txt"},
		"a server's fault":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, nil, "robots.txt answers with the status 500"},
		"too many requests": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, nil, "robots.txt answers with the status 429"},
		"a broken answer":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, "robots.txt cannot be had"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, server := look(t, web{"/": body, "/open": page("1"), "/private/a": page("2"), "/private/b": page("3"), "/robots.txt": c.robots}, true, nil)
			var got []string
			for _, path := range []string{"/open", "/private/a"} {
				if server.count(path) == 1 {
					got = append(got, path)
				}
			}
			if !slices.Equal(got, c.asked) {
				t.Errorf("asked for %q, want %q", got, c.asked)
			}
			if !strings.Contains(s.reasons(), c.reason) {
				t.Errorf("nothing says that %s:\n%s", c.reason, s.reasons())
			}
		})
	}
}

func TestNothingToCrawl(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	var reached atomic.Int32
	other := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		page("<a href=/a>x")(w, r)
	}))
	other.Listener.Close()
	other.Listener = listener
	other.Start()
	defer other.Close()
	away := serve(t, web{"/": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }})
	dead := httptest.NewServer(nil)
	dead.Close()
	for at, reason := range map[string]string{away.url: "another site, http://127.0.0.2:", dead.URL: "no web server answers"} {
		var not *scanners.NotTested
		if _, err := scan(t.Context(), t, New(), at, true); !errors.As(err, &not) || !strings.Contains(not.Reason, reason) {
			t.Errorf("%v, want %s", err, reason)
		}
	}
	if n := reached.Load(); n != 1 {
		t.Errorf("the other site is asked %d times", n)
	}
}

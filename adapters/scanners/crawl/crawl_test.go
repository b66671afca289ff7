package crawl

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
	if c := s.coverage["form POST "+server.url+"/send: mail, secret"]; c.Outcome != domain.Skipped {
		t.Errorf("the form is %+v", c)
	}
	for _, what := range []string{"pages", "robots.txt", "sitemaps", server.url + "/deep"} {
		if s.coverage[what].Outcome != domain.Tested {
			t.Errorf("%s is %+v", what, s.coverage[what])
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

// endless is a site of pages without an end, none like another.
func endless(size int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" || r.URL.Path == "/sitemap.xml" {
			http.NotFound(w, r)
			return
		}
		at := strings.TrimRight(r.URL.Path, "/")
		page(fmt.Sprintf("<a href=%s/a>a</a><a href=%sb>b</a><a href=%sc>c</a><!-- %s -->", at, r.URL.Path, r.URL.Path, strings.Repeat("x", size)))(w, r)
	})
}

func TestCaps(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*limits)
		size   int
		pages  int // at most
		reason string
	}{
		"pages": {func(l *limits) { l.pages = 10 }, 1, 10, "a crawl reads 10 pages"},
		"bytes": {func(l *limits) { l.bytes = 1 << 20 }, 300_000, 6, "a crawl reads 1 MiB"},
		"depth": {func(l *limits) { l.depth = 2 }, 1, 15, "a crawl goes 2 links deep"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, server := look(t, endless(c.size), false, c.change)
			if n := len(server.asked()) - 2; n > c.pages || n < 3 {
				t.Errorf("%d pages are asked for", n)
			}
			if !strings.Contains(s.reasons(), c.reason) {
				t.Errorf("nothing says that %s:\n%s", c.reason, s.reasons())
			}
		})
	}
}

// loads is a check that asks for things that pages name.
type loads struct{ paths []string }

func (l loads) Check(_ scanners.Job, c scanners.Crawled) scanners.PageCheck {
	return &loading{loads: l, crawled: c}
}

type loading struct {
	loads
	crawled scanners.Crawled
	page    *scanners.Answer
}

func (l *loading) Page(a *scanners.Answer) { l.page = a }

func (l *loading) Close(ctx context.Context) error {
	for _, path := range l.paths {
		u := *l.page.URL
		u.Path = path
		if _, err := l.crawled.Fetch(ctx, scanners.Request{URL: &u}); err != nil {
			l.crawled.Ledger.Lost(path, err)
		}
	}
	return ctx.Err()
}

// TestLoads: what checks ask for is bounded as pages are.
func TestLoads(t *testing.T) {
	scanner := New(loads{[]string{"/1", "/2", "/3", "/private"}})
	scanner.limits.bytes = 1 << 20
	big := text(strings.Repeat("x", 600_000))
	server := serve(t, web{"/": page("x"), "/1": big, "/2": big, "/3": big, "/private": big, "/robots.txt": text("User-agent: *\nDisallow: /private\n")})
	s, err := scan(t.Context(), t, scanner, server.url, false)
	if err != nil {
		t.Fatal(err)
	}
	if c := s.coverage["/3"]; c.Outcome != domain.Skipped || !strings.Contains(c.Reason, "1 MiB") || server.count("/2") != 1 || server.count("/3") != 0 {
		t.Errorf("what is too much is %+v", c)
	}
	if server.count("/private") != 0 {
		t.Error("robots.txt does not hold for what pages name")
	}
}

// TestTime: what the crawl's own time leaves undone is told, and what was read
// stays; the scan's end is ctx's error.
func TestTime(t *testing.T) {
	hangs := make(chan struct{}, 10)
	site := web{"/": page("<a href=/slow>x</a><a href=/more>y</a>"), "/slow": func(_ http.ResponseWriter, r *http.Request) {
		hangs <- struct{}{}
		<-r.Context().Done()
	}}
	site["/more"] = site["/slow"]
	s, _ := look(t, site, true, func(l *limits) { l.time = 300 * time.Millisecond })
	if !strings.Contains(s.reasons(), "/slow: timed_out") || !strings.Contains(s.reasons(), "pages: tested") {
		t.Errorf("the coverage is\n%s", s.reasons())
	}
	for len(hangs) > 0 {
		<-hangs
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-hangs
		cancel()
	}()
	s, err := scan(ctx, t, New(), serve(t, site).url, true)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the scan ends in %v", err)
	}
	if !strings.Contains(s.reasons(), "pages: timed_out") {
		t.Errorf("the coverage is\n%s", s.reasons())
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

// flight counts the requests that are under way at a time.
type flight struct {
	http.Handler
	now, most atomic.Int32
}

func (f *flight) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := f.now.Add(1)
	defer f.now.Add(-1)
	for most := f.most.Load(); now > most && !f.most.CompareAndSwap(most, now); most = f.most.Load() {
	}
	f.Handler.ServeHTTP(w, r)
}

// TestInFlight: two requests at a time, one where a pause is asked for.
func TestInFlight(t *testing.T) {
	for robots, most := range map[string]int32{"": slots, "User-agent: *\nCrawl-delay: 0.001\n": 1} {
		both := make(chan struct{}) // closed when two requests met
		var met atomic.Int32
		site := web{"/robots.txt": text(robots)}
		links := ""
		for i := range 10 {
			path := "/" + string(rune('a'+i))
			links += "<a href=" + path + ">x</a>"
			site[path] = page(path)
		}
		for _, path := range []string{"/a", "/b"} {
			site[path] = func(w http.ResponseWriter, r *http.Request) {
				if met.Add(1) == 2 {
					close(both)
				}
				if most == slots {
					select {
					case <-both:
					case <-r.Context().Done():
					}
				}
				page(path)(w, r)
			}
		}
		site["/"] = page(links)
		f := &flight{Handler: site}
		look(t, f, true, nil)
		if got := f.most.Load(); got != most {
			t.Errorf("%q: %d requests are under way at a time, want %d", robots, got, most)
		}
	}
}

// TestPause is cut to the longest that is waited.
func TestPause(t *testing.T) {
	s, server := look(t, web{"/": page("<a href=/a>x"), "/a": page("1"), "/robots.txt": text("User-agent: *\nCrawl-delay: 86400\n")}, false,
		func(l *limits) { l.pause = time.Millisecond })
	if server.count("/a") != 1 {
		t.Errorf("the coverage is\n%s", s.reasons())
	}
}

// TestTooMuch: a site that says that it is too much is left alone.
func TestTooMuch(t *testing.T) {
	links := ""
	for i := range 30 {
		links += fmt.Sprintf("<a href=/%s>x</a>", strings.Repeat("x", i+1))
	}
	busy := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }
	s, server := look(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			page(links)(w, r)
		case "/robots.txt", "/sitemap.xml":
			http.NotFound(w, r)
		default:
			busy(w, r)
		}
	}), false, nil)
	if n := len(server.asked()) - 3; n < maxSilent || n > maxSilent+slots {
		t.Errorf("%d pages are asked for", n)
	}
	if c := s.coverage["further pages"]; !strings.Contains(c.Reason, "too much") {
		t.Errorf("the rest is %+v", c)
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

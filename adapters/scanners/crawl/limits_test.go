package crawl

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

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

func (l *loading) Page(_ context.Context, a *scanners.Answer) { l.page = a }

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
	if c := s.Coverage["/3"]; c.Outcome != domain.Skipped || !strings.Contains(c.Reason, "1 MiB") || server.count("/2") != 1 || server.count("/3") != 0 {
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
	if c := s.Coverage["further pages"]; !strings.Contains(c.Reason, "too much") {
		t.Errorf("the rest is %+v", c)
	}
}

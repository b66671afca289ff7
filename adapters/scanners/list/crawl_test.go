package list_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/list"
	"github.com/scanledger/scanledger/domain"
)

// reported is what a scan reported: findings as "id@where", and the coverage.
type reported struct {
	mu       sync.Mutex
	findings []string
	details  string
	coverage map[string]domain.Coverage
	kept     strings.Builder
}

func (s *reported) see(o domain.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch o := o.(type) {
	case domain.Weakness:
		s.findings = append(s.findings, o.Advisory.ID+"@"+o.Where)
		s.details += o.Detail + "\n"
	case domain.Coverage:
		s.coverage[o.What] = o
	}
}

func (s *reported) keep(_ string, raw []byte) domain.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept.Write(raw)
	return "kept"
}

// crawled scans a site with the crawl as it is in the list.
func crawled(t *testing.T, site http.HandlerFunc) (*reported, map[string]int) {
	t.Helper()
	all, err := list.All(list.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	asked := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.RequestURI()]++
		mu.Unlock()
		site(w, r)
	}))
	t.Cleanup(server.Close)
	target, err := domain.ParseURL(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	s := &reported{coverage: map[string]domain.Coverage{}}
	err = all[domain.Crawl].Scan(t.Context(), scanners.Job{Target: target, Profile: domain.Deep, Net: guard.Session(), Keep: s.keep}, s.see)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(s.findings)
	return s, asked
}

const (
	stripe = "sk_live_9aB3dE5fG7hI1jK2lM4nO6pQ"
	old    = "/*! jQuery v1.8.3 jquery.com | jquery.org/license */"
)

// TestCrawlFeeds: pages beyond the target's own are judged by the rules for that
// one, which is not told of again.
func TestCrawlFeeds(t *testing.T) {
	flaws := `<form method=post action=/x><input type=password name=p></form><script src=%s></script><script>/* ` + old + ` */</script>
		<iframe src=https://evil.example/ width=1 height=1></iframe><img src=%s/a.png>`
	s, asked := crawled(t, func(w http.ResponseWriter, r *http.Request) {
		html := func(body string) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<!doctype html><title>x</title>"+body)
		}
		switch r.URL.Path {
		case "/":
			w.Header().Add("Set-Cookie", "sessionid=1")
			w.Header().Set("Server", "nginx/1.0.0")
			html(fmt.Sprintf(flaws, "/own.js", "/own/img") + `<a href=/further>x</a><a href=/third>y</a><a href=/broken>z</a><a href=/tells.txt2>t</a>`)
		case "/further":
			w.Header().Add("Set-Cookie", "login=1")
			w.Header().Add("Set-Cookie", "sessionid=1")
			w.Header().Set("Server", "nginx/1.0.0")
			w.Header().Set("X-Powered-By", "PHP/5.6")
			html(fmt.Sprintf(flaws, "/old.js", "/further/img") + "<script>var key = '" + stripe + "'</script><script src=/own.js></script>")
		case "/third":
			html("3" + fmt.Sprintf(`<script src=/old.js></script><img src=/own/img/b.png><script>/* `+old+` */</script>`))
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, "Traceback (most recent call last):\n  File \"/srv/app/main.py\", line 12, in x\n")
		case "/tells.txt2":
			html("<p>The Werkzeug Debugger and the Symfony Exception page are for developers, and keys look like sk_live_EXAMPLEEXAMPLEEXAMPLEEX.")
		case "/old.js", "/own.js":
			fmt.Fprint(w, old)
		case "/further/img/", "/own/img/":
			html("<title>Index of " + r.URL.Path + "</title>")
		default:
			http.NotFound(w, r)
		}
	})
	want := []string{
		"content/debug-page@/broken", "content/directory-listing@/further/img/", "content/form/password-clear-text@/further", "content/hidden-frame@https://evil.example/",
		"content/leaked-secret@/further", "content/library/jquery@1.8.3@/old.js", "cookies/httponly/missing-session@login", "cookies/secure/missing-session@login",
		"headers/leak/powered-by@x-powered-by",
	}
	if !slices.Equal(s.findings, want) {
		t.Errorf("findings\n%s\nwant\n%s", strings.Join(s.findings, "\n"), strings.Join(want, "\n"))
	}
	for path, times := range map[string]int{"/": 1, "/further": 1, "/third": 1, "/old.js": 1, "/own.js": 0, "/further/img/": 1, "/own/img/": 0, "/x": 0} {
		if asked[path] != times {
			t.Errorf("%s is asked for %d times, want %d", path, asked[path], times)
		}
	}
	if strings.Contains(s.kept.String()+s.details, stripe) {
		t.Error("the key is told, or kept")
	}
	for _, rule := range []string{"forms", "mixed-content", "vulnerable-libraries", "leaked-secrets", "debug-pages", "cookies of further pages", "software-versions", "exposed-files: directory-listings"} {
		if c := s.coverage[rule]; c.Outcome != domain.Tested {
			t.Errorf("%s is %+v", rule, c)
		}
	}
}

// TestCrawlHoldsPagesToTheObservatory: what a page says for itself is held to the
// tests of the Observatory, and told once of all pages and not of the target's own.
func TestCrawlHoldsPagesToTheObservatory(t *testing.T) {
	s, _ := crawled(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch r.URL.Path {
		case "/":
			w.Header().Set("Referrer-Policy", "unsafe-url")
			fmt.Fprint(w, "<!doctype html><a href=/a>x</a><a href=/b>y</a><a href=/c>z</a><a href=/d>z</a>")
		case "/a", "/b":
			w.Header().Del("Content-Security-Policy")
			w.Header().Set("Referrer-Policy", "unsafe-url")
			fmt.Fprint(w, "<!doctype html>"+r.URL.Path)
		case "/c":
			fmt.Fprint(w, "<!doctype html><script src=https://cdn.invalid/x.js></script>")
		case "/d":
			w.Header().Del("X-Content-Type-Options")
			w.Header().Set("Content-Type", "text/plain")
		default:
			http.NotFound(w, r)
		}
	})
	want := []string{"headers/csp/missing@/a", "headers/sri/missing@/c", "headers/x-frame-options/missing@/a"}
	if !slices.Equal(s.findings, want) {
		t.Errorf("findings %q, want %q", s.findings, want)
	}
	if !strings.Contains(s.details, "So it is on 2 pages that were read.") {
		t.Errorf("the details are %s", s.details)
	}
	for _, test := range []string{"content-security-policy", "subresource-integrity", "x-frame-options", "header-syntax"} {
		if c := s.coverage[test]; c.Outcome != domain.Tested {
			t.Errorf("%s is %+v", test, c)
		}
	}
}

// TestCrawlOfOnePage says of the rules that there was nothing more to look at.
func TestCrawlOfOnePage(t *testing.T) {
	s, _ := crawled(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, "<!doctype html><title>x</title><form method=post action=/x><input type=password name=p></form>")
	})
	if len(s.findings) > 0 {
		t.Errorf("findings %q", s.findings)
	}
	for _, rule := range []string{"forms", "content-security-policy"} {
		if c := s.coverage[rule]; c.Outcome != domain.Skipped || c.Reason != "there is no page beyond the target's own" {
			t.Errorf("the rule is %+v", c)
		}
	}
}

// TestCrawlKeepsScriptsToRobots: what pages load from the site is asked for as
// its pages are.
func TestCrawlKeepsScriptsToRobots(t *testing.T) {
	s, asked := crawled(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			fmt.Fprint(w, "<!doctype html><a href=/a>x</a>")
		case "/a":
			fmt.Fprint(w, "<!doctype html><script src=/js/a.js></script>")
		case "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /js\n")
		default:
			http.NotFound(w, r)
		}
	})
	if asked["/js/a.js"] > 0 {
		t.Error("the script is asked for")
	}
	refused := false
	for what, c := range s.coverage {
		refused = refused || strings.HasSuffix(what, "/js/a.js") && c.Outcome == domain.Refused && strings.Contains(c.Reason, "line 2 of robots.txt")
	}
	if !refused {
		t.Errorf("the coverage is %+v", s.coverage)
	}
}

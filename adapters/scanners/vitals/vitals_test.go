package vitals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// TestMain looks for goroutines, browsers and their folders that tests leave behind.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "vitals-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv("TMPDIR", dir)
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if left := leftovers(dir); len(left) > 0 {
			fmt.Fprintf(os.Stderr, "left behind: %q\n", left)
			code = 1
		}
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// leftovers are folders of rooms, and processes that were told of one.
func leftovers(dir string) (left []string) {
	left, _ = filepath.Glob(filepath.Join(dir, "scanledger-child-*"))
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		if line, err := os.ReadFile(path); err == nil && strings.Contains(string(line), dir+"/scanledger-child-") {
			left = append(left, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return left
}

type seen struct {
	vitals   *domain.PageVitals
	coverage map[string]domain.Coverage
	raised   map[string]domain.Weakness
	kept     []byte
}

func jobFor(t *testing.T, raw string, s *seen) scanners.Job {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.Atoi(u.Port())
	names, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		names.SetReadDeadline(time.Now())
		query := make([]byte, 512)
		if n, _, err := names.ReadFrom(query); err == nil {
			t.Errorf("a name was asked for that no page has: %q", query[:n])
		}
		names.Close()
	})
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Resolver: names.LocalAddr().String()})
	return scanners.Job{
		Target: domain.Target{
			Kind: domain.URLTarget, Value: raw, Host: u.Hostname(), Domain: u.Hostname(),
			Scheme: u.Scheme, Port: port, Path: u.RequestURI(),
		},
		Profile: domain.Standard, Net: guard.Session(),
		Keep: func(_ string, raw []byte) domain.Hash { s.kept = raw; return "kept" },
	}
}

// scan measures a page with little patience.
func scan(t *testing.T, address string, patience time.Duration) (seen, error) {
	t.Helper()
	s := seen{coverage: map[string]domain.Coverage{}, raised: map[string]domain.Weakness{}}
	scanner := New("")
	scanner.patience = patience
	err := scanner.Scan(t.Context(), jobFor(t, address, &s), func(o domain.Observation) {
		switch o := o.(type) {
		case domain.PageVitals:
			s.vitals = &o
		case domain.Coverage:
			s.coverage[o.What] = o
		case domain.Weakness:
			s.raised[o.Advisory.ID] = o
		}
	})
	return s, err
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	site := httptest.NewServer(handler)
	t.Cleanup(site.Close)
	return site.URL
}

func html(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, text)
	}
}

const busy = `function busy(ms) { const end = performance.now() + ms; while (performance.now() < end); }`

// A page that takes its time shows it in each of the figures.
func TestVitalsOfAPage(t *testing.T) {
	t.Parallel()
	const slow = `<!DOCTYPE html><title>a</title><style>body{margin:0}</style><h1>Hello</h1><p>World</p>
		<script>` + busy + `
		new PerformanceObserver(() => setTimeout(() => busy(400), 200)).observe({type: "paint", buffered: true}); // what is before it does not count
		setTimeout(() => { const d = document.createElement("div"); d.style.height = "300px"; document.body.prepend(d); }, 1500);
		setTimeout(() => { const d = document.createElement("p"); d.style.fontSize = "80px"; d.textContent = "A very large text which comes late"; document.body.append(d); }, 2800);
		</script>`
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		select {
		case <-time.After(900 * time.Millisecond):
		case <-r.Context().Done():
		}
		html(slow)(w, r)
	})
	s, err := scan(t, address+"/from", pageTime)
	if err != nil || s.vitals == nil {
		t.Fatalf("%+v, %v", s, err)
	}
	v := *s.vitals
	if v.LCP == nil || v.CLS == nil || v.FCP == nil || v.TTFB == nil || v.TBT == nil {
		t.Fatalf("%s", s.kept)
	}
	if *v.TTFB < 900 || *v.FCP < *v.TTFB || *v.LCP < *v.FCP+1000 || *v.TBT < 300 || *v.CLS < 0.01 {
		t.Errorf("ttfb %v, fcp %v, lcp %v, tbt %v, cls %v", *v.TTFB, *v.FCP, *v.LCP, *v.TBT, *v.CLS)
	}
	if v.URL != address+"/" || v.Evidence != "kept" || !strings.HasPrefix(v.Browser, "Chrom") {
		t.Errorf("%+v", v)
	}
	var evidence domain.PageTimeline
	if err := json.Unmarshal(s.kept, &evidence); err != nil || *evidence.Vitals().TBT != *v.TBT {
		t.Errorf("the evidence tells something else: %v, %s", err, s.kept)
	}
	for _, m := range metrics {
		if s.coverage[m.name].Outcome != domain.Tested {
			t.Errorf("%s: %+v", m.name, s.coverage[m.name])
		}
	}
	if s.raised["vitals/slow-first-byte"].Detail == "" || s.raised["vitals/blocking-scripts"].Detail == "" {
		t.Errorf("raised %v", s.raised)
	}
}

// hostile is a page that wants more than to be seen, and what becomes of it.
type hostile struct {
	name, html string
	lcp        domain.Outcome // of the whole or else of this vital; "" for any
	says       string         // why: either of the words
}

// hostilePages are those that every run of the tests opens; make peers opens more.
var hostilePages = []hostile{
	{"a script without end", `<h1>a</h1><script>new PerformanceObserver(()=>setTimeout(()=>{for(;;);},300)).observe({type:"paint",buffered:true})</script>`, domain.TimedOut, "not loaded and at rest"},
	{"alerts without end", `<h1>a</h1><script>for(;;)alert(1)</script>`, domain.Skipped, "painted nothing"},
	{"memory without end", `<h1>a</h1><script>const all=[];setInterval(()=>{for(let i=0;i<8;i++)all.push(new Uint8Array(3e7).fill(i+1))},5)</script>`, domain.TimedOut, "given up|not loaded and at rest"},
}

// Pages that want more than to be seen get no further than that.
func TestHostilePages(t *testing.T) {
	t.Parallel()
	for _, c := range hostilePages {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, html("<!DOCTYPE html><title>a</title>"+c.html))
			s, err := scan(t, address+"/", 6*time.Second)
			end := s.coverage["lcp"]
			var not *scanners.NotTested
			if errors.As(err, &not) {
				end.Outcome, end.Reason = not.Outcome, not.Reason
			} else if err != nil {
				t.Fatal(err)
			}
			if c.lcp != "" && (end.Outcome != c.lcp || !regexp.MustCompile(c.says).MatchString(end.Reason)) {
				t.Errorf("%+v", end)
			}
			if s.vitals != nil && !strings.HasPrefix(s.vitals.URL, address) {
				t.Errorf("it was at %s", s.vitals.URL)
			}
		})
	}
}

// What the guard refuses, no page reaches, and the ledger says so.
func TestNoWayAroundTheGuard(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := map[string]bool{}
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path] = true
		mu.Unlock()
		html(`<!DOCTYPE html><title>a</title><h1>a</h1>
			<img src="http://169.254.169.254/latest/meta-data/"><img src="http://[::1]:8099/"><img src="http://127.0.0.2:8099/a.png">
			<img src="https://10.0.0.1/"><script src="http://127.0.0.3:8099/a.js"></script><link rel="dns-prefetch" href="//prefetch.test">
			<link rel="preconnect" href="https://192.168.0.1">
			<script>
			try { new WebSocket("ws://169.254.169.254:81/") } catch (e) {}
			fetch("http://172.16.0.1/", {mode: "no-cors"}).finally(() => fetch("/refused"));
			const c = new RTCPeerConnection({iceServers: [{urls: "stun:10.1.2.3:3478"}]});
			c.createDataChannel("a"); c.onicecandidate = e => e.candidate && fetch("/candidate");
			c.createOffer().then(o => c.setLocalDescription(o));
			</script>`)(w, r)
	})
	s, err := scan(t, address+"/", pageTime)
	if err != nil || s.vitals == nil {
		t.Fatal(s, err)
	}
	for _, what := range []string{"169.254.169.254:80", "169.254.169.254:81", "[::1]:8099", "127.0.0.2:8099", "10.0.0.1:443", "172.16.0.1:80"} {
		if s.coverage[what].Outcome != domain.Refused {
			t.Errorf("%s: %+v", what, s.coverage[what])
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if !asked["/refused"] || asked["/candidate"] {
		t.Errorf("the page told %v", asked)
	}
}

// A redirection that a browser must not follow is told by the scanner that
// follows it first, or by the browser.
func TestRedirectedAway(t *testing.T) {
	t.Parallel()
	for location, says := range map[string]string{"http://169.254.169.254/": "", "file:///etc/passwd": ""} {
		address := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Location", location); w.WriteHeader(302) })
		s, err := scan(t, address+"/", pageTime)
		var not *scanners.NotTested
		if !errors.As(err, &not) || s.vitals != nil || !strings.Contains(not.Reason, says) {
			t.Errorf("%s: %+v, %v", location, s, err)
		}
	}
}

func TestNotTested(t *testing.T) {
	t.Parallel()
	var s seen
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/plain") })
	quick := jobFor(t, plain, &s)
	quick.Profile = domain.Quick
	wrong := filepath.Join(os.Getenv("TMPDIR"), "chromium") // where nobody can run it
	if err := os.WriteFile(wrong, []byte("#!/bin/sh\necho No usable sandbox! >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	site := serve(t, html("<h1>a</h1>"))
	broken := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusInternalServerError)
		html("<h1>a</h1>")(w, r)
	})
	for _, c := range []struct {
		chromium string
		job      scanners.Job
		says     string
	}{
		{"", quick, "a quick scan opens no browser"},
		{"", jobFor(t, plain, &s), `the page is "text/plain", not HTML`},
		{"", jobFor(t, broken, &s), "the site answers with the status 500"},
		{"/nowhere/chromium", jobFor(t, site, &s), "Chromium is not installed: install Chromium"},
		{wrong, jobFor(t, site, &s), "it has no sandbox here"},
	} {
		err := New(c.chromium).Scan(t.Context(), c.job, func(domain.Observation) {})
		var not *scanners.NotTested
		if !errors.As(err, &not) || not.Outcome != domain.Skipped || !strings.Contains(not.Reason, c.says) {
			t.Errorf("%v, want %s", err, c.says)
		}
	}
}

// A scan that is cancelled takes its browser along.
func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var s seen
	site := serve(t, func(w http.ResponseWriter, r *http.Request) {
		html("<h1>a</h1>")(w, r)
		if strings.Contains(r.UserAgent(), "Mozilla") {
			cancel()
		}
	})
	if err := New("").Scan(ctx, jobFor(t, site, &s), func(domain.Observation) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

package seo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// served is what a test's server answers.
type served struct {
	html         string
	status       int
	header       map[string]string
	robots       string
	robotsStatus int
	path         string // of the page, with its query; "/" when empty
}

func (s served) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/robots.txt" {
		w.WriteHeader(max(s.robotsStatus, 200))
		fmt.Fprint(w, s.robots)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	for name, value := range s.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(max(s.status, 200))
	fmt.Fprint(w, s.html)
}

type seen struct {
	audits   map[string]domain.SEOAudit
	coverage map[string]domain.Coverage
	visits   []domain.Visit
	other    []domain.Observation
}

func jobFor(t *testing.T, raw string) scanners.Job {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.Atoi(u.Port())
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	return scanners.Job{
		Target: domain.Target{
			Kind: domain.URLTarget, Value: raw, Host: u.Hostname(), Domain: u.Hostname(),
			Scheme: u.Scheme, Port: port, Path: u.RequestURI(),
		},
		Profile: domain.Standard, Net: guard.Session(),
		Keep: func(string, []byte) domain.Hash { return "kept" },
	}
}

func scan(ctx context.Context, job scanners.Job) (seen, error) {
	s := seen{audits: map[string]domain.SEOAudit{}, coverage: map[string]domain.Coverage{}}
	err := New().Scan(ctx, job, func(o domain.Observation) {
		switch o := o.(type) {
		case domain.SEOAudit:
			s.audits[o.ID] = o
		case domain.Coverage:
			s.coverage[o.What] = o
		case domain.Visit:
			s.visits = append(s.visits, o)
		case domain.Advance:
		default:
			s.other = append(s.other, o)
		}
	})
	return s, err
}

func (s served) look(t *testing.T) seen {
	t.Helper()
	server := httptest.NewServer(s)
	defer server.Close()
	s.html = strings.ReplaceAll(s.html, "HOST", server.URL)
	server.Config.Handler = s
	found, err := scan(t.Context(), jobFor(t, server.URL+"/"+strings.TrimPrefix(s.path, "/")))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

const good = `<!doctype html><html lang=en><head><title>Bicycles</title>
<meta name=description content="All about bicycles"><link rel=canonical href="HOST/">
<link rel=alternate hreflang=de href="https://example.test/de"></head>
<body><a href="/wheels">Wheels</a><img src=a.png alt="A wheel"></body></html>`

func TestAGoodPagePassesEverything(t *testing.T) {
	s := served{html: good, robots: "User-agent: *\nDisallow: /private\n"}.look(t)
	for _, id := range domain.SEOAudits {
		if a := s.audits[id]; a.Outcome != domain.SEOPass {
			t.Errorf("%s is %q (%s), want pass", id, a.Outcome, a.Detail)
		}
		if c := s.coverage[id]; c.Outcome != domain.Tested {
			t.Errorf("coverage of %s is %+v, want tested", id, c)
		}
	}
	if len(s.visits) != 1 || s.visits[0].Status != 200 || s.visits[0].Evidence == "" {
		t.Errorf("visits are %+v", s.visits)
	}
	if len(s.other) != 0 {
		t.Errorf("something else was seen: %v", s.other)
	}
}

// TestAnErrorIsNoPage has sites that answer nothing but that they cannot.
func TestAnErrorIsNoPage(t *testing.T) {
	for _, status := range []int{429, 500, 503} {
		server := httptest.NewServer(served{html: good, status: status})
		found, err := scan(t.Context(), jobFor(t, server.URL+"/"))
		server.Close()
		var not *scanners.NotTested
		if !errors.As(err, &not) || not.Outcome != domain.Skipped || !strings.Contains(not.Reason, strconv.Itoa(status)) || len(found.audits) > 0 {
			t.Errorf("the status %d: %v, %+v", status, err, found.audits)
		}
	}
}

// body wraps a fragment in a page that passes everything else.
func body(fragment string) served {
	return served{html: strings.Replace(good, "<body>", "<body>"+fragment, 1)}
}

func head(fragment string) served {
	return served{html: strings.Replace(good, "<head>", "<head>"+fragment, 1)}
}

func bare(html string) served { return served{html: html} }

func (s served) with(name, value string) served {
	s.header = map[string]string{name: value}
	return s
}

func (s served) robotsTxt(text string) served { s.robots = text; return s }

func TestAudits(t *testing.T) {
	const pass, fail, na = domain.SEOPass, domain.SEOFail, domain.SEONotApplicable
	noCanonical := strings.Replace(good, `<link rel=canonical href="HOST/">`, "", 1)
	at := func(s served, path string) served { s.path = path; return s }
	tests := []struct {
		id, name string
		site     served
		want     string
	}{
		{"is-crawlable", "noindex", head(`<meta name=ROBOTS content="follow, NOINDEX">`), fail},
		{"is-crawlable", "none", head(`<meta name=robots content="none">`), fail},
		{"is-crawlable", "one bot may", head(`<meta name=robots content=noindex><meta name=googlebot content=all>`), pass},
		{"is-crawlable", "one bot may not", head(`<meta name=googlebot content=noindex>`), pass},
		{"is-crawlable", "meta in the body does not count", body(`<div><meta name=robots content=noindex></div>`), pass},
		{"is-crawlable", "expired", head(`<meta name=robots content="unavailable_after: 25 Jun 2010 15:00:00 PST">`), fail},
		{"is-crawlable", "not expired", head(`<meta name=robots content="unavailable_after: 2100-01-01">`), pass},
		{"is-crawlable", "header", body("").with("X-Robots-Tag", "noindex"), fail},
		{"is-crawlable", "header for one bot", body("").with("X-Robots-Tag", "Googlebot: noindex"), pass},
		{"is-crawlable", "header expired", body("").with("X-Robots-Tag", "unavailable_after: 25 Jun 2010 15:00:00 PST"), fail},
		{"is-crawlable", "robots.txt", body("").robotsTxt("User-agent: *\nDisallow: /"), fail},
		{"is-crawlable", "robots.txt for one bot", body("").robotsTxt("User-agent: bingbot\nDisallow: /"), pass},
		{"is-crawlable", "robots.txt lets one bot in", body("").robotsTxt("User-agent: *\nDisallow: /\nUser-agent: bingbot\nDisallow:"), pass},
		{"is-crawlable", "robots.txt, longest rule", at(body(""), "/a/b").robotsTxt("User-agent: *\nDisallow: /a\nAllow: /a/b"), pass},
		{"is-crawlable", "robots.txt, query", at(body(""), "/a?x=1").robotsTxt("User-agent: *\nDisallow: /*?x="), fail},
		{"document-title", "none", bare(strings.Replace(good, "<title>Bicycles</title>", "", 1)), fail},
		{"document-title", "white space", bare(strings.Replace(good, "Bicycles", " &nbsp;\n", 1)), fail},
		{"document-title", "of a drawing", bare(`<svg><title>x</title></svg>`), fail},
		{"document-title", "in the body", bare(`<p><title>x</title>`), pass},
		{"meta-description", "none", bare(strings.Replace(good, "name=description", "name=other", 1)), fail},
		{"meta-description", "empty", bare(strings.Replace(good, "All about bicycles", "  ", 1)), fail},
		{"meta-description", "capitals", bare(strings.Replace(good, "name=description", "NAME=Description", 1)), pass},
		{"http-status-code", "not found", served{html: good, status: 404}, fail},
		{"http-status-code", "not modified in spirit", served{html: good, status: 203}, pass},
		{"link-text", "click here", body(`<a href=/x> Click  here </a>`), fail},
		{"link-text", "in another language", body(`<a href=/x>hier</a>`), pass},
		{"link-text", "in its own language", body(`<a href=/x lang=de-AT>Hier</a>`), fail},
		{"link-text", "no language known", bare(`<title>x</title><a href=/x>hier</a>`), fail},
		{"link-text", "two languages in one link", body(`<a href=/x><b lang=de>mehr</b><i lang=fr></i></a>`), fail},
		{"link-text", "nofollow", body(`<a href=/x rel="nofollow">here</a>`), pass},
		{"link-text", "script", body(`<a href="javascript:x()">here</a>`), pass},
		{"link-text", "mail", body(`<a href="mailto:a@b.test">here</a>`), pass},
		{"link-text", "same page", body(`<a href="#top">here</a>`), pass},
		{"link-text", "hidden text", body(`<a href=/x>here<span hidden> are wheels</span></a>`), fail},
		{"link-text", "drawing", body(`<svg><a xlink:href=/x>here</a></svg>`), fail},
		{"crawlable-anchors", "script", body(`<a href="javascript:void(0)">x</a>`), fail},
		{"crawlable-anchors", "script with spaces", body(`<a href="javascript: void 0">x</a>`), fail},
		{"crawlable-anchors", "another script", body(`<a href="javascript:open()">x</a>`), pass},
		{"crawlable-anchors", "file", body(`<a href="file:///c:/x">x</a>`), fail},
		{"crawlable-anchors", "no href, handler", body(`<a onclick="go()">x</a>`), fail},
		{"crawlable-anchors", "placeholder", body(`<a>x</a>`), pass},
		{"crawlable-anchors", "no href, target", body(`<a target=_blank>x</a>`), fail},
		{"crawlable-anchors", "empty href", body(`<a href="">x</a>`), pass},
		{"crawlable-anchors", "anchor", body(`<a id=top></a><a name=end></a>`), pass},
		{"crawlable-anchors", "role", body(`<a role=button onclick="go()">x</a>`), pass},
		{"crawlable-anchors", "no URL", body(`<a href="http://">x</a>`), fail},
		{"crawlable-anchors", "no port", body(`<a href="//x:99999/">x</a>`), fail},
		{"crawlable-anchors", "odd path", body(`<a href="/%zz\y z?%">x</a>`), pass},
		{"crawlable-anchors", "mail", body(`<a href="mailto:">x</a>`), pass},
		{"robots-txt", "none", served{html: good, robotsStatus: 404}, na},
		{"robots-txt", "empty", body(""), na},
		{"robots-txt", "broken server", served{html: good, robotsStatus: 500}, fail},
		{"robots-txt", "HTML", body("").robotsTxt("<!doctype html><title>Welcome</title>"), fail},
		{"robots-txt", "rule without agent", body("").robotsTxt("Disallow: /x"), fail},
		{"robots-txt", "unknown directive", body("").robotsTxt("User-agent: *\nDisalow: /x"), fail},
		{"robots-txt", "sitemap that is no URL", body("").robotsTxt("Sitemap: /sitemap.xml"), fail},
		{"robots-txt", "well-formed", body("").robotsTxt("# c\nUser-agent: a\r\nAllow: *.css$ # d\rDisallow:\nSitemap: https://x.test/s.xml\nCrawl-delay: 1"), pass},
		{"image-alt", "no images", bare(`<title>x</title>`), na},
		{"image-alt", "no alt", body(`<img src=x>`), fail},
		{"image-alt", "empty alt", body(`<img src=x alt>`), pass},
		{"image-alt", "alt of spaces", body(`<img src=x alt="  ">`), fail},
		{"image-alt", "label", body(`<img src=x aria-label=Wheel>`), pass},
		{"image-alt", "labelled by", body(`<b id=w>Wheel</b><img src=x aria-labelledby="v w">`), pass},
		{"image-alt", "labelled by nothing", body(`<img src=x aria-labelledby=v>`), fail},
		{"image-alt", "title", body(`<img src=x title=Wheel>`), pass},
		{"image-alt", "decorative", body(`<img src=x role=presentation>`), pass},
		{"image-alt", "decorative but focusable", body(`<img src=x role=none tabindex=0>`), fail},
		{"image-alt", "hidden", body(`<div aria-hidden=true><img src=x></div><p style="display: none"><img src=x></p><p hidden><img src=x></p>`), pass},
		{"image-alt", "only hidden", bare(`<title>x</title><div hidden><img src=x></div><noscript><img src=x></noscript><template><img src=x></template>`), na},
		{"hreflang", "no language", head(`<link rel=alternate hreflang=xx href="https://x.test/">`), fail},
		{"hreflang", "region and default", head(`<link rel=alternate hreflang=de-AT href="https://x.test/"><link rel=alternate hreflang=X-Default href="http://x.test/">`), pass},
		{"hreflang", "relative", head(`<link rel=alternate hreflang=de href="/de">`), fail},
		{"hreflang", "three letters where two are right", head(`<link rel=alternate hreflang=deu href="https://x.test/">`), fail},
		{"hreflang", "three letters", head(`<link rel=alternate hreflang=gsw href="https://x.test/">`), pass},
		{"hreflang", "in the body", body(`<link rel=alternate hreflang=xx href="/">`), pass},
		{"hreflang", "header", body("").with("Link", `<https://x.test/>; rel="alternate"; hreflang="xx"`), fail},
		{"hreflang", "second in the header", body("").with("Link", `<https://x.test/a,b;c>; rel=alternate; hreflang=de; title="a, \"b\"", </y>; rel=alternate; hreflang=en`), fail},
		{"canonical", "none", bare(noCanonical), na},
		{"canonical", "two", head(`<link rel=canonical href="https://x.test/other">`), fail},
		{"canonical", "the same twice", head(`<link rel=canonical href="HOST/">`), pass},
		{"canonical", "relative", bare(strings.Replace(good, `href="HOST/"`, `href="/"`, 1)), fail},
		{"canonical", "no URL", bare(strings.Replace(good, `href="HOST/"`, `href="https://"`, 1)), fail},
		{"canonical", "home page", at(bare(good), "/wheels"), fail},
		{"canonical", "another site", bare(strings.Replace(good, `href="HOST/"`, `href="https://x.test/"`, 1)), pass},
		{"canonical", "header", bare(noCanonical).with("Link", "<https://x.test/a>; rel=canonical"), pass},
		{"canonical", "another language", head(`<link rel=alternate hreflang=en href="HOST/"><link rel=alternate hreflang=de href="https://x.test/de">`), pass},
	}
	for _, tt := range tests {
		t.Run(tt.id+", "+tt.name, func(t *testing.T) {
			if a := tt.site.look(t).audits[tt.id]; a.Outcome != tt.want {
				t.Errorf("outcome is %q (%s), want %q", a.Outcome, a.Detail, tt.want)
			} else if a.Outcome == fail && a.Detail == "" {
				t.Error("a failure without a detail")
			}
		})
	}
}

func TestTheCanonicalURLOfAnotherLanguage(t *testing.T) {
	s := served{path: "/de", html: `<title>x</title><link rel=canonical href="HOST/en">
<link rel=alternate hreflang=de href="HOST/de"><link rel=alternate hreflang=en href="HOST/en">`}.look(t)
	if a := s.audits["canonical"]; a.Outcome != domain.SEOFail || !strings.Contains(a.Detail, "language") {
		t.Errorf("canonical is %+v", a)
	}
}

func TestALongPageDoesNotPassWhatWasNotRead(t *testing.T) {
	s := body(strings.Repeat("<p>word</p>", maxPage/8)).look(t)
	for _, id := range []string{"link-text", "crawlable-anchors", "image-alt"} {
		if _, judged := s.audits[id]; judged || s.coverage[id].Outcome != domain.Skipped || s.coverage[id].Reason == "" {
			t.Errorf("%s: judged %v, coverage %+v", id, judged, s.coverage[id])
		}
	}
	if s.audits["document-title"].Outcome != domain.SEOPass {
		t.Error("the head was read and its title does not pass")
	}
	if s := body("<a href='javascript:void(0)'>x</a>" + strings.Repeat("<p>word</p>", maxPage/8)).look(t); s.audits["crawlable-anchors"].Outcome != domain.SEOFail {
		t.Error("a fault in the part that was read is not told")
	}
	s = served{html: "<!doctype html>" + strings.Repeat("<p>word</p>", maxPage/8)}.look(t)
	for _, id := range []string{"document-title", "meta-description"} {
		if _, judged := s.audits[id]; judged || s.coverage[id].Outcome != domain.Skipped {
			t.Errorf("%s may stand in the rest: judged %v, coverage %+v", id, judged, s.coverage[id])
		}
	}
}

func TestRedirectsLeadToThePage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, "/home", http.StatusFound)
		case "/home":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, good)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	s, err := scan(t.Context(), jobFor(t, server.URL+"/"))
	if err != nil || len(s.visits) != 1 || s.visits[0].URL != server.URL+"/home" {
		t.Errorf("visits are %+v, %v", s.visits, err)
	}
}

func TestNothingToAudit(t *testing.T) {
	dead := httptest.NewServer(nil)
	dead.Close()
	loop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }))
	defer loop.Close()
	away := httptest.NewServer(http.RedirectHandler("http://169.254.169.254/", http.StatusFound))
	defer away.Close()
	picture := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "image/png") }))
	defer picture.Close()
	deep := httptest.NewServer(served{html: strings.Repeat("<div>", 100_000)})
	defer deep.Close()
	tests := []struct {
		name, url string
		outcome   domain.Outcome
	}{
		{"nobody there", dead.URL, domain.Skipped},
		{"redirects without end", loop.URL, domain.Refused},
		{"redirect to where the guard lets nobody", away.URL, domain.Refused},
		{"a picture", picture.URL, domain.Skipped},
		{"nested without end", deep.URL, domain.Refused},
		{"forbidden", "http://10.0.0.1/", domain.Refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := scan(t.Context(), jobFor(t, tt.url))
			var none *scanners.NotTested
			if !errors.As(err, &none) || none.Outcome != tt.outcome || none.Reason == "" {
				t.Errorf("Scan = %#v, want %s", err, tt.outcome)
			}
			if len(s.audits) != 0 {
				t.Errorf("audits were made: %v", s.audits)
			}
		})
	}
}

func TestACancelledScanEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() }))
	defer server.Close()
	if _, err := scan(ctx, jobFor(t, server.URL)); !errors.Is(err, context.Canceled) {
		t.Errorf("Scan = %v, want it cancelled", err)
	}
}

package seo

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

func TestURLsAreReadAsABrowserDoes(t *testing.T) {
	base, err := url.Parse("https://a.test/b/c?d")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ raw, want string }{ // "" where it is no URL
		{"", "https://a.test/b/c?d"},
		{"?x=1", "https://a.test/b/c?x=1"},
		{"#f", "https://a.test/b/c?d#f"},
		{"e", "https://a.test/b/e"},
		{"../../e/./f", "https://a.test/e/f"},
		{"/e", "https://a.test/e"},
		{" \t/e\n", "https://a.test/e"},
		{"/e\nf", "https://a.test/ef"},
		{`\e\f`, "https://a.test/e/f"},
		{"//b.test", "https://b.test/"},
		{`\\b.test\x`, "https://b.test/x"},
		{"http:x", "http://x/"},
		{"https:x", "https://a.test/b/x"},
		{"https:///x.test//y", "https://x.test//y"},
		{"HTTP://U:P@X.test:80/y", "http://x.test/y"},
		{"http://x.test:8080", "http://x.test:8080/"},
		{"http://bücher.test/", "http://xn--bcher-kva.test/"},
		{"http://[::1]:80/", "http://[::1]/"},
		{"/%zz y", "https://a.test/b"},
		{"mailto:a@b", "mailto:a@b"},
		{"javascript:void(0)", "javascript:void(0)"},
		{"http://", ""}, {"https://:80/", ""}, {"http://x:99999/", ""}, {"http://x:y/", ""}, {"http://[::1/", ""}, {"http://a b/", ""},
		{"http://a<b/", ""}, {"http://1.2.3.4.5/", ""}, {"//", ""},
	}
	for _, tt := range tests {
		got, ok := parseURL(tt.raw, base)
		switch {
		case ok != (tt.want != ""):
			t.Errorf("parseURL(%q) = %v, %v", tt.raw, got, ok)
		case ok && tt.raw != "/%zz y" && got.String() != tt.want:
			t.Errorf("parseURL(%q) = %s, want %s", tt.raw, got, tt.want)
		}
	}
	if _, ok := parseURL("/relative", nil); ok {
		t.Error("a relative URL without a base is taken")
	}
}

func TestRobotPatterns(t *testing.T) {
	tests := []struct {
		pattern, path string
		want          bool
	}{
		{"/", "/x", true}, {"/a", "/ab", true}, {"/a$", "/ab", false}, {"/a$", "/a", true}, {"*", "/", true},
		{"/*.css$", "/a/b.css", true}, {"/*.css$", "/a/b.css?x", false}, {"/a*b*c", "/axbxc", true}, {"/a*b*c", "/axcxb", false},
		{"/a*a$", "/a", false}, {"/a*$", "/abc", true}, {"$", "", true}, {"/*/x/*/y", "/a/x/b/y", true}, {"**", "/", true},
	}
	for _, tt := range tests {
		if got := matches(tt.pattern, tt.path); got != tt.want {
			t.Errorf("matches(%q, %q) = %v, want %v", tt.pattern, tt.path, got, tt.want)
		}
	}
}

func TestRobotGroups(t *testing.T) {
	rules := parseRobots("User-agent: A/1.0\nUser-agent: b\nDisallow: /x\nAllow: /x/y\n\nUser-agent: *\nDisallow: /%c3%a4\nDisallow: /z\nAllow: /z\n")
	tests := []struct {
		path, bot string
		line      int
	}{
		{"/x/1", "a", 3}, {"/x/1", "B", 3}, {"/x/y", "A", 0}, {"/z", "a", 0}, {"/x", "", 0}, {"/ä", "c", 7}, {"/z", "c", 0},
	}
	for _, tt := range tests {
		u := &url.URL{Scheme: "https", Host: "x.test", Path: tt.path}
		if got := rules.disallows(u, tt.bot); got != tt.line {
			t.Errorf("line %d keeps %q from %s, want %d", got, tt.bot, tt.path, tt.line)
		}
	}
}

func TestShownText(t *testing.T) {
	tests := map[string]string{
		"<a> a  b\n c </a>": "a b c",
		"<a>a<br>b</a>":     "a\nb",
		"<a>a<b hidden>x</b><b style='DISPLAY:none'>y</b>b</a>": "ab",
		"<a>a<script>x</script><style>y</style></a>":            "a",
		"<div hidden><a> a <b>b</b></a></div>":                  " a b",
	}
	for fragment, want := range tests {
		p, err := newPage(&scanners.Answer{URL: &url.URL{Scheme: "http", Host: "x", Path: "/"}, Body: []byte(fragment)}, robotsFile{})
		if err != nil || len(p.anchors) != 1 {
			t.Fatal(fragment, err)
		}
		if got := shownText(p.anchors[0]); got != want {
			t.Errorf("shownText(%s) = %q, want %q", fragment, got, want)
		}
	}
}

// FuzzPage makes every audit of any page: none may panic or be undecided.
func FuzzPage(f *testing.F) {
	f.Add([]byte(good), "<https://x.test/>; rel=canonical", "noindex", "User-agent: *\nDisallow: /")
	f.Add([]byte(`<svg><a xlink:href=x lang=de>hier</a><title>`), `<a>;rel="a\"`, "a:", "Allow: $")
	f.Add([]byte(`<base href="//"><a href="\\%"><img role=none tabindex=1 aria-labelledby=a id=a><template><details><img>`), "<", ":", "\xff:\r")
	f.Fuzz(func(t *testing.T, body []byte, link, tag, robots string) {
		a := &scanners.Answer{
			URL: &url.URL{Scheme: "https", Host: "x.test", Path: "/"}, Status: 200, Body: body,
			Header: http.Header{"Link": {link}, "X-Robots-Tag": {tag}},
		}
		p, err := newPage(a, robotsFile{status: 200, content: robots})
		if err != nil {
			return
		}
		for _, a := range audits {
			switch outcome, _ := a.judge(p); outcome {
			case domain.SEOPass, domain.SEOFail, domain.SEONotApplicable:
			default:
				t.Errorf("%s is %q", a.id, outcome)
			}
		}
	})
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /a*b$\nSitemap: https://x.test/", "/axb")
	f.Fuzz(func(t *testing.T, content, path string) {
		rules := parseRobots(content)
		line := rules.disallows(&url.URL{Scheme: "https", Host: "x.test", Path: "/" + path}, "a")
		if lines := len(robotLines(content)); line < 0 || line > lines {
			t.Errorf("line %d of %d", line, lines)
		}
		for _, fault := range checkRobots(content) {
			if fault.what == "" || fault.line < 1 {
				t.Errorf("fault %+v", fault)
			}
		}
	})
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"http://[::1", `\\a\b`, "//%00", "http://1.2.3", "a:b", "/../%2e"} {
		f.Add(s)
	}
	base := &url.URL{Scheme: "https", Host: "x.test", Path: "/a/b"}
	f.Fuzz(func(t *testing.T, raw string) {
		if u, ok := parseURL(raw, base); ok && u.Scheme == "" {
			t.Errorf("parseURL(%q) = %s", raw, u)
		}
		parseURL(raw, nil)
		for _, l := range headerLinks([]string{raw}, base) {
			if strings.Contains(l.raw, ">") {
				t.Errorf("headerLinks(%q) has %q", raw, l.raw)
			}
		}
	})
}

// newPage is a page with its tree, for as long as the test lasts.
func newPage(a *scanners.Answer, robots robotsFile) (p *page, err error) {
	err = scanners.ReadHTML(context.Background(), a.Body, func(root *html.Node, n int) { p = pageOf(a, root, n, robots) })
	return p, err
}

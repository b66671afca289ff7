package seo

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

func TestShownText(t *testing.T) {
	tests := map[string]string{
		"<a> a  b\n c </a>": "a b c",
		"<a>a<br>b</a>":     "a\nb",
		"<a>a<b hidden>x</b><b style='DISPLAY:none'>y</b>b</a>": "ab",
		"<a>a<script>x</script><style>y</style></a>":            "a",
		"<div hidden><a> a <b>b</b></a></div>":                  " a b",
	}
	for fragment, want := range tests {
		p, err := newPage(&scanners.Answer{URL: &url.URL{Scheme: "http", Host: "x", Path: "/"}, Body: []byte(fragment)}, site.RobotsFile{})
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
		p, err := newPage(a, site.RobotsFile{Status: 200, Content: robots})
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

func FuzzHeaderLinks(f *testing.F) {
	for _, s := range []string{`<a>;rel="a\"`, "<https://x.test/>; rel=canonical, <", "<", ";,"} {
		f.Add(s)
	}
	base := &url.URL{Scheme: "https", Host: "x.test", Path: "/a/b"}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, l := range headerLinks([]string{raw}, base) {
			if strings.Contains(l.raw, ">") {
				t.Errorf("headerLinks(%q) has %q", raw, l.raw)
			}
		}
	})
}

// newPage is a page with its tree, for as long as the test lasts.
func newPage(a *scanners.Answer, robots site.RobotsFile) (p *page, err error) {
	err = scanners.ReadHTML(context.Background(), a.Body, func(root *html.Node, n int) { p = pageOf(a, root, n, robots) })
	return p, err
}

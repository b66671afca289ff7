package server_test

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
)

// TestDashboard serves a page that works under its own policy: without
// anything inline, and without anything from elsewhere.
func TestDashboard(t *testing.T) {
	s := webtest.New(t, stores)
	const policy = "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	page := s.Get("/dashboard", "Authorization:").Is(200).Has(policy, "Content-Type: text/html; charset=utf-8", "Cache-Control: no-store")
	if slash := s.Get("/dashboard/", "Authorization:").Is(200); slash.Body != page.Body {
		t.Error("with a slash it is another page")
	}
	script := s.Get("/dashboard/app.js", "Authorization:").Is(200).Has(policy, "Content-Type: text/javascript; charset=utf-8")
	style := s.Get("/dashboard/style.css", "Authorization:").Is(200).Has(policy, "Content-Type: text/css; charset=utf-8")
	ids, labelled, inputs := map[string]bool{}, map[string]bool{}, []string{}
	for n := range tags(t, page.Body) {
		for _, a := range n.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s> has %s inline", n.Data, a.Key)
			case (a.Key == "src" || a.Key == "href") && !strings.HasPrefix(a.Val, "/dashboard/") && a.Val != "data:,":
				t.Errorf("<%s> loads %s", n.Data, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
				if n.Data == "input" || n.Data == "select" {
					inputs = append(inputs, a.Val)
				}
			case n.Data == "label" && a.Key == "for":
				labelled[a.Val] = true
			}
		}
		if (n.Data == "script" || n.Data == "style") && !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "src" }) {
			t.Errorf("<%s> is inline", n.Data)
		}
	}
	for _, id := range inputs {
		if !labelled[id] {
			t.Errorf("the field %s has no label", id)
		}
	}
	for _, named := range regexp.MustCompile(`\bat\("([^"]+)"\)`).FindAllStringSubmatch(script.Body, -1) {
		if !ids[named[1]] {
			t.Errorf("the script looks for %s, which the page has not", named[1])
		}
	}
	for _, never := range []string{"localStorage", "sessionStorage", "document.cookie", "innerHTML", "eval("} {
		if strings.Contains(script.Body, never) {
			t.Errorf("the script has %s", never)
		}
	}
	for _, text := range []string{page.Body, script.Body, style.Body} {
		if at := strings.Index(text, "://"); at >= 0 {
			t.Errorf("it names another place: %.60s", text[max(at-20, 0):])
		}
	}
	s.Do(http.MethodPost, "/dashboard", "").Is(405)
	webtest.New(t, stores, func(o *server.Options) { o.APIRole = false }).Get("/dashboard").Is(404)
}

// tags are the elements of a page.
func tags(t *testing.T, page string) func(func(html.Token) bool) {
	return func(yield func(html.Token) bool) {
		for z := html.NewTokenizer(strings.NewReader(page)); ; {
			switch z.Next() {
			case html.ErrorToken:
				if z.Err() != io.EOF {
					t.Error(z.Err())
				}
				return
			case html.StartTagToken, html.SelfClosingTagToken:
				if !yield(z.Token()) {
					return
				}
			}
		}
	}
}

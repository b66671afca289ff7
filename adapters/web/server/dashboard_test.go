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

// TestDashboard serves pages that work under their own policy: without anything
// inline, and without anything from elsewhere.
func TestDashboard(t *testing.T) {
	s := webtest.New(t, stores)
	for _, path := range []string{"/dashboard", "/qr", "/admin"} {
		page := s.Get(path, "Authorization:").Is(200).Has(pagePolicy, "Content-Type: text/html; charset=utf-8", "Cache-Control: no-store")
		if slash := s.Get(path+"/", "Authorization:").Is(200); slash.Body != page.Body {
			t.Errorf("%s with a slash is another page", path)
		}
		ids := pageIDs(t, page.Body)
		for _, file := range []string{path + "/app.js", "/dashboard/client.js"} {
			script := s.Get(file, "Authorization:").Is(200).Has(pagePolicy, "Content-Type: text/javascript; charset=utf-8")
			for _, named := range regexp.MustCompile(`\b(?:at|focusOn|onPress|onSubmit)\("([^"]+)"`).FindAllStringSubmatch(script.Body, -1) {
				if !ids[named[1]] {
					t.Errorf("%s looks for %s, which %s has not", file, named[1], path)
				}
			}
			for _, never := range []string{"localStorage", "sessionStorage", "document.cookie", "innerHTML", "eval("} {
				if strings.Contains(script.Body, never) {
					t.Errorf("%s has %s", file, never)
				}
			}
			local(t, file, script.Body)
		}
		local(t, path, page.Body)
		s.Do(http.MethodPost, path, "").Is(405)
		webtest.New(t, stores, func(o *server.Options) { o.APIRole = false }).Get(path).Is(404)
	}
	style := s.Get("/dashboard/style.css", "Authorization:").Is(200).Has(pagePolicy, "Content-Type: text/css; charset=utf-8")
	local(t, "the style", style.Body)
}

const pagePolicy = "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// local expects a text that names no other place.
func local(t *testing.T, of, text string) {
	t.Helper()
	if at := strings.Index(text, "://"); at >= 0 {
		t.Errorf("%s names another place: %.60s", of, text[max(at-20, 0):])
	}
}

// pageIDs are the ids of a page that has nothing inline, loads from its own
// server alone, and has a label for each of its fields.
func pageIDs(t *testing.T, page string) map[string]bool {
	t.Helper()
	ids, labelled, inputs := map[string]bool{}, map[string]bool{}, []string{}
	for n := range tags(t, page) {
		for _, a := range n.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s> has %s inline", n.Data, a.Key)
			case (a.Key == "src" || a.Key == "href") && !strings.HasPrefix(a.Val, "/dashboard/") && a.Val != "/admin/app.js" && a.Val != "/qr/app.js" && a.Val != "data:,":
				t.Errorf("<%s> loads %s", n.Data, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
				if n.Data == "input" || n.Data == "select" || n.Data == "textarea" {
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
	return ids
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

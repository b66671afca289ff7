package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// TestRoutesAreDocumented holds what is mounted and what the OpenAPI documents
// have to each other.
func TestRoutesAreDocumented(t *testing.T) {
	mounted, documented := map[string]bool{}, map[string]bool{}
	for _, r := range unlimited(t, rendered).App.GetRoutes(true) {
		if r.Method != http.MethodHead { // with every GET
			mounted[r.Method+" "+r.Path] = true
		}
	}
	for _, o := range webtest.Operations(t) {
		documented[o.Method+" "+o.Route] = true
	}
	if len(mounted) < 60 {
		t.Fatalf("only %d routes", len(mounted))
	}
	for r := range mounted {
		if !documented[r] {
			t.Errorf("%s is mounted, and in no OpenAPI document: write it into schemas/openapi/parts", r)
		}
	}
	for r := range documented {
		if !mounted[r] {
			t.Errorf("%s is in an OpenAPI document, and not mounted", r)
		}
	}
}

// TestBodiesAreRead refuses what is no JSON object wherever a body is needed,
// and takes one of another type for JSON.
func TestBodiesAreRead(t *testing.T) {
	s := unlimited(t, uncounted)
	s.Plan(domain.SecAbly, domain.InternalPlan)
	s.Operate(s.Account, true)
	for _, o := range webtest.Operations(t) {
		if o.Node["requestBody"] == nil {
			continue
		}
		path := strings.NewReplacer(":id", "1").Replace(o.Route)
		bodies := []string{"{", "[]", "null", `"x"`, "{}{}", "\xff{}"}
		if needed, _ := o.Document.Follow(o.Node["requestBody"])["required"].(bool); needed {
			bodies = append(bodies, "")
		}
		for _, body := range bodies {
			for _, kind := range []string{"Content-Type:", "Content-Type: application/json", "Content-Type: text/plain"} {
				if a := s.Do(o.Method, path, body, kind); a.Status != 400 && a.Status != 404 {
					t.Errorf("%s %s takes %q: %d %s", o.Method, path, body, a.Status, a.Body)
				}
			}
		}
	}
}

// TestDocumentsAreServed as YAML and JSON, below each prefix.
func TestDocumentsAreServed(t *testing.T) {
	s := unlimited(t)
	for _, prefix := range []string{"", "/7azzani", "/secably", "/issafesite", "/scanner"} {
		text := s.Get(prefix+"/openapi.yaml", noToken).Is(200).Has("Content-Type: application/yaml")
		if !strings.Contains(text.Body, "\nopenapi: 3.1.0\n") {
			t.Errorf("%s is no OpenAPI: %.100s", prefix, text.Body)
		}
		url := prefix
		if url == "" {
			url = "/"
		}
		s.Get(prefix+"/openapi.json", noToken).Is(200).Has("Content-Type: application/json").Like(`{"openapi": "3.1.0", "servers": [{"url": "` + url + `"}]}`)
	}
	s.Get("/nothing/openapi.json", noToken).Is(404)
}

// TestDocs loads what the page names, packed and unpacked, and nothing that is
// elsewhere.
func TestDocs(t *testing.T) {
	s := unlimited(t)
	page := s.Get("/docs", noToken).Is(200).Has("Content-Type: text/html; charset=utf-8")
	policy := page.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("policy %q", policy)
	}
	if strings.Contains(page.Body, "//") || strings.Contains(page.Body, "<style") || strings.Contains(page.Body, "<script>") {
		t.Errorf("it loads from elsewhere, or has something inline: %s", page.Body)
	}
	var names []string
	for _, part := range strings.Split(page.Body, `="/docs/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		names = append(names, name)
	}
	if !slices.Contains(names, "swagger-ui-bundle.js") || !slices.Contains(names, "page.css") {
		t.Fatalf("it is made of %q", names)
	}
	for _, name := range names {
		whole := s.Get("/docs/"+name, noToken, "Accept-Encoding: identity").Is(200).Has("Content-Encoding:", "Cache-Control: public, max-age=3600")
		packed := s.Get("/docs/"+name, noToken, "Accept-Encoding: gzip").Is(200)
		if len(packed.Body) == 0 || len(whole.Body) < len(packed.Body) {
			t.Errorf("%s: %d bytes, packed %d", name, len(whole.Body), len(packed.Body))
		}
	}
	for _, none := range []string{"page.html", "swagger-ui.css.gz", "x", "..%2fdocs.go", "embed.go"} {
		s.Get("/docs/"+none, noToken).Is(404)
	}
}

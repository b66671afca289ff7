package sevenazzani_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// TestLinkFields says and takes away all that can be said of a link.
func TestLinkFields(t *testing.T) {
	s := unlimited(t)
	whole := `{"url": "https://a.example/", "expires_at": "2027-01-31T23:00:00+01:00", "max_clicks": 3, "fallback_url": "b.example", "password": "geheim",
		"rules": [{"url": "https://m.example/", "devices": ["android"], "languages": ["pt-BR"], "countries": ["br"], "from": "2026-12-01T00:00:00Z"}],
		"tags": [" a ", "a", "b"], "utm": {"source": "poster"}, "forward_query": true}`
	made := s.Post("/shrinkit/api/shorten/", whole).Is(201).Like(`{"original_url": "https://a.example/", "expires_at": "2027-01-31T22:00:00Z", "max_clicks": 3,
		"fallback_url": "https://b.example", "password_protected": true, "tags": ["a", "b"], "utm": {"source": "poster", "medium": ""}, "forward_query": true, "blocked": null,
		"rules": [{"name": "rule 1", "url": "https://m.example/", "devices": ["android"], "languages": ["pt-br"], "countries": ["BR"], "from": "2026-12-01T00:00:00Z", "until": null}]}`)
	at := "/shrinkit/api/links/" + made.Field("id") + "/"
	s.Do(http.MethodPatch, at, `{"max_clicks": null, "expires_at": null, "fallback_url": null, "password": "", "rules": [], "tags": null, "utm": null}`).Is(200).
		Like(`{"max_clicks": null, "expires_at": null, "fallback_url": null, "password_protected": false, "rules": [], "tags": ["a", "b"], "utm": {"source": "poster"}, "forward_query": true, "version": 2}`)
	s.Do(http.MethodPatch, at, `{"tags": [], "utm": {}, "forward_query": false, "is_active": false}`).Is(200).Like(`{"tags": [], "utm": {"source": ""}, "forward_query": false, "is_active": false, "version": 4}`)
	s.Do(http.MethodPatch, at, `{}`).Is(200).Like(`{"version": 4, "original_url": "https://a.example/"}`)
	s.Get(at).Is(200).Like(`{"version": 4, "is_active": false}`)
}

// TestLinkBodies refuses what cannot be said, and names the field.
func TestLinkBodies(t *testing.T) {
	s := unlimited(t)
	s.Refuse("https://harm.example", domain.Forbidden)
	made := s.Post("/shrinkit/api/shorten/", `{"url": "https://a.example", "custom_code": "mine"}`).Is(201)
	for body, says := range map[string]string{
		`{"url": ""}`: "URL is required", `{"url": 1}`: "url must be a string", `{"url": "javascript:alert(1)"}`: "url: the URL must begin with http:// or https://",
		`{"url": "https://harm.example"}`:                                           "url cannot be https://harm.example: it is on a list of harmful sites",
		`{"url": "a.example", "custom_code": "a/b"}`:                                "custom_code must have",
		`{"url": "a.example", "expires_at": "soon"}`:                                "expires_at",
		`{"url": "a.example", "expires_at": "2020-01-01T00:00:00Z"}`:                "expires_at must be in the future",
		`{"url": "a.example", "max_clicks": -1}`:                                    "max_clicks must be at least 0",
		`{"url": "a.example", "max_clicks": 1.5}`:                                   "max_clicks",
		`{"url": "a.example", "fallback_url": "b.example"}`:                         "fallback_url is for a link with",
		`{"url": "a.example", "password": "abc"}`:                                   "password must have 4 to 128",
		`{"url": "a.example", "rules": [{"url": "b.example"}]}`:                     "rules[0] must ask for something",
		`{"url": "a.example", "rules": [{"devices": ["mobile"]}]}`:                  "url",
		`{"url": "a.example", "rules": [{"url": "b.example", "devices": ["car"]}]}`: "devices",
		`{"url": "a.example", "tags": [1]}`:                                         "tags",
		`{"url": "a.example", "utm": {"source": null}}`:                             "utm.source must be a string, not null",
		`{"url": "a.example", "utm": "poster"}`:                                     "utm must be an object, not a string",
	} {
		a := s.Post("/shrinkit/api/shorten/", body).Is(400).Like(`{"error": "Invalid request"}`)
		if !strings.Contains(a.Field("message"), says) {
			t.Errorf("%s: %s", body, a.Body)
		}
		if body == `{"url": ""}` {
			continue
		}
		s.Do(http.MethodPatch, "/shrinkit/api/links/mine/", body)
	}
	s.Get("/shrinkit/api/links/mine/").Is(200).Like(fmt.Sprintf(`{"id": %q, "original_url": "https://a.example", "version": 1}`, made.Field("id")))
}

// TestForeignLinks answers for a stranger's link as for one that nobody has.
func TestForeignLinks(t *testing.T) {
	s := unlimited(t)
	link := s.Shorten("https://a.example", "mine")
	bob, _ := s.Issue(s.Register("bob@example.com"))
	as := "Authorization: Bearer " + bob
	for _, one := range []struct{ method, path, body string }{
		{http.MethodGet, "/shrinkit/api/links/%s/", ""}, {http.MethodPatch, "/shrinkit/api/links/%s/", "{}"},
		{http.MethodPost, "/shrinkit/api/toggle/%s/", ""}, {http.MethodDelete, "/shrinkit/api/delete/%s/", ""},
	} {
		s.Later(time.Second)
		want := s.Do(one.method, fmt.Sprintf(one.path, nobody), one.body, as).Is(404)
		for _, name := range []string{link, "mine", "MINE", "none", "{" + link + "}"} {
			if got := s.Do(one.method, fmt.Sprintf(one.path, name), one.body, as).Is(404); got.Body != want.Body {
				t.Errorf("%s is told as %s, an unknown link as %s", name, got.Body, want.Body)
			}
		}
	}
	s.Later(time.Second)
	s.Get("/shrinkit/api/links/", as).Is(200).Like(`{"count": 0, "results": []}`)
	s.Get("/shrinkit/api/links/mine/").Is(200).Like(`{"version": 1}`)
}

// TestLinkList pages, and chooses by tag and by what is searched.
func TestLinkList(t *testing.T) {
	s := unlimited(t)
	for i := range 25 {
		s.Post("/shrinkit/api/shorten/", fmt.Sprintf(`{"url": "https://%d.example", "custom_code": "link-%d", "tags": ["%d"]}`, i, i, i%2)).Is(201)
	}
	s.Do(http.MethodDelete, "/shrinkit/api/delete/link-24/", "").Is(204)
	s.Get("/shrinkit/api/links/?page_size=2&page=2").Is(200).Like(`{"count": 24, "results": [{"short_code": "link-21"}, {"short_code": "link-20"}]}`)
	s.Get("/shrinkit/api/links/?tag=1&page_size=1").Is(200).Like(`{"count": 12, "results": [{"short_code": "link-23"}]}`)
	s.Get("/shrinkit/api/links/?search=LINK-2").Is(200).Like(`{"count": 5}`)
	s.Get("/shrinkit/api/links/?search=%25").Is(200).Like(`{"count": 0}`)
	for _, name := range []string{"tag", "search"} {
		for _, value := range []string{"%00", "a%00b", "%ff"} {
			s.Get("/shrinkit/api/links/?" + name + "=" + value).Is(400).Like(`{"message": "` + name + ` must be text in UTF-8, without the character NUL"}`)
		}
	}
}

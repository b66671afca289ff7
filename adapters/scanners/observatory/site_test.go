package observatory_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/domain"
)

// noPreload is a complete list without entries.
var noPreload = &observatory.List{}

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// answer makes an answer with the given header lines, "Name: value".
func answer(t *testing.T, at string, lines ...string) *scanners.Answer {
	t.Helper()
	a := &scanners.Answer{URL: parse(t, at), Status: http.StatusOK, Header: http.Header{}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		a.Header.Add(name, strings.TrimSpace(value))
	}
	return a
}

// route makes a trip along URLs.
func route(t *testing.T, urls ...string) observatory.Trip {
	t.Helper()
	trip := observatory.Trip{Start: parse(t, urls[0])}
	for _, u := range urls {
		trip.Chain = append(trip.Chain, answer(t, u))
	}
	return trip
}

// site makes a site that answers over https with the given header lines, and
// redirects there from http.
func site(t *testing.T, lines ...string) observatory.Site {
	t.Helper()
	s := observatory.Site{
		Host:    "mozilla.org",
		HTTP:    route(t, "http://mozilla.org/", "https://mozilla.org/"),
		HTTPS:   route(t, "https://mozilla.org/"),
		Origin:  "https://probe.example",
		CORS:    answer(t, "https://mozilla.org/"),
		Preload: noPreload,
	}
	last := answer(t, "https://mozilla.org/", append([]string{"Content-Type: text/html"}, lines...)...)
	s.HTTPS.Chain = scanners.Chain{last}
	s.HTTPS.Jar.Take(last, time.Unix(1_700_000_000, 0))
	return s
}

// plainSite makes a site that answers over http alone.
func plainSite(t *testing.T, lines ...string) observatory.Site {
	t.Helper()
	s := site(t, lines...)
	last := s.HTTPS.Chain.Last()
	last.URL = parse(t, "http://mozilla.org/")
	s.HTTP = observatory.Trip{Start: last.URL, Chain: scanners.Chain{last}, Jar: s.HTTPS.Jar}
	s.HTTPS = observatory.Trip{}
	return s
}

// expect checks a result's word, and that what it is worth is known.
func expect(t *testing.T, got domain.ObservatoryTest, word string, modifier int, pass bool) {
	t.Helper()
	if got.Result != word || got.Modifier != modifier || got.Pass != pass {
		t.Errorf("%s: %s %+d pass %v, want %s %+d pass %v (%s)",
			got.Name, got.Result, got.Modifier, got.Pass, word, modifier, pass, got.Detail)
	}
	if got.Detail == "" || !strings.HasSuffix(got.Detail, ".") || strings.ContainsFunc(got.Detail, func(r rune) bool { return r < ' ' }) {
		t.Errorf("%s: the detail %q is no sentence", got.Name, got.Detail)
	}
}

func TestTestsAreTwelveByTheirNames(t *testing.T) {
	bare := site(t)
	seen := map[string]bool{}
	for _, test := range observatory.Tests() {
		got := test.Run(bare)
		if got.Name != test.Name || seen[test.Name] {
			t.Errorf("the test %q calls itself %q, or stands twice", test.Name, got.Name)
		}
		if got.Result == "" || got.Detail == "" {
			t.Errorf("the test %q has no result or no detail: %+v", test.Name, got)
		}
		seen[test.Name] = true
	}
	if len(seen) != 12 {
		t.Errorf("there are %d tests, want 12", len(seen))
	}
}

func TestBareSiteScoresAsTheObservatoryDoes(t *testing.T) {
	var results []domain.ObservatoryTest
	for _, test := range observatory.Tests() {
		results = append(results, test.Run(site(t)))
	}
	// No CSP 25, no HSTS 20, no X-Content-Type-Options 5, no X-Frame-Options 20.
	if score, grade := domain.Observatory(results); score != 30 || grade != "D" {
		t.Errorf("a bare site scores %d %s, want 30 D", score, grade)
	}
}

func TestTestsTakeNoAnswerForNone(t *testing.T) {
	for _, test := range observatory.Tests() {
		if got := test.Run(observatory.Site{Host: "mozilla.org"}); got.Result == "" {
			t.Errorf("%s says nothing of a site that did not answer", test.Name)
		}
	}
}

func TestBaseIsHTTPSWhereItAnswers(t *testing.T) {
	both := site(t)
	if got := both.Base().Start.Scheme; got != "https" {
		t.Errorf("the base is over %s", got)
	}
	broken := site(t)
	broken.HTTPS.Lost, broken.HTTPS.Err = parse(t, "https://mozilla.org/next"), http.ErrHandlerTimeout
	if got := broken.Base().Start.Scheme; got != "http" {
		t.Errorf("with https broken the base is over %s", got)
	}
}

package observatory

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// set is a site, as testdata/header-sets.json has it.
type set struct {
	Name    string      `json:"name"`
	Headers [][2]string `json:"headers"` // of its page
	Body    string      `json:"body"`
	Status  int         `json:"status"`
	Type    *string     `json:"type"`
	CORS    [][2]string `json:"cors"`   // headers of the answer to the preflight; $ORIGIN is the one that asks
	Robots  [][2]string `json:"robots"` // of robots.txt
	// HTTP is what happens over http: "to-https" (the default), "same" (the
	// page), "none" (nobody is there), "hop" (by another address over http) and
	// "off-host" (by another host).
	HTTP  string `json:"http"`
	HTTPS string `json:"https"` // "none" where nobody is there
}

// words are results by test.
type words map[string]string

func load[T any](t *testing.T, file string) (v T) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// page answers as the set says.
func (s set) page(w http.ResponseWriter, r *http.Request) {
	put := func(all [][2]string) {
		for _, h := range all {
			w.Header().Add(h[0], strings.ReplaceAll(h[1], "$ORIGIN", r.Header.Get("Origin")))
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if s.Type != nil {
		w.Header()["Content-Type"] = nil
		if *s.Type != "" {
			w.Header().Set("Content-Type", *s.Type)
		}
	}
	switch {
	case r.Method == http.MethodOptions:
		put(s.CORS)
	case r.URL.Path == "/robots.txt":
		put(s.Robots)
	default:
		put(s.Headers)
		w.WriteHeader(max(s.Status, 200))
		w.Write([]byte("<!DOCTYPE html><html><head><title>a</title>" + s.Body + "</head></html>"))
	}
}

// serveSet serves a set, and returns where it starts over http and https. The
// addresses of what is not there are closed.
func serveSet(t *testing.T, s set) (overHTTP, overHTTPS *url.URL) {
	t.Helper()
	at := func(server *httptest.Server, there bool) *url.URL {
		if t.Cleanup(server.Close); !there {
			server.Close()
		}
		u, _ := url.Parse(server.URL + "/")
		return u
	}
	overHTTPS = at(httptest.NewTLSServer(http.HandlerFunc(s.page)), s.HTTPS != "none")
	overHTTP = at(httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.HTTP == "same":
			s.page(w, r)
		case s.HTTP == "hop" && r.URL.Path == "/":
			http.Redirect(w, r, "http://"+r.Host+"/hop", http.StatusMovedPermanently)
		case s.HTTP == "off-host" && strings.HasPrefix(r.Host, "127."):
			http.Redirect(w, r, strings.Replace("http://"+r.Host+"/", "127.0.0.1", "localhost", 1), http.StatusMovedPermanently)
		default:
			http.Redirect(w, r, overHTTPS.String(), http.StatusMovedPermanently)
		}
	})), s.HTTP != "none")
	return overHTTP, overHTTPS
}

// judge runs our tests of a site.
func judge(t *testing.T, overHTTP, overHTTPS *url.URL) words {
	t.Helper()
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	site := &Site{Host: "127.0.0.1", Origin: probeOrigin, HTTP: Trip{Start: overHTTP}, HTTPS: Trip{Start: overHTTPS}}
	if err := site.retrieve(t.Context(), guard.Session()); err != nil {
		t.Fatal(err)
	}
	all := words{}
	for _, test := range Tests() {
		all[test.Name] = test.Run(*site).Result
	}
	return all
}

// otherwise is why we judge otherwise than the package @mdn/mdn-http-observatory
// 1.4.8, by set and test.
var otherwise = map[string]string{
	"csp: two policies by comma / content-security-policy": "a comma ends a policy, for browsers and in version 6; the package reads one policy",
	"cookies: from robots.txt / cookies":                   "the package asks for robots.txt in order to find cookies, with a client that keeps none",
	"hsts: not a number / strict-transport-security":       "browsers ignore an age that is no number; the package compares with NaN and finds it long enough",
	"cors: whoever asks / cross-origin-resource-sharing":   "the package looks for the Origin that it sent where its HTTP client has none, and so never gives this result of its own list",
	"sri: no type / subresource-integrity":                 "browsers take an answer without a type for HTML and run its scripts, so they are looked at",
}

// newer are the tests of version 6 that the package's version 4 has not; a
// table of our own has what they say (TestEmbedderPolicy, TestOpenerPolicy).
var newer = map[string]bool{EmbedderPolicyName: true, OpenerPolicyName: true}

// TestSetsAsThePeer compares with what the package was seen to say of each set
// (make peers runs it).
func TestSetsAsThePeer(t *testing.T) {
	t.Parallel()
	theirs := load[map[string]words](t, "header-peer.json")
	sets := load[[]set](t, "header-sets.json")
	if len(sets) < 100 || len(theirs) != len(sets) {
		t.Errorf("%d sets, %d results", len(sets), len(theirs))
	}
	for _, s := range sets {
		overHTTP, overHTTPS := serveSet(t, s)
		for test, ours := range judge(t, overHTTP, overHTTPS) {
			what := s.Name + " / " + test
			if their := theirs[s.Name][test]; !newer[test] && ours != their && otherwise[what] == "" {
				t.Errorf("%s: ours %s, theirs %s", what, ours, their)
			}
		}
	}
}

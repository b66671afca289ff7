package scanners

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestFollow(t *testing.T) {
	s := newSite(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if to, found := strings.CutPrefix(r.URL.Path, "/to/"); found {
			w.Header().Set("Location", map[string]string{
				"relative": "../end", "host": "http://other.test:" + port(r) + "/end", "network": "//other.test:" + port(r) + "/end",
				"denied": "http://10.0.0.1/", "localhost": "http://127.0.0.1:" + port(r) + "/end", "metadata": "http://169.254.169.254/latest/", "decimal": "http://2130706433/",
				"file": "file:///etc/passwd", "script": "javascript:alert(1)", "user": "http://a:b@other.test/", "broken": "http://[::1", "space": "/end?a b",
				"loop": "/to/loop2", "loop2": "/to/loop", "self": "/to/self", "fragment": "/to/fragment#x", "empty": "",
			}[to])
			w.WriteHeader(http.StatusFound)
			return
		}
		fmt.Fprint(w, r.Method, " ", r.Host, " ", r.URL.RawQuery, r.Header["Authorization"], r.Header["Cookie"], r.Header["X-Kept"])
	})
	header := http.Header{"authorization": {"secret"}, "Cookie": {"secret"}, "X-Kept": {"yes"}}
	host, other := "site.test:"+s.port, "other.test:"+s.port
	for path, want := range map[string]string{
		"/end":         "GET " + host + " [secret] [secret] [yes]",
		"/to/relative": "GET " + host + " [secret] [secret] [yes]",
		"/to/host":     "GET " + other + " [] [] [yes]",
		"/to/network":  "GET " + other + " [] [] [yes]",
		"/to/space":    "GET " + host + " a%20b[secret] [secret] [yes]",
	} {
		chain, err := s.Follow(context.Background(), Request{URL: s.url(t, "http", path), Header: header}, 3)
		if err != nil || string(chain.Last().Body) != want {
			t.Errorf("%s: %v, %v; want %s", path, chain, err, want)
		}
	}
	for path, want := range map[string]domain.Code{
		"/to/denied": domain.Forbidden, "/to/metadata": domain.Forbidden, "/to/decimal": domain.Invalid,
		"/to/file": domain.Invalid, "/to/script": domain.Invalid, "/to/user": domain.Invalid, "/to/broken": domain.Internal,
	} {
		chain, err := s.Follow(context.Background(), Request{URL: s.url(t, "http", path)}, 3)
		if domain.CodeOf(err) != want || len(chain) != 1 {
			t.Errorf("%s: %d answers, %v; want one and code %s", path, len(chain), err, want)
		}
	}
	for path, want := range map[string]int{"/to/loop": 2, "/to/self": 1, "/to/fragment": 1} {
		chain, err := s.Follow(context.Background(), Request{URL: s.url(t, "http", path)}, 10)
		if !errors.Is(err, ErrRedirects) || len(chain) != want {
			t.Errorf("%s: %d answers, %v; want %d and no end", path, len(chain), err, want)
		}
	}
	if chain, err := s.Follow(context.Background(), Request{URL: s.url(t, "http", "/to/empty")}, 3); err != nil || len(chain) != 1 {
		t.Errorf("a redirect to nowhere: %v, %v", chain, err)
	}
}

func port(r *http.Request) string {
	_, p, _ := net.SplitHostPort(r.Host)
	return p
}

func TestFollowLimitAndMethod(t *testing.T) {
	status := http.StatusFound
	s := newSite(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if n := len(r.URL.Path); n < 6 {
			w.Header().Set("Location", r.URL.Path+"x")
			w.WriteHeader(status)
			return
		}
		fmt.Fprint(w, r.Method)
	})
	for limit, want := range map[int]bool{0: false, 4: false, 5: true, 6: true} {
		chain, err := s.Follow(context.Background(), Request{URL: s.url(t, "http", "/")}, limit)
		if (err == nil) != want || len(chain) != min(limit, 5)+1 {
			t.Errorf("limit %d: %d answers, %v", limit, len(chain), err)
		}
	}
	for _, c := range []struct {
		status    int
		from, end string
	}{
		{301, "POST", "GET"}, {302, "POST", "GET"}, {303, "POST", "GET"}, {303, "PUT", "GET"}, {303, "HEAD", ""},
		{307, "POST", "POST"}, {308, "POST", "POST"}, {301, "PUT", "PUT"}, {302, "OPTIONS", "OPTIONS"},
	} {
		status = c.status
		chain, err := s.Follow(context.Background(), Request{URL: s.url(t, "http", "/"), Method: c.from}, 5)
		if err != nil || string(chain.Last().Body) != c.end {
			t.Errorf("%s over %d: %v, %v; want %s", c.from, c.status, chain, err, c.end)
		}
	}
}

func TestRedirectedOrigin(t *testing.T) {
	for _, c := range []struct {
		from, to string
		same     bool
	}{
		{"https://a.test/x", "https://a.test/y?z", true},
		{"https://a.test/", "http://a.test/", false},
		{"http://a.test/", "https://a.test/", false},
		{"https://a.test/", "https://a.test:8443/", false},
		{"https://a.test/", "https://b.a.test/", false},
	} {
		from, _ := url.Parse(c.from)
		to, _ := url.Parse(c.to)
		r := Request{Header: http.Header{"Authorization": {"x"}, "Cookie": {"x"}, "Proxy-Authorization": {"x"}, "Accept": {"x"}}}
		next := r.redirected(&Answer{URL: from, Status: http.StatusFound}, to)
		if want := map[bool]int{true: 4, false: 1}[c.same]; len(next.Header) != want || len(r.Header) != 4 {
			t.Errorf("%s to %s carries %v", from, to, next.Header)
		}
	}
}

// FuzzLocation wants no Location to lead anywhere but to a host that every
// parser reads alike.
func FuzzLocation(f *testing.F) {
	for _, s := range []string{"/a", "//b.test", "http://c.test:1/", "?q= ", "http://127.1", "javascript:x", "http://a@b", "http://[::1%25lo]/", "\x00", "http://ü.test/ü?ü"} {
		f.Add(s)
	}
	base := &url.URL{Scheme: "https", Host: "site.test", Path: "/"}
	f.Fuzz(func(t *testing.T, location string) {
		answer := &Answer{URL: base, Status: http.StatusFound, Header: http.Header{"Location": {location}}}
		next, err := answer.Redirect()
		if err != nil || next == nil {
			return
		}
		target, err := domain.ParseHost(next.Hostname())
		if err != nil || target.Host != next.Hostname() || next.User != nil || next.Fragment != "" || next.Scheme != "http" && next.Scheme != "https" {
			t.Fatalf("%q leads to %q: %v", location, next, err)
		}
		again, err := url.Parse(next.String())
		if err != nil || again.Host != next.Host || strings.ContainsAny(again.RequestURI(), " \r\n") {
			t.Fatalf("%q leads to %q, which is read as %v, %v", location, next, again, err)
		}
	})
}

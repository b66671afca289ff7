package scanners

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestDoors(t *testing.T) {
	tests := []struct {
		target domain.Target
		want   []string
	}{
		{domain.Target{Kind: domain.HostTarget, Domain: "x.test"}, []string{"https://x.test/", "http://x.test/"}},
		{domain.Target{Kind: domain.IPTarget, Domain: "192.0.2.1"}, []string{"https://192.0.2.1/", "http://192.0.2.1/"}},
		{domain.Target{Kind: domain.IPTarget, Domain: "2001:db8::1"}, []string{"https://[2001:db8::1]/", "http://[2001:db8::1]/"}},
		{domain.Target{Kind: domain.URLTarget, Domain: "x.test", Scheme: "http", Port: 8080, Path: "/a%2Fb?c=d"}, []string{"http://x.test:8080/a%2Fb?c=d"}},
		{domain.Target{Kind: domain.URLTarget, Domain: "2001:db8::1", Scheme: "https", Port: 443, Path: "//a"}, []string{"https://[2001:db8::1]:443//a"}},
	}
	for _, tt := range tests {
		urls, err := doors(tt.target)
		if err != nil {
			t.Errorf("doors(%+v) = %v", tt.target, err)
		}
		var got []string
		for _, u := range urls {
			got = append(got, u.String())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("doors(%+v) = %v, want %v", tt.target, got, tt.want)
		}
	}
}

func TestBegin(t *testing.T) {
	for _, c := range []struct {
		target, end string
		verified    bool
		want        string
	}{
		{"http://x.test/", "https://x.test/home", true, "https://x.test/home"},
		{"http://x.test/", "https://other.test/", false, "http://x.test/"},
		{"http://x.test/", "http://x.test:8080/", true, "http://x.test:8080/"}, // the proof is of the whole host
		{"http://x.test:8443/", "http://x.test:8443/home", true, "http://x.test:8443/home"},
		{"http://x.test:8443/", "http://x.test:8080/", true, "http://x.test:8443/"}, // of one port, maybe
		{"http://x.test:8443/", "http://x.test:8080/", false, "http://x.test:8080/"},
	} {
		target, err := domain.ParseURL(c.target)
		if err != nil {
			t.Fatal(err)
		}
		first, _ := url.Parse(c.target)
		last, _ := url.Parse(c.end)
		if got := Begin(Job{Target: target, Verified: c.verified}, Chain{{URL: first}, {URL: last}}); got.String() != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestOpen(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/start":
			http.Redirect(w, r, "http://"+r.Host+"/page", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
		}
	}))
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	guard := NewGuard(Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	job := func(path string) Job {
		return Job{Net: guard.Session(), Target: domain.Target{
			Kind: domain.URLTarget, Host: "127.0.0.1", Domain: "site.example", Scheme: "http", Port: port, Path: path,
		}}
	}
	chain, err := Open(t.Context(), job("/start"), 0)
	if err != nil || len(chain) != 2 || chain.Last().URL.Path != "/page" || chain.Last().URL.Hostname() != "site.example" {
		t.Errorf("Open = %v, %v, want the page of the pinned name behind one redirect", chain, err)
	}
	tests := map[string]domain.Outcome{"/loop": domain.Refused, "/away": domain.Refused, "%zz": domain.Skipped}
	for path, want := range tests {
		_, err := Open(t.Context(), job(path), 0)
		var none *NotTested
		if !errors.As(err, &none) || none.Outcome != want || none.Reason == "" {
			t.Errorf("Open(%s) = %v, want %s", path, err, want)
		}
	}
	if _, err := Open(t.Context(), Job{Target: domain.Target{Kind: domain.RangeTarget}}, 0); err == nil {
		t.Error("a range of addresses is opened")
	}
}

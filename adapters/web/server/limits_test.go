package server_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// TestScannersLimit lets exactly 60 requests in a minute in from an address,
// whoever sends them and whether they are let in or not.
func TestScannersLimit(t *testing.T) {
	s := webtest.New(t, stores)
	bob, _ := s.Issue(s.Register("bob@example.com"))
	for i := range 60 {
		headers := [][]string{nil, {"Authorization:"}, {"Authorization: Bearer 7AZ_wrong"}, {"Authorization: Bearer " + bob}}[i%4]
		a := s.Get("/api/v1/scans", headers...).Has("RateLimit-Limit: 60", fmt.Sprintf("RateLimit-Remaining: %d", 59-i), "RateLimit-Reset: 60")
		if a.Status == 429 {
			t.Fatalf("request %d was refused", i+1)
		}
	}
	for _, path := range []string{"/api/v1/scans", "/scanner/api/v1/scans", "/api/v1/scan/" + nobody} {
		s.Get(path).Is(429).Has("RateLimit-Remaining: 0", "Retry-After: 60")
	}
	s.Post("/api/v1/scan", `{"target": "a.example"}`).Is(429)
	s.Get("/api/v1/scan").Is(200) // IsSafeSite's limit is another
	s.Later(59_500 * time.Millisecond)
	s.Get("/api/v1/scans").Is(429).Has("RateLimit-Reset: 1", "Retry-After: 1")
	s.Later(500 * time.Millisecond)
	s.Get("/api/v1/scans").Is(200).Has("RateLimit-Remaining: 59", "RateLimit-Reset: 60")
}

// TestScannersLimitOfZero is none, whatever the plan.
func TestScannersLimitOfZero(t *testing.T) {
	s := webtest.New(t, stores, func(o *server.Options) { o.Gate.IPPerMinute = 0 })
	for range 70 {
		s.Get("/api/v1/scans").Is(200).Has("RateLimit-Limit: 999999999", "RateLimit-Remaining: 999999999", "RateLimit-Reset: 60")
	}
	s = webtest.New(t, stores)
	s.Plan(domain.ScannerAPI, domain.InternalPlan)
	for range 60 {
		s.Get("/api/v1/scans").Is(200)
	}
	s.Get("/api/v1/scans").Is(429)
}

// TestPlans gives each plan of IsSafeSite its requests a minute and its scans
// a month.
func TestPlans(t *testing.T) {
	for plan, c := range map[string]struct{ minute, month int }{"free": {10, 3}, "pro": {60, 100}, "enterprise": {300, 0}, "internal": {0, 0}} {
		t.Run(plan, func(t *testing.T) {
			s := webtest.New(t, stores)
			s.Plan(domain.IsSafeSite, plan)
			for i := range max(c.month, 5) {
				s.Later(time.Minute)
				status := 202
				if c.month > 0 && i >= c.month {
					status = 429
				}
				s.Post("/api/v1/scan", `{"url": "https://a.example"}`).Is(status)
			}
			s.Later(time.Minute)
			for i := range max(c.minute, 301) {
				status := 200
				if c.minute > 0 && i >= c.minute {
					status = 429
				}
				s.Get("/api/v1/scan").Is(status)
			}
		})
	}
}

// TestMonth refuses the scan that is one too many until the month is over.
func TestMonth(t *testing.T) {
	s := webtest.New(t, stores)
	s.Set("2026-04-30T23:58:00Z")
	for range 3 {
		s.Post("/api/v1/scan", `{"url": "https://a.example"}`).Is(202)
	}
	s.Post("/api/v1/scan", `{"url": "https://a.example"}`).Is(429).Has("RateLimit-Limit: 10", "RateLimit-Remaining: 6", "Retry-After: 120").
		Like(`{"error": "Monthly scan limit reached: 3 scans in 2026-04."}`)
	s.Get("/api/v1/scan").Is(200).Like(`{"pagination": {"total": 3}}`)
	s.Post("/api/v1/scan", `{"target": "a.example"}`).Is(201) // Scanner's month is another
	s.Later(2 * time.Minute)
	s.Post("/api/v1/scan", `{"url": "https://a.example"}`).Is(202)
}

// TestStrangers count by their address against the free plan, and take nothing
// from whoever has a key.
func TestStrangers(t *testing.T) {
	s := webtest.New(t, stores)
	for i := range 10 {
		if i%2 == 0 {
			s.Get("/api/v1/scan", "Authorization:").Is(401)
		} else {
			s.Get("/issafesite/api/v1/report", "Authorization: Bearer 7AZ_wrong").Is(403)
		}
	}
	s.Get("/api/v1/scan", "Authorization:").Is(429).Has("Retry-After: 60", "RateLimit-Limit: 10")
	s.Get("/api/v1/scan", "Authorization: Bearer 7AZ_wrong").Is(429)
	s.Get("/api/v1/scan").Is(200).Has("RateLimit-Remaining: 9")
	bob, _ := s.Issue(s.Register("bob@example.com"))
	for range 9 {
		s.Get("/api/v1/scan").Is(200)
	}
	s.Get("/api/v1/scan").Is(429)
	s.Get("/api/v1/scan", "Authorization: Bearer "+bob).Is(200).Has("RateLimit-Remaining: 9")
}

// TestKeysShareAPlan counts an account's keys together.
func TestKeysShareAPlan(t *testing.T) {
	s := webtest.New(t, stores)
	second, _ := s.Issue(s.Account)
	for range 5 {
		s.Get("/api/v1/scan").Is(200)
		s.Get("/api/v1/scan", "Authorization: Bearer "+second).Is(200)
	}
	s.Get("/api/v1/scan", "Authorization: Bearer "+second).Is(429)
}

// from sends a request from an address of loopback, with X-Forwarded-For lines.
func from(t *testing.T, s *webtest.Server, peer, path string, forwarded ...string) webtest.Answer {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(peer)}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Key)
	for _, f := range forwarded {
		request.Header.Add("X-Forwarded-For", f)
	}
	return s.SendBy(&http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, request)
}

// TestForwarded takes for the client the right-most address that no trusted
// proxy has, and believes nobody else.
func TestForwarded(t *testing.T) {
	trusted := []string{"127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32", "192.0.2.7"}
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                      {"127.0.0.2", nil, "127.0.0.2"},
		"a client that claims":          {"127.0.0.2", []string{"203.0.113.9"}, "127.0.0.2"},
		"a proxy without a word":        {"127.0.0.1", nil, "127.0.0.1"},
		"a proxy":                       {"127.0.0.1", []string{"203.0.113.9"}, "203.0.113.9"},
		"a client that claims before":   {"127.0.0.1", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"a client that claims much":     {"127.0.0.1", []string{"10.0.0.1, 127.0.0.1, 198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"two proxies":                   {"127.0.0.1", []string{"203.0.113.9, 10.0.0.1"}, "203.0.113.9"},
		"three, and one who claims":     {"127.0.0.1", []string{"198.51.100.1, 203.0.113.9, 10.0.0.1, 2001:db8::1"}, "203.0.113.9"},
		"one that is named alone":       {"127.0.0.1", []string{"203.0.113.9, 192.0.2.7"}, "203.0.113.9"},
		"two lines":                     {"127.0.0.1", []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		"two lines and two proxies":     {"127.0.0.1", []string{"198.51.100.1, 203.0.113.9", "10.0.0.1"}, "203.0.113.9"},
		"proxies alone":                 {"127.0.0.1", []string{"10.0.0.2, 10.0.0.1"}, "10.0.0.2"},
		"no spaces":                     {"127.0.0.1", []string{"198.51.100.1,203.0.113.9,10.0.0.1"}, "203.0.113.9"},
		"IPv6":                          {"127.0.0.1", []string{"2001:470::1"}, "2001:470::1"},
		"IPv4 in IPv6":                  {"127.0.0.1", []string{"::ffff:203.0.113.9, ::ffff:10.0.0.1"}, "203.0.113.9"},
		"with ports":                    {"127.0.0.1", []string{"203.0.113.9:1234, [2001:db8::1]:443, 10.0.0.1:80"}, "203.0.113.9"},
		"no address":                    {"127.0.0.1", []string{"unknown"}, "127.0.0.1"},
		"no address behind a proxy":     {"127.0.0.1", []string{"203.0.113.9, nonsense, 10.0.0.1"}, "10.0.0.1"},
		"an address before nonsense":    {"127.0.0.1", []string{"203.0.113.9, nonsense"}, "127.0.0.1"},
		"empty":                         {"127.0.0.1", []string{""}, "127.0.0.1"},
		"commas":                        {"127.0.0.1", []string{",,,"}, "127.0.0.1"},
		"an empty one at the end":       {"127.0.0.1", []string{"203.0.113.9, "}, "127.0.0.1"},
		"a zone":                        {"127.0.0.1", []string{"fe80::1%eth0"}, "fe80::1"},
		"many":                          {"127.0.0.1", []string{strings.Repeat("198.51.100.1, ", 500) + "203.0.113.9"}, "203.0.113.9"},
		"more proxies than can be":      {"127.0.0.1", []string{"203.0.113.9" + strings.Repeat(", 10.0.0.1", 500)}, "203.0.113.9"},
		"a network instead of one":      {"127.0.0.1", []string{"203.0.113.0/24"}, "127.0.0.1"},
		"what other parsers would take": {"127.0.0.1", []string{"0x7f.1, 010.0.0.1"}, "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := webtest.New(t, stores, func(o *server.Options) { o.TrustedProxies = trusted; o.Gate.IPPerMinute = 2 })
			s.Key, _ = s.Issue(s.Account, c.want)
			from(t, s, c.peer, "/api/v1/scans", c.forwarded...).Is(200).Has("RateLimit-Remaining: 1")
			from(t, s, c.peer, "/api/v1/scans", c.forwarded...).Is(200).Has("RateLimit-Remaining: 0")
			from(t, s, c.peer, "/api/v1/scans", c.forwarded...).Is(429)
		})
	}
}

// TestNobodyIsTrusted believes no header where no proxy is named.
func TestNobodyIsTrusted(t *testing.T) {
	s := webtest.New(t, stores)
	for i := range 60 {
		from(t, s, "127.0.0.1", "/api/v1/scans", fmt.Sprintf("203.0.113.%d", i)).Is(200)
	}
	from(t, s, "127.0.0.1", "/api/v1/scans", "203.0.113.99").Is(429)
	from(t, s, "127.0.0.2", "/api/v1/scans", "203.0.113.99").Is(200)
	for _, header := range []string{"X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"} {
		s.Get("/api/v1/scans", header+": 203.0.113.99").Is(429)
	}
}

// TestKeyOfAnAddress lets a key in from the addresses that it is bound to.
func TestKeyOfAnAddress(t *testing.T) {
	s := webtest.New(t, stores, func(o *server.Options) { o.TrustedProxies = []string{"127.0.0.1/32"} })
	s.Key, _ = s.Issue(s.Account, "203.0.113.0/24", "2001:470::/32", "127.0.0.2")
	for forwarded, want := range map[string]int{
		"203.0.113.1": 200, "203.0.113.255": 200, "::ffff:203.0.113.1": 200, "2001:470:1::1": 200, "127.0.0.2": 200, "1.2.3.4, 203.0.113.1": 200,
		"203.0.114.1": 401, "2001:471::1": 401, "127.0.0.3": 401, "203.0.113.1, 1.2.3.4": 401, "": 401, "x": 401,
	} {
		if a := from(t, s, "127.0.0.1", "/api/v1/scans", forwarded); a.Status != want {
			t.Errorf("%q: %d, want %d", forwarded, a.Status, want)
		}
	}
	from(t, s, "127.0.0.2", "/api/v1/scans", "1.2.3.4").Is(200)
	from(t, s, "127.0.0.3", "/api/v1/scans", "203.0.113.1").Is(401)
	from(t, s, "127.0.0.3", "/api/v1/scan", "203.0.113.1").Is(403).Like(`{"error": "The API key may not be used from this address"}`)
}

// TestLimitsOfNowhere counts and tells of limits at paths that nothing stands at,
// and of methods that a path does not take, in the words of whose path it is.
func TestLimitsOfNowhere(t *testing.T) {
	for path, c := range map[string]struct{ limited, stranger string }{
		"/api/v1/nothing":        {"X-RateLimit-Limit: 1000", "X-RateLimit-Limit: 100"},
		"/secably/api/v1/x/y":    {"X-RateLimit-Limit: 1000", "X-RateLimit-Limit: 100"},
		"/api/v1/scans/1/cancel": {"X-RateLimit-Limit: 1000", "X-RateLimit-Limit: 100"}, // takes POST
		"/api":                   {"X-RateLimit-Limit: 1000", "X-RateLimit-Limit: 100"},
		"/api/scans/x/y/z":       {"X-RateLimit-Limit: 10", "X-RateLimit-Limit: 10"},
		"/7azzani/nothing":       {"X-RateLimit-Limit: 10", "X-RateLimit-Limit: 10"},
		"/api/v1/report/x":       {"RateLimit-Limit: 10", "RateLimit-Limit: 10"},
		"/issafesite/x":          {"RateLimit-Limit: 10", "RateLimit-Limit: 10"},
		"/api/v1/scan/x/y":       {"RateLimit-Limit: 60", "RateLimit-Limit: 60"},
		"/scanner/api/v1/scan":   {"RateLimit-Limit: 60", "RateLimit-Limit: 60"}, // takes POST
	} {
		s := webtest.New(t, stores)
		for _, who := range []struct{ header, limit string }{{"Authorization: Bearer " + s.Key, c.limited}, {"Authorization:", c.stranger}, {"Authorization: Bearer 7AZ_wrong", c.stranger}} {
			a := s.Get(path, who.header).Has(who.limit)
			if a.Status != 404 && a.Status != 405 || a.Header.Get("RateLimit-Policy") == "" || a.Header.Get("RateLimit") == "" {
				t.Errorf("%s as %q is %d with %v", path, who.header, a.Status, a.Header)
			}
		}
	}
	s := webtest.New(t, stores)
	s.Get("/nothing").Is(404).Has("X-RateLimit-Limit:", "RateLimit-Limit:", "RateLimit:")
	s.Do(http.MethodPost, "/docs", "").Is(405).Has("X-RateLimit-Limit:", "RateLimit-Limit:")
	for n := range 100 {
		s.Get("/api/v1/nothing", "Authorization:").Is(404).Has(fmt.Sprintf("X-RateLimit-Remaining: %d", 99-n))
	}
	s.Get("/api/v1/nothing", "Authorization:").Is(429).Has("X-RateLimit-Remaining: 0", "Retry-After: 3600").Like(`{"error": "Rate limit exceeded: 100 requests per hour. Try again in 3600 s."}`)
	s.Get("/api/v1/nothing").Is(404)
	s.Get("/api/v1/profile/").Is(200).Like(`{"monthly_usage": 1}`) // nothing is none of the plan's month
	s.Plan(domain.SecAbly, domain.InternalPlan)
	s.Get("/api/v1/nothing").Is(404).Has("X-RateLimit-Limit: 999999999")
}

// TestLimitsOfLargeBodies counts and tells of limits where a body is refused
// before it is read, as of whoever asks.
func TestLimitsOfLargeBodies(t *testing.T) {
	large := `{"url": "` + strings.Repeat("a", 2<<20) + `"}`
	for path, limit := range map[string]string{
		"/api/v1/scan": "RateLimit-Limit: 60", "/issafesite/api/v1/scan": "RateLimit-Limit: 10", "/api/v1/targets/": "X-RateLimit-Limit: 1000", "/api/scans/quick_scan/": "X-RateLimit-Limit: 10",
	} {
		s := webtest.New(t, stores, func(o *server.Options) { o.TrustedProxies = []string{"127.0.0.1/32"} })
		a := s.Post(path, large).Is(413).Has(limit, "X-Content-Type-Options: nosniff")
		if a.Header.Get("X-Request-ID") == "" || a.Header.Get("RateLimit-Policy") == "" || a.Header.Get("RateLimit") == "" {
			t.Errorf("%s is refused with %v", path, a.Header)
		}
	}
	s := webtest.New(t, stores, func(o *server.Options) { o.TrustedProxies = []string{"127.0.0.1/32"} })
	for n := range 60 {
		s.Post("/api/v1/scan", large, "X-Forwarded-For: 203.0.113.1").Is(413).Has(fmt.Sprintf("RateLimit-Remaining: %d", 59-n))
	}
	s.Post("/api/v1/scan", large, "X-Forwarded-For: 203.0.113.1").Is(429).Has("RateLimit-Remaining: 0", "Retry-After: 60")
	s.Get("/api/v1/scans", "X-Forwarded-For: 203.0.113.1").Is(429)
	s.Post("/api/v1/scan", large, "X-Forwarded-For: 203.0.113.2").Is(413)
	s.Post("/nothing", large).Is(413).Has("X-RateLimit-Limit:", "RateLimit-Limit:")
}

// TestLimitsOfLargeChunks are told as those of all requests are, though the body
// came without its length.
func TestLimitsOfLargeChunks(t *testing.T) {
	s := webtest.New(t, stores)
	for n, path := range []string{"/api/scans/quick_scan/", "/7azzani/api/scans/quick_scan"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, io.MultiReader(strings.NewReader(strings.Repeat(" ", 2<<20))))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+s.Key)
		s.Send(request).Is(413).Has("X-RateLimit-Limit: 10", fmt.Sprintf("X-RateLimit-Remaining: %d", 9-n), "X-Content-Type-Options: nosniff").
			Like(`{"error": "Request Entity Too Large", "message": "The body is larger than 1 MiB"}`)
	}
}

// TestLimitsOfLargeHeaders are told by nobody: whose they are is in the headers.
func TestLimitsOfLargeHeaders(t *testing.T) {
	s := webtest.New(t, stores)
	for _, path := range []string{"/api/v1/scans", "/api/v1/profile/", "/api/scans/"} {
		a := s.Get(path, "X-Long: "+strings.Repeat("a", 20<<10)).Is(431).
			Has("X-RateLimit-Limit:", "RateLimit-Limit:", "RateLimit:", "X-Content-Type-Options: nosniff").
			Like(`{"error": "Request Header Fields Too Large", "message": "The headers are larger than 16 KiB"}`)
		if a.Header.Get("X-Request-ID") == "" {
			t.Errorf("%s is refused with %v", path, a.Header)
		}
	}
}

// TestPlansAreGreeted counts whoever asks for the plans with credentials that hold
// as their account, and others as strangers.
func TestPlansAreGreeted(t *testing.T) {
	s := webtest.New(t, stores)
	elsewhere, _ := s.Issue(s.Account, "203.0.113.0/24")
	for n, c := range []struct{ header, limit, remaining string }{
		{"Authorization: Bearer " + s.Key, "1000", "999"}, {"Authorization:", "100", "99"}, {"Authorization: Bearer 7AZ_wrong", "100", "98"},
		{"Authorization: Bearer " + s.Key, "1000", "998"}, {"Authorization: Bearer " + elsewhere, "100", "97"}, {"Authorization: nonsense", "100", "96"},
	} {
		s.Get([]string{"/api/v1/plans/", "/secably/api/v1/plans"}[n%2], c.header).Is(200).Has("X-RateLimit-Limit: "+c.limit, "X-RateLimit-Remaining: "+c.remaining)
	}
	s.Get("/api/v1/profile/").Is(200).Like(`{"monthly_usage": 3}`)
	calls := s.Served()
	if first := calls[0]; first.Account != s.Account {
		t.Errorf("the first is counted as %+v", first)
	}
}

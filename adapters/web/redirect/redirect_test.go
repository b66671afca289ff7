package redirect_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { webtest.Main(m) }

// open is a server that knows countries, and whose account may ask as often as it likes.
func open(t *testing.T) *webtest.Server {
	t.Helper()
	s := webtest.New(t, webtest.InMemory, func(o *server.Options) {
		o.TrustedProxies = []string{"127.0.0.0/8"}
		o.Visitors.Country = func(a netip.Addr) string { return map[string]string{"192.0.2.1": "DE", "192.0.2.2": "FR"}[a.String()] }
	})
	s.Plan(domain.SevenAzzani, domain.InternalPlan)
	return s
}

const (
	desk  = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
	phone = "User-Agent: Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
	crawl = "User-Agent: Googlebot/2.1 (+http://www.google.com/bot.html)"
)

func shorten(s *webtest.Server, body string) {
	s.Post("/shrinkit/api/shorten/", body).Is(201)
}

// follow follows a link as a stranger.
func follow(s *webtest.Server, path string, headers ...string) webtest.Answer {
	return s.Get(path, append([]string{"Authorization:"}, headers...)...)
}

// last is the click that was counted last.
func last(t *testing.T, s *webtest.Server, n int) domain.LinkClicked {
	t.Helper()
	clicks := s.Clicked()
	if len(clicks) != n {
		t.Fatalf("%d clicks were counted, want %d", len(clicks), n)
	}
	if n == 0 {
		return domain.LinkClicked{}
	}
	return clicks[n-1]
}

func TestFollow(t *testing.T) {
	s := open(t)
	shorten(s, `{"url": "https://example.com/a?b=c#d", "custom_code": "MyLink"}`)
	follow(s, "/s/mylink", desk, "Referer: https://News.example.com/x?y", "Accept-Language: de-AT, en;q=0.5", "X-Forwarded-For: 192.0.2.1").Is(302).
		Has("Location: https://example.com/a?b=c#d", "Cache-Control: private, no-store", "X-Robots-Tag: noindex, nofollow", "Referrer-Policy: strict-origin-when-cross-origin")
	got := last(t, s, 1)
	name := got.Visitor
	got.Visitor = ""
	want := domain.LinkClicked{
		Account: s.Account, Code: "MyLink", Agent: domain.Person, Via: domain.ViaLink, Referrer: "news.example.com", Country: "DE", Language: "de-at",
		Browser: "Firefox", System: "Linux", Device: "desktop",
	}
	if got != want || !strings.HasPrefix(name, "192.0.2.1 ") {
		t.Errorf("counted\n got %+v by %q\nwant %+v", got, name, want)
	}
	follow(s, "/s/MYLINK/?qr=1&x=y", phone).Is(302).Has("Location: https://example.com/a?b=c#d")
	if got := last(t, s, 2); got.Via != domain.ViaQR || got.Device != "mobile" || got.System != "Android" || got.Country != "" {
		t.Errorf("counted %+v", got)
	}
	for n, one := range []struct {
		header string
		agent  domain.Agent
	}{
		{crawl, domain.Bot}, {"User-Agent: WhatsApp/2.23", domain.Preview}, {"User-Agent:", domain.Bot},
	} {
		follow(s, "/s/MyLink", one.header).Is(302)
		if got := last(t, s, 3+n); got.Agent != one.agent {
			t.Errorf("%s is %s", one.header, got.Agent)
		}
	}
	follow(s, "/s/MyLink", desk, "Sec-Purpose: prefetch", "Sec-Fetch-Mode: no-cors").Is(302)
	if got := last(t, s, 6); got.Agent != domain.Prefetch {
		t.Errorf("what fetches ahead is %s", got.Agent)
	}
	follow(s, "/s/MyLink", desk, "Sec-Purpose: prefetch", "Sec-Fetch-Mode: navigate").Is(503).Has("Cache-Control: private, no-store")
	if got := last(t, s, 7); got.Agent != domain.Prefetch {
		t.Errorf("what fetches a page ahead is %s", got.Agent)
	}
	s.Do(http.MethodHead, "/s/MyLink", "", "Authorization:", desk).Is(302)
	if got := last(t, s, 8); got.Agent != domain.Bot {
		t.Errorf("HEAD is %s", got.Agent)
	}
	for _, none := range []string{"/s/none", "/s/none+", "/s/my%0d%0alink", "/s/" + strings.Repeat("a", 3000), "/s/%00"} {
		follow(s, none, desk).Is(404).Has("Content-Type: text/html; charset=utf-8")
	}
	follow(s, "/7azzani/s/mylink", desk).Is(302)
	last(t, s, 9)
	follow(s, "/s/my%6Cin%6b", desk).Is(302).Has("Location: https://example.com/a?b=c#d")
	last(t, s, 10)
	for _, preview := range []string{"/s/mylink+", "/s/mylink%2B", "/s/m%79link%2b/"} {
		follow(s, preview, desk).Is(200)
	}
	last(t, s, 10)
}

// TestEndings leads nowhere, or to the fallback.
func TestEndings(t *testing.T) {
	s := open(t)
	shorten(s, `{"url": "https://example.com", "custom_code": "off"}`)
	shorten(s, `{"url": "https://example.com", "custom_code": "old", "expires_at": "2026-04-03T12:00:10Z"}`)
	shorten(s, `{"url": "https://example.com", "custom_code": "old-else", "expires_at": "2026-04-03T12:00:10Z", "fallback_url": "https://over.example/"}`)
	shorten(s, `{"url": "https://harm.example", "custom_code": "harm", "max_clicks": 1, "fallback_url": "https://over.example/"}`)
	for _, code := range []string{"off", "old", "old-else"} {
		follow(s, "/s/"+code, desk).Is(302).Has("Location: https://example.com")
	}
	s.Post("/shrinkit/api/toggle/off/", "").Is(200)
	s.Later(10 * time.Second)
	follow(s, "/s/off", desk).Is(410)
	follow(s, "/s/off+", desk).Is(410)
	follow(s, "/s/old", desk).Is(410)
	follow(s, "/s/old-else", desk).Is(302).Has("Location: https://over.example/")
	if page := follow(s, "/s/old-else+", desk).Is(200); !strings.Contains(page.Body, "https://over.example/") || strings.Contains(page.Body, "example.com") {
		t.Errorf("the preview of one that leads to its fallback is %s", page.Body)
	}
	if got := last(t, s, 4); !got.Fallback || got.Rule != "" {
		t.Errorf("counted %+v", got)
	}
	s.Refuse("https://harm.example", domain.Forbidden)
	s.LookAgain("harm")
	page := follow(s, "/s/harm", desk).Is(410)
	if !strings.Contains(page.Body, "blocked") || strings.Contains(page.Body, "harm.example") {
		t.Errorf("it says %s", page.Body)
	}
	s.Do(http.MethodDelete, "/shrinkit/api/delete/off/", "").Is(204)
	follow(s, "/s/off", desk).Is(404)
	last(t, s, 4)
}

// TestLimit lets two people follow, and shows programs the preview.
func TestLimit(t *testing.T) {
	s := open(t)
	shorten(s, `{"url": "https://example.com/secret", "custom_code": "two", "max_clicks": 2}`)
	for _, header := range []string{crawl, "User-Agent: WhatsApp/2.23"} {
		page := follow(s, "/s/two", header).Is(200)
		if strings.Contains(page.Body, "/secret") || !strings.Contains(page.Body, "example.com") {
			t.Errorf("a program is shown %s", page.Body)
		}
	}
	follow(s, "/s/two", desk, "Purpose: prefetch").Is(200)
	follow(s, "/s/two", desk, "Sec-Purpose: prefetch", "Sec-Fetch-Mode: navigate").Is(503)
	for range 2 {
		follow(s, "/s/two", desk).Is(302)
	}
	follow(s, "/s/two", desk).Is(410)
	s.Do(http.MethodPatch, "/shrinkit/api/links/two/", `{"fallback_url": "https://over.example/"}`).Is(200)
	follow(s, "/s/two", phone).Is(302).Has("Location: https://over.example/")
	if page := follow(s, "/s/two+", desk).Is(200); !strings.Contains(page.Body, "<li>over.example</li>") {
		t.Errorf("the preview is %s", page.Body)
	}
	s.Do(http.MethodPatch, "/shrinkit/api/links/two/", `{"max_clicks": 3}`).Is(200)
	follow(s, "/s/two", desk).Is(302).Has("Location: https://example.com/secret")
	last(t, s, 5)
}

// TestRules leads by what is known of a visitor.
func TestRules(t *testing.T) {
	s := open(t)
	shorten(s, `{"url": "https://example.com/?x=1", "custom_code": "rules", "utm": {"source": "poster & co"}, "rules": [
		{"name": "phones", "url": "https://m.example", "devices": ["android"]}, {"name": "german", "url": "https://de.example", "languages": ["de"], "countries": ["DE"]},
		{"name": "later", "url": "https://later.example", "from": "2026-04-03T12:01:00Z"}]}`)
	for n, c := range []struct {
		headers []string
		to      string
		rule    string
	}{
		{[]string{phone, "Accept-Language: de", "X-Forwarded-For: 192.0.2.1"}, "https://m.example?utm_source=poster+%26+co", "phones"},
		{[]string{desk, "Accept-Language: de-CH", "X-Forwarded-For: 192.0.2.1"}, "https://de.example?utm_source=poster+%26+co", "german"},
		{[]string{desk, "Accept-Language: de-CH", "X-Forwarded-For: 192.0.2.2"}, "https://example.com/?x=1&utm_source=poster+%26+co", ""},
	} {
		follow(s, "/s/rules", c.headers...).Is(302).Has("Location: " + c.to)
		if got := last(t, s, n+1); got.Rule != c.rule {
			t.Errorf("%q by %q, want %q", c.headers, got.Rule, c.rule)
		}
	}
	s.Later(time.Minute)
	follow(s, "/s/rules", desk).Is(302).Has("Location: https://later.example?utm_source=poster+%26+co")
}

// TestForwardedQuery passes on what a visitor asks for where the owner wants it, also
// behind a password, and never that a code was scanned.
func TestForwardedQuery(t *testing.T) {
	s := open(t)
	shorten(s, `{"url": "https://example.com/?a=1#b", "custom_code": "kept", "utm": {"source": "poster"}, "forward_query": true, "rules": [{"url": "https://m.example", "devices": ["mobile"]}]}`)
	shorten(s, `{"url": "https://example.com", "custom_code": "locked", "password": "correct horse", "forward_query": true}`)
	const asked = "?qr=1&a=2&utm_source=x&gclid=c+d%26"
	follow(s, "/s/kept"+asked, desk).Is(302).Has("Location: https://example.com/?a=1&utm_source=poster&gclid=c+d%26#b")
	if got := last(t, s, 1); got.Via != domain.ViaQR {
		t.Errorf("counted %+v", got)
	}
	follow(s, "/s/kept"+asked, phone).Is(302).Has("Location: https://m.example?utm_source=poster&a=2&gclid=c+d%26")
	answer := s.Do(http.MethodPost, "/s/locked"+asked, "password=correct+horse", "Authorization:", desk, form).Is(303).Has("Location: /s/locked" + asked)
	cookie, _, _ := strings.Cut(answer.Header.Get("Set-Cookie"), ";")
	follow(s, "/s/locked"+asked, desk, "Cookie: "+cookie).Is(302).Has("Location: https://example.com?a=2&utm_source=x&gclid=c+d%26")
	previewed := func(on string) {
		t.Helper()
		if page := follow(s, "/s/kept+"+asked, desk).Is(200); !strings.Contains(page.Body, `href="/s/kept`+on+`"`) {
			t.Errorf("no way on with %s: %s", on, page.Body)
		}
	}
	previewed("?qr=1&amp;a=2&amp;utm_source=x&amp;gclid=c&#43;d%26")
	s.Do(http.MethodPatch, "/shrinkit/api/links/kept/", `{"forward_query": false}`).Is(200).Like(`{"forward_query": false, "version": 2}`)
	follow(s, "/s/kept"+asked, desk).Is(302).Has("Location: https://example.com/?a=1&utm_source=poster#b")
	previewed("?qr=1")
}

const form = "Content-Type: application/x-www-form-urlencoded"

// TestPassword asks once in ten minutes, and anew when there is another password.
func TestPassword(t *testing.T) {
	s := open(t)
	shorten(s, `{"url": "https://example.com/secret", "custom_code": "locked", "password": "correct horse"}`)
	post := func(body string, headers ...string) webtest.Answer {
		return s.Do(http.MethodPost, "/s/locked", body, append([]string{"Authorization:", desk}, headers...)...)
	}
	page := follow(s, "/s/locked", desk).Is(401).Has(`WWW-Authenticate: Form realm="short link"`)
	preview := follow(s, "/s/locked+", desk).Is(200)
	if strings.Contains(page.Body+preview.Body, "example.com") || !strings.Contains(page.Body, `type="password"`) {
		t.Errorf("it says %s", page.Body)
	}
	post("password=wrong", form).Is(401).Has("Set-Cookie:")
	post(`{"password": "correct horse"}`, "Content-Type: application/json").Is(400)
	answer := post("password=correct+horse", form).Is(303).Has("Location: /s/locked")
	cookie, rest, _ := strings.Cut(answer.Header.Get("Set-Cookie"), ";")
	if !strings.Contains(rest, "path=/s/locked") || !strings.Contains(rest, "HttpOnly") || !strings.Contains(rest, "SameSite=Lax") {
		t.Errorf("the cookie is %s", rest)
	}
	last(t, s, 0)
	follow(s, "/s/locked", desk, "Cookie: "+cookie).Is(302).Has("Location: https://example.com/secret")
	for _, other := range []string{cookie[:len(cookie)-1], strings.Replace(cookie, "=1", "=9", 1), cookie + "A", "link-x=1"} {
		follow(s, "/s/locked", desk, "Cookie: "+other).Is(401)
	}
	s.Do(http.MethodPatch, "/shrinkit/api/links/locked/", `{"password": "correct horse"}`).Is(200)
	follow(s, "/s/locked", desk, "Cookie: "+cookie).Is(401)
	answer = post("password=correct+horse", form).Is(303)
	cookie, _, _ = strings.Cut(answer.Header.Get("Set-Cookie"), ";")
	s.Later(10 * time.Minute)
	follow(s, "/s/locked", desk, "Cookie: "+cookie).Is(401)
	for range 10 {
		post("password=guess", form).Is(401)
	}
	post("password=correct+horse", form).Is(429).Has("Retry-After: 60")
	post("password=correct+horse", form, "X-Forwarded-For: 192.0.2.7").Is(303)
	s.Later(time.Minute)
	post("password=correct+horse", form).Is(303)
	s.Do(http.MethodPost, "/s/locked?qr=1", "password=correct+horse", "Authorization:", desk, form).Is(303).Has("Location: /s/locked?qr=1")
	s.Do(http.MethodPost, "/s/lo%63ked", "password=correct+horse", "Authorization:", desk, form).Is(303).Has("Location: /s/locked")
	s.Do(http.MethodPost, "/s/locked?password=correct+horse", "password=wrong", "Authorization:", desk, form).Is(401)
	last(t, s, 1)
}

// TestPasswordOfMany has many addresses try together.
func TestPasswordOfMany(t *testing.T) {
	s := open(t)
	shorten(s, `{"url": "https://example.com/secret", "custom_code": "locked", "password": "correct horse"}`)
	try := func(n int, password string) webtest.Answer {
		return s.Do(http.MethodPost, "/s/locked", "password="+password, "Authorization:", desk, form, fmt.Sprintf("X-Forwarded-For: 192.0.2.%d", n))
	}
	for n := range 200 {
		try(n/2, "guess").Is(401)
	}
	try(200, "correct+horse").Is(429).Has("Retry-After: 60")
	s.Later(time.Minute)
	try(200, "correct+horse").Is(303)
}

// TestMisses lets nobody try codes without end, and keeps nobody from a link that is
// followed.
func TestMisses(t *testing.T) {
	s := open(t)
	shorten(s, `{"url": "https://example.com/a", "custom_code": "known"}`)
	shorten(s, `{"url": "https://example.com/b", "custom_code": "new"}`)
	follow(s, "/s/known", desk).Is(302)
	const from = "X-Forwarded-For: 2001:db8::"
	for n := range 300 {
		follow(s, fmt.Sprintf("/s/none%d", n), desk, fmt.Sprintf("%s%x", from, n+1)).Is(404)
	}
	for _, code := range []string{"none", "new", "new+"} {
		follow(s, "/s/"+code, desk, from+"1").Is(429).Has("Retry-After: 60")
	}
	follow(s, "/s/known", desk, from+"1").Is(302)
	follow(s, "/s/new", desk, "X-Forwarded-For: 2001:db8:0:1::1").Is(302)
	s.Later(time.Minute)
	follow(s, "/s/new+", desk, from+"1").Is(200)
}

// TestMissesOfAll has two processes count together.
func TestMissesOfAll(t *testing.T) {
	var limits *memory.Limits
	sharing := func(now func() time.Time) webtest.Stores {
		s := webtest.InMemory(now)
		if limits == nil {
			limits = &memory.Limits{Now: now}
		}
		s.Limits = limits
		return s
	}
	var both [2]*webtest.Server
	for i := range both {
		both[i] = webtest.New(t, sharing, func(o *server.Options) { o.TrustedProxies = []string{"127.0.0.0/8"} })
	}
	const from = "X-Forwarded-For: 192.0.2.9"
	for n := range 300 {
		follow(both[n%2], fmt.Sprintf("/s/none%d", n), desk, from).Is(404)
	}
	for n := range 4 {
		follow(both[n%2], fmt.Sprintf("/s/more%d", n), desk, from).Is(429).Has("Retry-After: 60")
	}
	follow(both[0], "/s/none", desk, "X-Forwarded-For: 192.0.2.10").Is(404)
}

// TestPreview shows where a link leads in letters that are what they seem, and nothing
// that a destination could bring in.
func TestPreview(t *testing.T) {
	s := open(t)
	s.Set("2026-04-01T12:00:00Z")
	shorten(s, `{"url": "https://аррӏе.example/\"><script>alert(1)</script>?q='x'", "custom_code": "spoof", "rules": [{"url": "https://m.example/a", "devices": ["mobile"]}]}`)
	s.Set("2026-04-03T12:00:00Z")
	page := follow(s, "/s/spoof+", crawl).Is(200).Has("X-Robots-Tag: noindex, nofollow", "X-Frame-Options: DENY")
	for _, want := range []string{"xn--80ak6aa92e.example", "1 April 2026 (2 days ago)", "m.example", `href="/s/spoof"`} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("%q is not on it: %s", want, page.Body)
		}
	}
	for _, never := range []string{"<script", "аррӏе", s.Account.String(), "ann@", "src="} {
		if strings.Contains(page.Body, never) {
			t.Errorf("%q is on it", never)
		}
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	last(t, s, 0)
}

// TestLoops leads nobody back to where they are.
func TestLoops(t *testing.T) {
	s := open(t)
	host := strings.TrimPrefix(s.URL, "http://")
	for n, to := range []string{"/s/a", "/7azzani/s/a"} {
		shorten(s, fmt.Sprintf(`{"url": "http://%s%s", "custom_code": "loop%d"}`, host, to, n)) // the guard of these tests lets it be
		follow(s, fmt.Sprintf("/s/loop%d", n), desk).Is(410)
	}
	last(t, s, 0)
}

package observatory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners/observatory"
)

const hstsLine = "Strict-Transport-Security: max-age=15768000"

func TestCookies(t *testing.T) {
	for name, c := range map[string]struct {
		lines    []string
		word     string
		modifier int
		pass     bool
	}{
		"none":               {nil, "cookies-not-found", 0, true},
		"only the ignored":   {[]string{"Set-Cookie: heroku-session-affinity=bar; Path=/"}, "cookies-not-found", 0, true},
		"only taken away":    {[]string{"Set-Cookie: foo=; Max-Age=0"}, "cookies-not-found", 0, true},
		"of another domain":  {[]string{"Set-Cookie: foo=bar; Domain=example.com"}, "cookies-not-found", 0, true},
		"of a public suffix": {[]string{"Set-Cookie: foo=bar; Domain=org"}, "cookies-not-found", 0, true},
		"secure": {[]string{
			"Set-Cookie: SESSIONID=bar; Domain=mozilla.org; Path=/; Secure; HttpOnly",
			"Set-Cookie: foo=bar; Domain=mozilla.org; Secure; Path=/",
			"Set-Cookie: heroku-session-affinity=bar; Domain=mozilla.org; Path=/",
		}, "cookies-secure-with-httponly-sessions", 0, true},
		"with SameSite": {[]string{
			"Set-Cookie: SESSION_STRICT=bar; Path=/; Secure; HttpOnly; SameSite=Strict",
			"Set-Cookie: SESSION_LAX=bar; Path=/; Secure; HttpOnly; samesite=lax",
			"Set-Cookie: SESSION_NONE=bar; Path=/; Secure; HttpOnly; SameSite=NONE",
		}, "cookies-secure-with-httponly-sessions-and-samesite", 5, true},
		"not all with SameSite": {[]string{
			"Set-Cookie: a=bar; Path=/; Secure; HttpOnly; SameSite=Strict", "Set-Cookie: b=bar; Path=/; Secure; HttpOnly",
		}, "cookies-secure-with-httponly-sessions", 0, true},
		"token without SameSite":     {[]string{"Set-Cookie: CSRFTOKEN=bar; Path=/; Secure; HttpOnly"}, "cookies-anticsrf-without-samesite-flag", -20, false},
		"token with SameSite":        {[]string{"Set-Cookie: XCsrf=bar; Path=/; Secure; SameSite=Lax"}, "cookies-secure-with-httponly-sessions-and-samesite", 5, true},
		"SameSite empty":             {[]string{"Set-Cookie: SESSIONID=bar; Path=/; Secure; HttpOnly; SameSite="}, "cookies-samesite-flag-invalid", -20, false},
		"SameSite alone":             {[]string{"Set-Cookie: SESSIONID=bar; Path=/; Secure; HttpOnly; SameSite"}, "cookies-samesite-flag-invalid", -20, false},
		"SameSite true":              {[]string{"Set-Cookie: SESSIONID=bar; Path=/; Secure; HttpOnly; SameSite=True"}, "cookies-samesite-flag-invalid", -20, false},
		"SameSite none, insecure":    {[]string{"Set-Cookie: foo=bar; SameSite=None"}, "cookies-samesite-flag-invalid", -20, false},
		"no Secure, HSTS":            {[]string{hstsLine, "Set-Cookie: foo=bar; Path=/"}, "cookies-without-secure-flag-but-protected-by-hsts", -5, false},
		"session, HSTS":              {[]string{hstsLine, "Set-Cookie: SESSIONID=bar; HttpOnly"}, "cookies-session-without-secure-flag-but-protected-by-hsts", -10, false},
		"no Secure":                  {[]string{"Set-Cookie: foo=bar; Path=/"}, "cookies-without-secure-flag", -20, false},
		"session not HttpOnly":       {[]string{"Set-Cookie: SESSIONID=bar; Path=/; Secure"}, "cookies-session-without-httponly-flag", -30, false},
		"login not HttpOnly":         {[]string{"Set-Cookie: is_Login=bar; Path=/; Secure"}, "cookies-session-without-httponly-flag", -30, false},
		"session not Secure":         {[]string{"Set-Cookie: SESSIONID=bar; Path=/; HttpOnly"}, "cookies-session-without-secure-flag", -40, false},
		"session with neither":       {[]string{"Set-Cookie: SESSIONID=bar; Path=/"}, "cookies-session-without-secure-flag", -40, false},
		"session with neither, HSTS": {[]string{hstsLine, "Set-Cookie: SESSIONID=bar"}, "cookies-session-without-httponly-flag", -30, false},
		"the worst of several": {[]string{
			"Set-Cookie: a=1; SameSite=Foo", "Set-Cookie: csrf=1; Secure", "Set-Cookie: sess=1; HttpOnly", "Set-Cookie: b=2; Secure",
		}, "cookies-session-without-secure-flag", -40, false},
		"set twice, mended": {[]string{"Set-Cookie: sess=1", "Set-Cookie: sess=2; Secure; HttpOnly; SameSite=Lax"},
			"cookies-secure-with-httponly-sessions-and-samesite", 5, true},
		"set and taken away":    {[]string{"Set-Cookie: sess=1", "Set-Cookie: sess=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, "cookies-not-found", 0, true},
		"prefix kept":           {[]string{"Set-Cookie: __Host-a=1; Secure; Path=/; SameSite=Lax"}, "cookies-secure-with-httponly-sessions-and-samesite", 5, true},
		"prefix broken: unseen": {[]string{"Set-Cookie: __Host-sess=1; Secure"}, "cookies-not-found", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, observatory.Cookies(site(t, c.lines...)), c.word, c.modifier, c.pass)
		})
	}
}

func TestCookiesDetailHasNoValue(t *testing.T) {
	got := observatory.Cookies(site(t, "Set-Cookie: SESSIONID=s3cret"))
	if strings.Contains(got.Detail, "s3cret") || !strings.Contains(got.Detail, "SESSIONID") {
		t.Errorf("the detail is %q", got.Detail)
	}
}

func TestParseCookie(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for line, c := range map[string]struct {
		want    observatory.Cookie
		ok      bool
		expired bool
	}{
		"a=b":                               {observatory.Cookie{Name: "a"}, true, false},
		"a=b=c":                             {observatory.Cookie{Name: "a"}, true, false},
		"  a = b ; Secure":                  {observatory.Cookie{Name: "a", Secure: true}, true, false},
		"a=;HTTPONLY;secure=no":             {observatory.Cookie{Name: "a", Secure: true, HTTPOnly: true}, true, false},
		"a=b; Path=/x; Domain=.Example.COM": {observatory.Cookie{Name: "a", Path: "/x", Domain: "example.com"}, true, false},
		"a=b; Path=x":                       {observatory.Cookie{Name: "a"}, true, false},
		"a=b; SameSite=Lax; SameSite=none":  {observatory.Cookie{Name: "a", SameSite: "none"}, true, false},
		"a=b; SameSite=Lax; SameSite=foo":   {observatory.Cookie{Name: "a", BadSameSite: true}, true, false},
		"a=b; max-age=-1":                   {observatory.Cookie{Name: "a"}, true, true},
		"a=b; max-age=1":                    {observatory.Cookie{Name: "a"}, true, false},
		"a=b; expires=Wed, 21 Oct 2015 07:28:00 GMT":            {observatory.Cookie{Name: "a"}, true, true},
		"a=b; expires=Wed, 21-Oct-2015 07:28:00 GMT":            {observatory.Cookie{Name: "a"}, true, true},
		"a=b; expires=Wed, 21-Oct-2015 07:28:00 GMT; max-age=9": {observatory.Cookie{Name: "a"}, true, false},
		"a=b; max-age=9; expires=Wed, 21-Oct-2015 07:28:00 GMT": {observatory.Cookie{Name: "a"}, true, false},
		"a=b; expires=whenever":                                 {observatory.Cookie{Name: "a"}, true, false},
		"":                                                      {},
		"a":                                                     {},
		"=b":                                                    {},
		"; Secure":                                              {},
		"a\x01=b":                                               {},
		"a=" + strings.Repeat("x", 4096):                        {},
	} {
		t.Run(cut(line), func(t *testing.T) {
			got, ok := observatory.ParseCookie(line)
			if ok != c.ok {
				t.Fatalf("ok is %v, want %v", ok, c.ok)
			}
			if ok && got.Expired(now) != c.expired {
				t.Errorf("expired is %v, want %v", got.Expired(now), c.expired)
			}
			if got.Name != c.want.Name || got.Domain != c.want.Domain || got.Path != c.want.Path || got.Secure != c.want.Secure ||
				got.HTTPOnly != c.want.HTTPOnly || got.SameSite != c.want.SameSite || got.BadSameSite != c.want.BadSameSite {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestJarSendsCookiesWhereTheyBelong(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	var jar observatory.Jar
	jar.Take(answer(t, "https://www.example.com/shop/cart",
		"Set-Cookie: host=1", "Set-Cookie: domain=2; Domain=example.com; Path=/",
		"Set-Cookie: secure=3; Secure; Path=/", "Set-Cookie: deep=4; Path=/shop/cart/x"), now)
	for at, want := range map[string]string{
		"https://www.example.com/shop/":       "host=1; domain=2; secure=3",
		"https://www.example.com/shop":        "host=1; domain=2; secure=3",
		"https://www.example.com/shopping":    "domain=2; secure=3",
		"http://www.example.com/shop/x":       "host=1; domain=2",
		"https://example.com/":                "domain=2",
		"https://other.example.com":           "domain=2",
		"https://badexample.com/":             "",
		"https://www.example.com/shop/cart/x": "host=1; domain=2; secure=3; deep=4",
	} {
		if got := jar.Send(parse(t, at)); got != want {
			t.Errorf("to %s it sends %q, want %q", at, got, want)
		}
	}
}

func TestJarIsBounded(t *testing.T) {
	var jar observatory.Jar
	var lines []string
	for i := range 500 {
		lines = append(lines, "Set-Cookie: c"+strings.Repeat("x", i)+"=v")
		lines = append(lines, "Set-Cookie: __Host-"+strings.Repeat("x", i)+"=v")
	}
	jar.Take(answer(t, "https://example.com/", lines...), time.Unix(0, 0))
	if len(jar.Cookies) != 180 || len(jar.Broken) != 180 || !jar.Overflow {
		t.Errorf("the jar holds %d and %d, overflow %v", len(jar.Cookies), len(jar.Broken), jar.Overflow)
	}
	if sent := jar.Send(parse(t, "https://example.com/")); len(sent) > 8<<10 {
		t.Errorf("it sends %d bytes", len(sent))
	}
}

func TestPrefix(t *testing.T) {
	for line, want := range map[string]string{
		"__Host-a=1; Secure; Path=/":                     "",
		"__HOST-a=1; Secure; Path=/":                     "",
		"__Host-a=1; Path=/":                             "__Host-",
		"__Host-a=1; Secure":                             "__Host-",
		"__Host-a=1; Secure; Path=/x":                    "__Host-",
		"__Host-a=1; Secure; Path=/; Domain=example.com": "__Host-",
		"__Secure-a=1; Secure; Domain=example.com":       "",
		"__Secure-a=1":                                   "__Secure-",
		"a=1":                                            "",
	} {
		c, ok := observatory.ParseCookie(line)
		c.Answer = answer(t, "https://example.com/")
		if got := c.Prefix(); !ok || got != want {
			t.Errorf("%q breaks %q, want %q", line, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	for raw, want := range map[string]string{
		"HTTP/1.1 200 OK\r\nSet-Cookie: sid=s3cret; Path=/\r\nserver: x\r\n\r\nSet-Cookie: body=1": "HTTP/1.1 200 OK\r\nSet-Cookie: sid=<6 bytes>; Path=/\r\nserver: x\r\n\r\nSet-Cookie: body=1",
		"HTTP/1.1 200 OK\r\nset-cookie:a=\"b=c\"\r\n\r\n":                                          "HTTP/1.1 200 OK\r\nset-cookie: a=<5 bytes>\r\n\r\n",
		"HTTP/1.1 200 OK\r\nSet-Cookie: s3cret\r\n\r\n":                                            "HTTP/1.1 200 OK\r\nSet-Cookie: =<6 bytes>\r\n\r\n",
		"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=22;x\r\n\r\n":                         "HTTP/1.1 200 OK\r\nSet-Cookie: a=<1 bytes>\r\nSet-Cookie: b=<2 bytes>;x\r\n\r\n",
		"no head at all": "no head at all",
		"":               "",
	} {
		if got := string(observatory.Redact([]byte(raw))); got != want {
			t.Errorf("Redact(%q) = %q, want %q", raw, got, want)
		}
	}
}

func FuzzCookie(f *testing.F) {
	f.Add("a=b; Secure; SameSite=None; Domain=.example.com; Max-Age=0")
	f.Add("__Host-a=1;Path=/;Expires=Wed, 21-Oct-2015 07:28:00 GMT")
	f.Fuzz(func(t *testing.T, line string) {
		var jar observatory.Jar
		a := answer(t, "https://www.example.com/x")
		a.Header.Add("Set-Cookie", line)
		jar.Take(a, time.Unix(1_700_000_000, 0))
		if strings.ContainsAny(jar.Send(a.URL), "\r\n\x00") {
			t.Errorf("a control character is sent back: %q", jar.Send(a.URL))
		}
		if len(jar.Cookies)+len(jar.Broken) > 1 {
			t.Errorf("one line makes %d cookies", len(jar.Cookies))
		}
	})
}

func FuzzRedact(f *testing.F) {
	f.Add("a=b; Path=/", "body")
	f.Add("=;", "\r\n\r\nSet-Cookie: c")
	f.Fuzz(func(t *testing.T, cookie, body string) {
		if strings.ContainsAny(cookie, "\r\n") {
			return // no header line has one
		}
		const secret = "0s3cret0"
		clean := string(observatory.Redact([]byte("HTTP/1.1 200 OK\r\nSet-Cookie: n=" + secret + cookie + "\r\n\r\n" + body)))
		head, rest, found := strings.Cut(clean, "\r\n\r\n")
		if strings.Contains(head, secret) || !found || rest != body {
			t.Errorf("it leaves %q", clean)
		}
	})
}

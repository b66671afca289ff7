package cookies_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/cookies"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

// scan runs the scanner on a server that sets cookies, let out to the loopback
// alone.
func scan(t *testing.T, start func(http.Handler) *httptest.Server, h http.HandlerFunc) (*scantest.Told, error) {
	t.Helper()
	server := start(h)
	t.Cleanup(server.Close)
	job, told := scantest.Job(t, server.URL, domain.Quick)
	return told, cookies.Scanner{}.Scan(t.Context(), job, told.See)
}

// setting answers every request with these Set-Cookie lines, and HSTS if asked.
func setting(hsts bool, lines ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, line := range lines {
			w.Header().Add("Set-Cookie", line)
		}
		if hsts {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
	}
}

func TestFlaws(t *testing.T) {
	for name, c := range map[string]struct {
		hsts bool
		line string
		want []string // ids, after "cookies/"
	}{
		"nothing wrong":            {false, "a=s3cret; Secure", nil},
		"nothing wrong, session":   {false, "PHPSESSID=s3cret; Secure; HttpOnly; SameSite=Lax", nil},
		"insecure":                 {false, "a=s3cret", []string{"secure/missing"}},
		"insecure, HSTS":           {true, "a=s3cret", []string{"secure/missing-hsts"}},
		"insecure session":         {false, "PHPSESSID=s3cret; HttpOnly", []string{"secure/missing-session"}},
		"insecure session, HSTS":   {true, "user_login=s3cret; HttpOnly", []string{"secure/missing-session-hsts"}},
		"readable session":         {false, "connect.sid=s3cret; Secure", []string{"httponly/missing-session"}},
		"session with neither":     {false, "JSESSIONID=s3cret", []string{"secure/missing-session", "httponly/missing-session"}},
		"not a session":            {false, "residence=s3cret; Secure", nil},
		"SameSite=None":            {false, "a=s3cret; Secure; SameSite=None", nil},
		"SameSite=None, insecure":  {false, "a=s3cret; SameSite=None", []string{"secure/missing", "samesite/none-without-secure"}},
		"SameSite unknown":         {false, "a=s3cret; Secure; SameSite=Yes", []string{"samesite/invalid"}},
		"token without SameSite":   {false, "XSRF-csrf=s3cret; Secure", []string{"samesite/missing-anti-csrf"}},
		"token with SameSite":      {false, "csrftoken=s3cret; Secure; SameSite=Strict", nil},
		"__Host- kept":             {false, "__Host-a=s3cret; Secure; Path=/", nil},
		"__Host- with a domain":    {false, "__Host-a=s3cret; Secure; Path=/; Domain=127.0.0.1", []string{"prefix/violated"}},
		"__Host- without a path":   {false, "__Host-a=s3cret; Secure", []string{"prefix/violated"}},
		"__Secure- without Secure": {false, "__Secure-a=s3cret", []string{"secure/missing", "prefix/violated"}},
		"of a load balancer":       {false, "heroku-session-affinity=s3cret", nil},
		"only taken away":          {false, "a=s3cret; Max-Age=0", nil},
		"for another site":         {false, "a=s3cret; Domain=example.com", nil},
		"not readable as a cookie": {false, "s3cret", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := scan(t, httptest.NewTLSServer, setting(c.hsts, c.line))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			cookie, _, _ := strings.Cut(c.line, "=")
			for _, w := range s.Weaknesses {
				got = append(got, strings.TrimPrefix(w.Advisory.ID, "cookies/"))
				if w.Where != cookie || s.Kept[w.Evidence] == "" || strings.Contains(w.Detail, "s3cret") {
					t.Errorf("the weakness is %+v", w)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("the flaws are %v, want %v", got, c.want)
			}
			for _, raw := range s.Kept {
				if strings.Contains(raw, "s3cret") {
					t.Errorf("the evidence has the value: %s", raw)
				}
			}
			if len(s.Tests) != 1 || s.Tests[0].Name != "cookies" || s.Coverage["cookies"].Outcome != domain.Tested {
				t.Errorf("the test is %+v, its coverage %+v", s.Tests, s.Coverage)
			}
		})
	}
}

func TestSeverities(t *testing.T) {
	s, err := scan(t, httptest.NewServer, setting(false, "sess=1", "a=2", "b=3; SameSite=x; Secure"))
	if err != nil {
		t.Fatal(err)
	}
	worst := map[string]domain.Severity{}
	for _, w := range s.Weaknesses {
		if worst[w.Where] == "" || slices.Index(domain.Severities, w.Advisory.Severity) < slices.Index(domain.Severities, worst[w.Where]) {
			worst[w.Where] = w.Advisory.Severity
		}
	}
	if worst["sess"] != domain.High || worst["a"] != domain.Medium || worst["b"] != domain.Low {
		t.Errorf("the severities are %v", worst)
	}
}

func TestCookiesOfRobotsAndRedirectsCount(t *testing.T) {
	s, err := scan(t, httptest.NewTLSServer, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Set-Cookie", "first=1")
			http.Redirect(w, r, "/home", http.StatusFound)
		case "/robots.txt":
			w.Header().Set("Set-Cookie", "robot=1; Path=/")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, w := range s.Weaknesses {
		names = append(names, w.Where)
	}
	if !slices.Equal(names, []string{"first", "robot"}) {
		t.Errorf("the cookies are %v", names)
	}
}

func TestFloodOfCookies(t *testing.T) {
	var lines []string
	for i := range 1000 {
		lines = append(lines, fmt.Sprintf("c%d=v", i))
	}
	s, err := scan(t, httptest.NewServer, setting(false, lines...))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Weaknesses) != 180 || s.Coverage["further cookies"].Outcome != domain.Skipped {
		t.Errorf("%d weaknesses, coverage %v", len(s.Weaknesses), s.Coverage)
	}
}

func TestHostileNames(t *testing.T) {
	s, err := scan(t, httptest.NewServer, setting(false, strings.Repeat("n", 3000)+"=1", "\u202ename\xff=1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Weaknesses) != 2 {
		t.Fatalf("%d weaknesses", len(s.Weaknesses))
	}
	for _, w := range s.Weaknesses {
		if len(w.Where) > 200 || strings.ContainsRune(w.Where+w.Detail, '\u202e') || !utf8.ValidString(w.Where+w.Detail) {
			t.Errorf("it shows %q %q", w.Where, w.Detail)
		}
	}
}

func TestSiteThatFailsIsNotTested(t *testing.T) {
	s, err := scan(t, httptest.NewServer, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound) })
	var not *scanners.NotTested
	if !errors.As(err, &not) || len(s.Tests)+len(s.Coverage)+len(s.Weaknesses) != 0 {
		t.Errorf("%v, %+v", err, s)
	}
}

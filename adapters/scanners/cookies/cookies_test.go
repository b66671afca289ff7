package cookies_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/cookies"
	"github.com/scanledger/scanledger/domain"
)

// seen is what a scan reported, and the evidence that it kept.
type seen struct {
	mu         sync.Mutex
	tests      []domain.ObservatoryTest
	weaknesses []domain.Weakness
	coverage   map[string]domain.Coverage
	kept       map[domain.Hash]string
}

func (s *seen) see(o domain.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch o := o.(type) {
	case domain.ObservatoryTest:
		s.tests = append(s.tests, o)
	case domain.Weakness:
		s.weaknesses = append(s.weaknesses, o)
	case domain.Coverage:
		s.coverage[o.What] = o
	}
}

// scan runs the scanner on a server that sets cookies, let out to the loopback
// alone.
func scan(t *testing.T, start func(http.Handler) *httptest.Server, h http.HandlerFunc) (*seen, error) {
	t.Helper()
	server := start(h)
	t.Cleanup(server.Close)
	target, err := domain.ParseURL(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	s := &seen{coverage: map[string]domain.Coverage{}, kept: map[domain.Hash]string{}}
	job := scanners.Job{Target: target, Profile: domain.Quick, Net: guard.Session(),
		Keep: func(kind string, raw []byte) domain.Hash {
			sum := sha256.Sum256(raw)
			hash := domain.Hash(hex.EncodeToString(sum[:]))
			s.kept[hash] = string(raw)
			return hash
		}}
	return s, cookies.Scanner{}.Scan(t.Context(), job, s.see)
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
			for _, w := range s.weaknesses {
				got = append(got, strings.TrimPrefix(w.Advisory.ID, "cookies/"))
				if w.Where != cookie || s.kept[w.Evidence] == "" || strings.Contains(w.Detail, "s3cret") {
					t.Errorf("the weakness is %+v", w)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("the flaws are %v, want %v", got, c.want)
			}
			for _, raw := range s.kept {
				if strings.Contains(raw, "s3cret") {
					t.Errorf("the evidence has the value: %s", raw)
				}
			}
			if len(s.tests) != 1 || s.tests[0].Name != "cookies" || s.coverage["cookies"].Outcome != domain.Tested {
				t.Errorf("the test is %+v, its coverage %+v", s.tests, s.coverage)
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
	for _, w := range s.weaknesses {
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
	for _, w := range s.weaknesses {
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
	if len(s.weaknesses) != 180 || s.coverage["further cookies"].Outcome != domain.Skipped {
		t.Errorf("%d weaknesses, coverage %v", len(s.weaknesses), s.coverage)
	}
}

func TestHostileNames(t *testing.T) {
	s, err := scan(t, httptest.NewServer, setting(false, strings.Repeat("n", 3000)+"=1", "\u202ename\xff=1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.weaknesses) != 2 {
		t.Fatalf("%d weaknesses", len(s.weaknesses))
	}
	for _, w := range s.weaknesses {
		if len(w.Where) > 200 || strings.ContainsRune(w.Where+w.Detail, '\u202e') || !utf8.ValidString(w.Where+w.Detail) {
			t.Errorf("it shows %q %q", w.Where, w.Detail)
		}
	}
}

func TestSiteThatFailsIsNotTested(t *testing.T) {
	s, err := scan(t, httptest.NewServer, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound) })
	var not *scanners.NotTested
	if !errors.As(err, &not) || len(s.tests)+len(s.coverage)+len(s.weaknesses) != 0 {
		t.Errorf("%v, %+v", err, s)
	}
}

package headers_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/headers"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

// seen is what a scan reported, by names.
type seen struct {
	*scantest.Told
	tests      map[string]domain.ObservatoryTest
	weaknesses map[string]domain.Weakness // by id, "@" and where
}

// scan runs the scanner on a URL, let out to the loopback alone. Nothing is kept
// that nothing rests on.
func scan(t *testing.T, target string) (*seen, error) {
	t.Helper()
	job, told := scantest.Job(t, target, domain.Quick)
	err := headers.Scanner{}.Scan(t.Context(), job, told.See)
	s := &seen{told, map[string]domain.ObservatoryTest{}, map[string]domain.Weakness{}}
	for _, test := range told.Tests {
		s.tests[test.Name] = test
	}
	named := map[domain.Hash]bool{}
	for _, w := range told.Weaknesses {
		s.weaknesses[w.Advisory.ID+"@"+w.Where] = w
		named[w.Evidence] = true
	}
	urls := map[string]bool{}
	for _, v := range told.Visits {
		if named[v.Evidence] = true; urls[v.URL] {
			t.Errorf("the visit to %s is told twice", v.URL)
		}
		urls[v.URL] = true
	}
	for hash, raw := range told.Kept {
		if !named[hash] {
			t.Errorf("nothing rests on what is kept: %.200s", raw)
		}
	}
	return s, err
}

func serve(t *testing.T, start func(http.Handler) *httptest.Server, h http.HandlerFunc) string {
	t.Helper()
	server := start(h)
	t.Cleanup(server.Close)
	return server.URL
}

// want checks which weaknesses were seen, and that each rests on evidence.
func want(t *testing.T, s *seen, ids ...string) {
	t.Helper()
	var got []string
	for id, w := range s.weaknesses {
		got = append(got, id)
		if s.Kept[w.Evidence] == "" || w.Detail == "" {
			t.Errorf("%s has no evidence or no detail: %+v", id, w)
		}
	}
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("weaknesses:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(ids, "\n"))
	}
}

func TestScanOfABareSite(t *testing.T) {
	s, err := scan(t, serve(t, httptest.NewServer, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "nginx/1.22.1")
		w.Header().Set("X-Powered-By", "PHP/8.2.1\u202e")
		w.Header().Set("Set-Cookie", "sid=s3cret")
		w.Write([]byte(`<title>Home</title><script src=http://cdn.example/a.js></script>`))
	}))
	if err != nil {
		t.Fatal(err)
	}
	want(t, s, "headers/csp/missing@", "headers/hsts/no-https@", "headers/redirection/no-https@",
		"headers/sri/missing-and-insecure-scheme@", "headers/x-content-type-options/missing@",
		"headers/x-frame-options/missing@", "headers/leak/server-version@server", "headers/leak/powered-by@x-powered-by")
	if len(s.tests) != 11 || s.tests["cookies"].Name != "" || s.Percent != 100 {
		t.Errorf("%d tests, %d percent", len(s.tests), s.Percent)
	}
	for _, test := range observatory.Tests() {
		if c := s.Coverage[test.Name]; test.Name != "cookies" && c.Outcome != domain.Tested {
			t.Errorf("%s is not covered: %+v", test.Name, c)
		}
	}
	if v := s.Visits[0]; v.Status != 200 || v.Title != "Home" || v.Server != "nginx/1.22.1" || !strings.Contains(s.Kept[v.Evidence], "Home") {
		t.Errorf("the visit is %+v", v)
	}
	for _, raw := range s.Kept {
		if strings.Contains(raw, "s3cret") {
			t.Errorf("the evidence has a cookie's value: %s", raw)
		}
	}
	for id, w := range s.weaknesses {
		if strings.ContainsRune(w.Detail, '\u202e') {
			t.Errorf("%s shows a character that turns text around", id)
		}
	}
}

// TestNothingIsKeptInVain asks a site that never answers the same.
func TestNothingIsKeptInVain(t *testing.T) {
	var asked atomic.Int64
	s, err := scan(t, serve(t, httptest.NewServer, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "answer %d", asked.Add(1))
	}))
	if err != nil || asked.Load() < 2 || len(s.Kept) != 1 {
		t.Errorf("of %d answers %d are kept: %v", asked.Load(), len(s.Kept), err)
	}
}

// TestScanOfAMalformedHead looks at a site all the same, and tells what is wrong.
func TestScanOfAMalformedHead(t *testing.T) {
	s, err := scan(t, serve(t, httptest.NewServer, func(w http.ResponseWriter, r *http.Request) {
		conn, out, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		out.WriteString("HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nX-Odd: a\x1b[2Jb\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n")
		out.Flush()
	}))
	if err != nil {
		t.Fatal(err)
	}
	w, found := s.weaknesses["headers/malformed@"]
	if !found || w.Detail != `There is a control character in the line "X-Odd: a\x1b[2Jb".` || s.Kept[w.Evidence] == "" || s.Coverage["header-syntax"].Outcome != domain.Tested {
		t.Errorf("%+v", w)
	}
	if got := s.tests[observatory.FrameName].Result; got != "x-frame-options-sameorigin-or-deny" {
		t.Errorf("the result is %s", got)
	}
}

func TestScanOfACarefulSite(t *testing.T) {
	s, err := scan(t, serve(t, httptest.NewTLSServer, func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
			"Strict-Transport-Security":    "max-age=63072000",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Embedder-Policy": "require-corp",
			"Server":                       "nginx",
		} {
			w.Header().Set(name, value)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	want(t, s)
	var tests []domain.ObservatoryTest
	for _, test := range s.tests {
		tests = append(tests, test)
	}
	// CSP 10, frames 5, referrers 5, the three cross-origin policies 30.
	if score, grade := domain.Observatory(tests); score != 150 || grade != "A+" {
		t.Errorf("the site scores %d %s", score, grade)
	}
}

func TestScanOfReflectedOrigins(t *testing.T) {
	s, err := scan(t, serve(t, httptest.NewTLSServer, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}))
	if err != nil {
		t.Fatal(err)
	}
	w, found := s.weaknesses["headers/cors/reflects-origin-with-credentials@"]
	if !found || w.Advisory.Severity != domain.High || !strings.Contains(s.Kept[w.Evidence], "Access-Control-Allow-Credentials: true") {
		t.Errorf("%+v with %q", w, s.Kept[w.Evidence])
	}
}

func TestScanWithoutAnAnswerToThePreflight(t *testing.T) {
	s, err := scan(t, serve(t, httptest.NewServer, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			panic(http.ErrAbortHandler)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	c := s.Coverage[observatory.CORSName]
	if c.Outcome != domain.Failed || c.Reason == "" {
		t.Errorf("the coverage is %+v", c)
	}
	if _, found := s.tests[observatory.CORSName]; found {
		t.Error("a test that could not be made has a result")
	}
}

func TestScanShowsTheAnswersOfASiteThatFails(t *testing.T) {
	s, err := scan(t, serve(t, httptest.NewServer, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	var not *scanners.NotTested
	if !errors.As(err, &not) || len(s.Visits) != 1 || s.Visits[0].Status != 503 || len(s.tests) != 0 {
		t.Errorf("%v, %+v", err, s)
	}
}

func TestScanSeesEveryHop(t *testing.T) {
	https := serve(t, httptest.NewTLSServer, func(w http.ResponseWriter, r *http.Request) {})
	s, err := scan(t, serve(t, httptest.NewServer, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, https, http.StatusMovedPermanently)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Visits) != 2 || s.Visits[0].Location != https || s.Visits[1].URL != https+"/" {
		t.Errorf("the visits are %+v", s.Visits)
	}
	if got := s.tests[observatory.RedirectionName].Result; got != "redirection-to-https" {
		t.Errorf("the result is %s", got)
	}
}

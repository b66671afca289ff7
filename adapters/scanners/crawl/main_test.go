package crawl

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seen is what a crawl told.
type seen struct{ *scantest.Told }

// reasons are those of all lines of the coverage.
func (s *seen) reasons() string {
	var all []string
	for _, c := range s.Coverage {
		all = append(all, c.What+": "+string(c.Outcome)+" "+c.Reason)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// raised are the findings as "id@where".
func (s *seen) raised() (all []string) {
	for _, w := range s.Weaknesses {
		all = append(all, w.Advisory.ID+"@"+w.Where)
	}
	slices.Sort(all)
	return all
}

// web is a site by path, with its query where it has one; "" is a page.
type web map[string]func(w http.ResponseWriter, r *http.Request)

// page is an HTML page.
func page(body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><html><title>x</title><body>"+body)
	}
}

// text is a file.
func text(body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, body)
	}
}

// server serves a site and remembers what it was asked for.
type server struct {
	url string
	mu  sync.Mutex
	log []string // method and URI
}

func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// count is how often something was asked for.
func (s *server) count(uri string) (n int) {
	for _, asked := range s.asked() {
		if asked == "GET "+uri {
			n++
		}
	}
	return n
}

func (w web) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	for _, name := range []string{r.URL.RequestURI(), r.URL.Path} {
		if answer, ok := w[name]; ok {
			answer(to, r)
			return
		}
	}
	http.NotFound(to, r)
}

func serve(t *testing.T, h http.Handler) *server {
	t.Helper()
	s := &server{}
	started := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.log = append(s.log, r.Method+" "+r.URL.RequestURI())
		s.mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(started.Close)
	s.url = started.URL
	return s
}

// scan crawls a URL, let out to the loopback alone.
func scan(ctx context.Context, t *testing.T, scanner *Scanner, at string, verified bool) (*seen, error) {
	t.Helper()
	job, told := scantest.Job(t, at, domain.Deep)
	job.Verified = verified
	return &seen{told}, scanner.Scan(ctx, job, told.See)
}

// look crawls a site and expects no error.
func look(t *testing.T, h http.Handler, verified bool, change func(*limits)) (*seen, *server) {
	t.Helper()
	scanner, site := New(), serve(t, h)
	if change != nil {
		change(&scanner.limits)
	}
	s, err := scan(t.Context(), t, scanner, site.url, verified)
	if err != nil {
		t.Fatal(err)
	}
	if s.Percent != 100 {
		t.Errorf("it ends at %d percent", s.Percent)
	}
	return s, site
}

package content_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/content"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { scantest.Main(m) }

// scan runs a scanner on a URL, let out to the loopback alone.
func scan(ctx context.Context, t *testing.T, o content.Options, target string, profile domain.Profile) (*scantest.Told, error) {
	t.Helper()
	scanner, err := content.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return run(ctx, t, scanner, target, profile)
}

func run(ctx context.Context, t *testing.T, scanner *content.Scanner, target string, profile domain.Profile) (*scantest.Told, error) {
	t.Helper()
	job, told := scantest.Job(t, target, profile)
	return told, scanner.Scan(ctx, job, told.See)
}

// site is a web site: what it answers by path.
type site map[string]string

func (f site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, found := f[r.URL.RequestURI()]
	if !found {
		http.NotFound(w, r)
		return
	}
	if r.URL.Path == "/" || strings.HasSuffix(r.URL.Path, ".html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	fmt.Fprint(w, body)
}

func serve(t *testing.T, start func(http.Handler) *httptest.Server, h http.Handler) string {
	t.Helper()
	server := start(h)
	t.Cleanup(server.Close)
	return server.URL
}

// look scans a site with a profile and expects no error.
func look(t *testing.T, h http.Handler, profile domain.Profile) *scantest.Told {
	t.Helper()
	s, err := scan(t.Context(), t, content.Options{}, serve(t, httptest.NewServer, h), profile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// want checks which weaknesses were seen ("id" or "id@where"), that each rests
// on evidence, and that nothing that must not be shown is.
func want(t *testing.T, s *scantest.Told, ids ...string) {
	t.Helper()
	var got []string
	for _, w := range s.Weaknesses {
		id := w.Advisory.ID + "@" + w.Where
		if slices.Contains(ids, w.Advisory.ID) {
			id = w.Advisory.ID
		}
		got = append(got, id)
		if s.Kept[w.Evidence] == "" || w.Detail == "" || !strings.HasSuffix(w.Detail, ".") {
			t.Errorf("%s has no evidence or no detail: %q", id, w.Detail)
		}
	}
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("weaknesses:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(ids, "\n"))
	}
}

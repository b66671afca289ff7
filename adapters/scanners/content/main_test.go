package content_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/content"
	"github.com/scanledger/scanledger/domain"
)

// TestMain makes the certificate of httptest's servers the system's only root,
// and looks for goroutines that tests leave behind.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "roots")
	if err == nil {
		err = trustTestServers(filepath.Join(dir, "roots.pem"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

func trustTestServers(path string) error {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		return err
	}
	os.Setenv("SSL_CERT_DIR", "")
	return os.Setenv("SSL_CERT_FILE", path)
}

// seen is what a scan reported, and the evidence that it kept.
type seen struct {
	mu         sync.Mutex
	weaknesses []domain.Weakness
	coverage   map[string]domain.Coverage
	percent    int
	kept       map[domain.Hash]string
}

func (s *seen) see(o domain.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch o := o.(type) {
	case domain.Weakness:
		s.weaknesses = append(s.weaknesses, o)
	case domain.Coverage:
		s.coverage[o.What] = o
	case domain.Advance:
		s.percent = max(s.percent, o.Percent)
	}
}

func (s *seen) keep(_ string, raw []byte) domain.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256(raw)
	hash := domain.Hash(hex.EncodeToString(sum[:]))
	s.kept[hash] = string(raw)
	return hash
}

// scan runs a scanner on a URL, let out to the loopback alone.
func scan(ctx context.Context, t *testing.T, o content.Options, target string, profile domain.Profile) (*seen, error) {
	t.Helper()
	scanner, err := content.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return run(ctx, t, scanner, target, profile)
}

func run(ctx context.Context, t *testing.T, scanner *content.Scanner, target string, profile domain.Profile) (*seen, error) {
	t.Helper()
	parsed, err := domain.ParseURL(target)
	if err != nil {
		t.Fatal(err)
	}
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	s := &seen{coverage: map[string]domain.Coverage{}, kept: map[domain.Hash]string{}}
	return s, scanner.Scan(ctx, scanners.Job{Target: parsed, Profile: profile, Net: guard.Session(), Keep: s.keep}, s.see)
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
func look(t *testing.T, h http.Handler, profile domain.Profile) *seen {
	t.Helper()
	s, err := scan(t.Context(), t, content.Options{}, serve(t, httptest.NewServer, h), profile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// want checks which weaknesses were seen ("id" or "id@where"), that each rests
// on evidence, and that nothing that must not be shown is.
func want(t *testing.T, s *seen, ids ...string) {
	t.Helper()
	var got []string
	for _, w := range s.weaknesses {
		id := w.Advisory.ID + "@" + w.Where
		if slices.Contains(ids, w.Advisory.ID) {
			id = w.Advisory.ID
		}
		got = append(got, id)
		if s.kept[w.Evidence] == "" || w.Detail == "" || !strings.HasSuffix(w.Detail, ".") {
			t.Errorf("%s has no evidence or no detail: %q", id, w.Detail)
		}
	}
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("weaknesses:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(ids, "\n"))
	}
}

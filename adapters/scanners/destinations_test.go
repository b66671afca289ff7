package scanners_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// TestDestinations judges by lists, by addresses and by where the server itself is.
func TestDestinations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	list := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list("192.0.2.66\n127.0.0.5\nhttps://127.0.0.4/bad?a=b\n")
	lists, err := scanners.OpenBlocklists([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	d := &scanners.Destinations{
		Guard: scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/29")}, Own: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.2:8080")}}),
		Own:   []string{"go.example", "127.0.0.3:8443"}, Lists: lists, Log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	told := func(times int) {
		t.Helper()
		if got := strings.Count(log.String(), "cannot be read"); got != times {
			t.Errorf("%d times it was told that a list cannot be read, want %d", got, times)
		}
	}
	want := func(destination string, reason domain.BlockReason, unsure bool) {
		t.Helper()
		got, err := d.Judge(t.Context(), destination, "127.0.0.1:18080")
		if got != reason || (err != nil) != unsure {
			t.Errorf("%s is %q, %v; want %q", destination, got, err, reason)
		}
	}
	for destination, reason := range map[string]domain.BlockReason{
		"https://127.0.0.4/":            "",
		"https://127.0.0.4/bad":         "",
		"https://127.0.0.4/bad?a=b#c":   domain.BlockedListed,
		"http://127.0.0.5:81/x":         domain.BlockedListed,
		"https://192.0.2.66/":           domain.BlockedListed,
		"http://127.0.0.1:18080/s/x":    domain.BlockedLoop,
		"http://127.0.0.1:18081/":       "",
		"http://localhost:18080/s/x":    domain.BlockedLoop,
		"http://[::1]:18080/s/x":        domain.BlockedLoop,
		"https://go.example/s/x":        domain.BlockedLoop,
		"http://go.example:80/":         domain.BlockedLoop,
		"https://go.example:8443/":      domain.BlockedLoop,
		"https://127.0.0.3:8443/":       domain.BlockedLoop,
		"https://127.0.0.3:8444/":       "",
		"http://127.0.0.2:8080/s/x":     domain.BlockedForbidden, // where it listens, by another address
		"http://169.254.169.254/latest": domain.BlockedForbidden,
		"http://10.0.0.1/":              domain.BlockedForbidden,
		"http://[::ffff:10.0.0.1]/":     domain.BlockedForbidden,
		"http://[fd00::1]/":             domain.BlockedForbidden,
	} {
		want(destination, reason, false)
	}
	want("https://nowhere.invalid/", "", true)
	list("127.0.0.4\n")
	want("https://127.0.0.4/", domain.BlockedListed, false)
	want("http://127.0.0.5/x", "", false)
	list("127.0.0.5\nno host at all\n")
	for range 2 {
		want("https://127.0.0.4/", domain.BlockedListed, false) // as it was
	}
	told(1)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		want("https://127.0.0.4/", domain.BlockedListed, false)
	}
	told(2)
}

// TestDestinationsOnward judges where a destination sends its readers on to.
func TestDestinationsOnward(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(path, []byte("127.0.0.5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lists, err := scanners.OpenBlocklists([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	sends := map[string]string{
		"/back": "https://go.example/s/x", "/here": "http://127.0.0.1:18080/s/x", "/listed": "http://127.0.0.5/", "/inside": "http://10.0.0.1/",
		"/two": "/back", "/fine": "/", "/round": "/round", "/nowhere": "https://nowhere.invalid/", "/mail": "mailto:a@b.example",
	}
	asked := 0
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if to := sends[r.URL.Path]; to != "" {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusMovedPermanently)
		}
	}))
	defer site.Close()
	d := &scanners.Destinations{
		Guard: scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/29")}}),
		Own:   []string{"go.example"}, Lists: lists, Log: slog.New(slog.DiscardHandler),
	}
	for path, want := range map[string]domain.BlockReason{
		"/back": domain.BlockedLoop, "/here": domain.BlockedLoop, "/listed": domain.BlockedListed, "/inside": domain.BlockedForbidden, "/two": domain.BlockedLoop,
		"/fine": "", "/round": "", "/nowhere": "", "/mail": "", "/": "",
	} {
		place, got, err := d.Onward(t.Context(), site.URL+path, "127.0.0.1:18080")
		if got != want || (err != nil) != (path == "/nowhere") {
			t.Errorf("%s is %q, %v; want %q", path, got, err, want)
		}
		if path == "/two" && place != sends["/back"] {
			t.Errorf("%s leads to %s", path, place)
		}
	}
	if _, got, err := d.Onward(t.Context(), "http://127.0.0.1:1/", ""); got != "" || err == nil {
		t.Errorf("a site that does not answer is %q, %v", got, err)
	}
	before := asked
	if got, err := d.Judge(t.Context(), site.URL+"/back", ""); got != "" || err != nil || asked != before {
		t.Errorf("by itself it is %q, %v, after %d requests", got, err, asked-before)
	}
}

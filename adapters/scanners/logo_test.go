package scanners

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/hostile"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestLogo fetches what is there, through the guard alone and within its bounds.
func TestLogo(t *testing.T) {
	s := newSite(t, nil, func(w http.ResponseWriter, r *http.Request) {
		to := func(location string) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		}
		switch r.URL.Path {
		case "/logo":
			fmt.Fprint(w, "picture")
		case "/full":
			fmt.Fprint(w, strings.Repeat("x", commands.MaxLogo))
		case "/long":
			fmt.Fprint(w, strings.Repeat("x", commands.MaxLogo+1))
		case "/short":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "x")
		case "/here":
			to("/logo")
		case "/inside":
			to("http://169.254.169.254/latest/")
		case "/file":
			to("file:///etc/passwd")
		case "/loop":
			to("/loop")
		default:
			http.Error(w, "secret of the server", http.StatusTeapot)
		}
	})
	server := hostile.NewNameserver(t, map[string][]string{"site.test. A": {"127.0.0.1"}})
	l := &Logos{NewGuard(Policy{Allow: prefixes("127.0.0.0/8"), Resolver: server.Addr})}
	for path, want := range map[string]struct {
		file string
		code domain.Code
		says string
	}{
		"/logo":   {file: "picture"},
		"/here":   {file: "picture"},
		"/full":   {file: strings.Repeat("x", commands.MaxLogo)},
		"/long":   {code: domain.Invalid, says: "style.logo must have at most 256 KiB"},
		"/short":  {code: domain.Invalid, says: "style.logo could not be fetched to its end"},
		"/none":   {code: domain.Invalid, says: "style.logo could not be fetched: the server answers 418"},
		"/inside": {code: domain.Forbidden, says: "style.logo: this target may not be reached from here"},
		"/file":   {code: domain.Invalid, says: "style.logo: "},
		"/loop":   {code: domain.Invalid, says: "style.logo could not be fetched"},
	} {
		got, err := l.Logo(t.Context(), s.url(t, "http", path).String())
		if domain.CodeOf(err) != want.code || string(got) != want.file || err != nil && (!strings.Contains(err.Error(), want.says) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %.40q, %v, want %.40q, %q", path, got, err, want.file, want.says)
		}
	}
	for address, code := range map[string]domain.Code{
		"http://10.0.0.1/a.png": domain.Forbidden, "http://none.test/a.png": domain.Unresolvable, "ftp://site.test/a.png": domain.Invalid, "//site.test/a.png": domain.Invalid,
		"http://user:secret@site.test/": domain.Invalid, "http://[::1": domain.Invalid, "gopher://127.0.0.1:1/": domain.Invalid,
	} {
		if got, err := l.Logo(t.Context(), address); domain.CodeOf(err) != code || got != nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %q, %v", address, got, err)
		}
	}
}

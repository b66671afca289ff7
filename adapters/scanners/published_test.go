package scanners

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners/hostile"
	"github.com/scanledger/scanledger/domain"
)

func TestPublishedTXT(t *testing.T) {
	long := strings.Repeat("a", 255)
	server := hostile.NewNameserver(t, map[string][]string{
		"_scanledger.one.test. TXT":   {`"scanledger-verification=1"`},
		"_scanledger.two.test. TXT":   {`"v=spf1 -all","scanledger-verification=2"`},
		"_scanledger.parts.test. TXT": {`"` + long + `" "b"`},
		"_scanledger.alias.test. TXT": {`CNAME elsewhere.test.,"scanledger-verification=3"`},
	})
	p := Published{NewGuard(Policy{Resolver: server.Addr})}
	for name, want := range map[string][]string{
		"_scanledger.one.test":   {"scanledger-verification=1"},
		"_scanledger.two.test":   {"v=spf1 -all", "scanledger-verification=2"},
		"_scanledger.parts.test": {long + "b"},
		"_scanledger.alias.test": {"scanledger-verification=3"},
		"_scanledger.none.test":  nil,
	} {
		if got, err := p.TXT(t.Context(), name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	server.SetMangle(func(_ dns.ResponseWriter, answer *dns.Msg) { answer.Rcode = dns.RcodeServerFailure })
	if got, err := p.TXT(t.Context(), "_scanledger.one.test"); domain.CodeOf(err) != domain.Unavailable || got != nil {
		t.Errorf("a name server that fails: %q, %v", got, err)
	}
}

// TestPublishedFile fetches what is there, and nothing that proves nothing:
// what lies elsewhere, and what is no file.
func TestPublishedFile(t *testing.T) {
	s := newSite(t, nil, func(w http.ResponseWriter, r *http.Request) {
		to := func(location string) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		}
		switch r.URL.Path {
		case "/file":
			fmt.Fprint(w, "\r\n scanledger-verification=1\n")
		case "/empty":
		case "/long":
			fmt.Fprint(w, "scanledger-verification=1", strings.Repeat("x", 1<<20))
		case "/here":
			to("/file")
		case "/elsewhere":
			to("http://other.test:" + port(r) + "/file")
		case "/port":
			to("http://site.test:1/file")
		case "/inside":
			to("http://169.254.169.254/latest/")
		case "/loop":
			to("/loop")
		case "/broken":
			to("http://[::1")
		default:
			http.NotFound(w, r)
		}
	})
	server := hostile.NewNameserver(t, map[string][]string{"site.test. A": {"127.0.0.1"}, "other.test. A": {"127.0.0.1"}})
	p := Published{NewGuard(Policy{Allow: prefixes("127.0.0.0/8"), Resolver: server.Addr})}
	for path, want := range map[string]struct {
		file string
		code domain.Code
		says string
	}{
		"/file":      {file: "scanledger-verification=1"},
		"/here":      {file: "scanledger-verification=1"},
		"/empty":     {},
		"/long":      {file: "scanledger-verification=1" + strings.Repeat("x", 1<<10-25)},
		"/none":      {code: domain.NotFound, says: "answers 404"},
		"/elsewhere": {code: domain.NotFound, says: "elsewhere"},
		"/port":      {code: domain.NotFound, says: "elsewhere"},
		"/inside":    {code: domain.NotFound, says: "elsewhere"},
		"/broken":    {code: domain.NotFound, says: "elsewhere"},
		"/loop":      {code: domain.NotFound, says: "do not end"},
	} {
		got, err := p.File(t.Context(), s.url(t, "http", path).String())
		if domain.CodeOf(err) != want.code || got != want.file || err != nil && !strings.Contains(err.Error(), want.says) {
			t.Errorf("%s: %.40q, %v, want %.40q, %q", path, got, err, want.file, want.says)
		}
	}
	for _, address := range []string{"http://10.0.0.1/file", "http://127.0.0.1:1/file", "http://none.test/file", "ftp://site.test/", "http://[::1"} {
		if got, err := p.File(t.Context(), address); err == nil || got != "" {
			t.Errorf("%s: %q", address, got)
		}
	}
}

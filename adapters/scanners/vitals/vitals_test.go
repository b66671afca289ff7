package vitals

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTry(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<title>a</title><h1>Hello</h1><script>const e=performance.now()+300;while(performance.now()<e);setTimeout(()=>{const e=performance.now()+300;while(performance.now()<e);},300)</script>`)
	}))
	defer site.Close()
	b := time.Now()
	err := New("").Scan(context.Background(), jobFor(t, site.URL+"/"), func(o domain.Observation) { fmt.Printf("%T %+v\n", o, o) })
	fmt.Println(err, time.Since(b))
}

func jobFor(t *testing.T, raw string) scanners.Job {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.Atoi(u.Port())
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	return scanners.Job{
		Target: domain.Target{
			Kind: domain.URLTarget, Value: raw, Host: u.Hostname(), Domain: u.Hostname(),
			Scheme: u.Scheme, Port: port, Path: u.RequestURI(),
		},
		Profile: domain.Standard, Net: guard.Session(),
		Keep: func(k string, raw []byte) domain.Hash { fmt.Println(string(raw)); return "kept" },
	}
}

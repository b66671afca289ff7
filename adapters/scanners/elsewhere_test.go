package scanners

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// webServer listens on a port of an address of its own.
func webServer(t *testing.T, address string, port int, secure bool) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Listener.Close()
	s.Listener = l
	if s.TLS = new(tls.Config); secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
}

// TestElsewhere finds web servers on other ports than 443 and 80.
func TestElsewhere(t *testing.T) {
	guard := NewGuard(Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	host := func(address string) Job {
		return Job{Net: guard.Session(), Target: domain.Target{Kind: domain.IPTarget, Value: address, Host: address, Domain: address}}
	}
	webServer(t, "127.83.1.1", 8080, false)
	webServer(t, "127.83.1.2", 8443, true)
	webServer(t, "127.83.1.2", 8080, false)
	for address, want := range map[string]string{"127.83.1.1": "http://127.83.1.1:8080/", "127.83.1.2": "https://127.83.1.2:8443/"} {
		chain, err := Open(t.Context(), host(address), 0)
		if err != nil || chain.Last().URL.String() != want {
			t.Errorf("Open(%s) = %v, %v, want %s", address, chain, err, want)
		}
	}
	var none *NotTested
	if _, err := Open(t.Context(), host("127.83.1.3"), 0); !errors.As(err, &none) || none.Outcome != domain.Skipped || !strings.HasSuffix(none.Reason, "nor on the ports "+OtherPorts()) {
		t.Errorf("where there is none: %v", err)
	}
	url := host("127.83.1.1")
	url.Target.Kind, url.Target.Scheme, url.Target.Port, url.Target.Path = domain.URLTarget, "http", 8081, "/"
	for name, job := range map[string]Job{"a URL": url, "a range": {Target: domain.Target{Kind: domain.RangeTarget}}} {
		if there, tried := Elsewhere(t.Context(), job); tried || there != job.Target {
			t.Errorf("%s: %+v, %v", name, there, tried)
		}
	}
}

package observatory_test

import (
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/domain"
)

// job is a scanner's share of a scan of a URL, let out to the loopback alone.
func job(t *testing.T, target string) scanners.Job {
	t.Helper()
	parsed, err := domain.ParseURL(target)
	if err != nil {
		t.Fatal(err)
	}
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	return scanners.Job{Target: parsed, Profile: domain.Quick, Net: guard.Session(),
		Keep: func(string, []byte) domain.Hash { return "" }}
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func serveTLS(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func retrieve(t *testing.T, target string) *observatory.Site {
	t.Helper()
	s, err := observatory.Retrieve(t.Context(), job(t, target))
	if err != nil {
		t.Fatal(err)
	}
	s.Preload = noPreload
	return s
}

func TestRetrieveHTTPS(t *testing.T) {
	at := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			w.Header().Set("Access-Control-Allow-Credentials", "true")
			return
		}
		if r.URL.Path == "/robots.txt" {
			http.SetCookie(w, &http.Cookie{Name: "robot", Value: "1"})
			return
		}
		w.Header().Set("Strict-Transport-Security", "max-age=63072000")
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(`<title>Shop</title><meta name=referrer content=no-referrer>
			<meta http-equiv=Content-Security-Policy content="default-src 'none'">`))
	})
	s := retrieve(t, at)
	if s.HTTP.Start != nil || s.Page.Title != "Shop" {
		t.Errorf("the site is %+v", s)
	}
	for _, c := range []struct {
		run  func(observatory.Site) domain.ObservatoryTest
		word string
	}{
		{observatory.CSP, noneWord},
		{observatory.HSTS, "hsts-implemented-max-age-at-least-six-months"},
		{observatory.CORS, "cross-origin-resource-sharing-implemented-with-universal-access"},
		{observatory.ReferrerPolicy, "referrer-policy-private"},
		{observatory.Redirection, "redirection-not-needed-no-http"},
		{observatory.Cookies, "cookies-without-secure-flag-but-protected-by-hsts"},
	} {
		if got := c.run(*s); got.Result != c.word {
			t.Errorf("%s, want %s (%s)", got.Result, c.word, got.Detail)
		}
	}
}

func TestRetrieveFollowsRedirectsFromHTTP(t *testing.T) {
	https := serveTLS(t, func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("hello")) })
	http := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, https+"/next", http.StatusMovedPermanently)
	})
	s := retrieve(t, http)
	expect(t, observatory.Redirection(*s), "redirection-to-https", 0, true)
	expect(t, observatory.HSTS(*s), "hsts-not-implemented-no-https", -20, false)
	if len(s.HTTP.Chain) != 2 || s.HTTP.Answer().URL.Path != "/next" || s.Secure() {
		t.Errorf("the chain is %v", s.HTTP.Route())
	}
}

func TestRetrieveSendsCookiesBack(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("gate"); err != nil {
			http.SetCookie(w, &http.Cookie{Name: "gate", Value: "open"})
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return
		}
		w.Write([]byte("inside"))
	})
	s := retrieve(t, at)
	if len(s.HTTP.Chain) != 2 || string(s.HTTP.Answer().Body) != "inside" {
		t.Errorf("the chain is %v", s.HTTP.Route())
	}
}

func TestRetrieveEndsALoop(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/again")
		w.WriteHeader(http.StatusFound)
		w.Write([]byte(strings.Repeat("x", 1<<20)))
	})
	s := retrieve(t, at)
	if len(s.HTTP.Chain) != 11 || s.HTTP.Answer().Status != http.StatusFound {
		t.Errorf("the chain has %d answers", len(s.HTTP.Chain))
	}
	if kept := len(s.HTTP.Chain[0].Body); kept > 64<<10 {
		t.Errorf("%d bytes of a redirect are kept", kept)
	}
	expect(t, observatory.Redirection(*s), "redirection-not-to-https", -20, false)
}

func TestRetrieveStopsWhereItMayNotGo(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
	})
	s, err := observatory.Retrieve(t.Context(), job(t, at))
	var not *scanners.NotTested
	if !errors.As(err, &not) || not.Outcome != domain.Refused {
		t.Fatalf("the error is %v", err)
	}
	if len(s.HTTP.Chain) != 1 || s.HTTP.Lost == nil {
		t.Errorf("the trip is %+v", s.HTTP)
	}
}

func TestRetrieveTakesAStrangeRedirectForTheEnd(t *testing.T) {
	for _, location := range []string{"ftp://example.com/", "javascript:alert(1)", "http://user:pw@127.0.0.1/", "http://%zz/", ""} {
		at := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		})
		if s := retrieve(t, at); s.HTTP.Answer().Status != http.StatusFound {
			t.Errorf("%q: the status is %d", location, s.HTTP.Answer().Status)
		}
	}
}

func TestRetrieveGivesUpOnErrors(t *testing.T) {
	for status, usable := range map[int]bool{200: true, 204: true, 304: true, 401: true, 403: true, 400: false, 404: false, 429: false, 500: false, 503: false} {
		at := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) })
		s, err := observatory.Retrieve(t.Context(), job(t, at))
		var not *scanners.NotTested
		switch {
		case usable && err != nil:
			t.Errorf("%d: %v", status, err)
		case !usable && (!errors.As(err, &not) || not.Outcome != domain.Skipped || !strings.Contains(not.Reason, at)):
			t.Errorf("%d: %v", status, err)
		case !usable && len(s.HTTP.Chain) != 1:
			t.Errorf("%d: what was seen is lost", status)
		}
	}
}

func TestRetrieveWithoutAServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	_, err = observatory.Retrieve(t.Context(), job(t, "https://"+closed))
	var not *scanners.NotTested
	if !errors.As(err, &not) || not.Outcome != domain.Skipped || !strings.Contains(not.Reason, "refused") {
		t.Errorf("the error is %v", err)
	}
	forbidden := job(t, "http://10.0.0.1/")
	if _, err = observatory.Retrieve(t.Context(), forbidden); !errors.As(err, &not) || not.Outcome != domain.Refused {
		t.Errorf("the error is %v", err)
	}
	forbidden.Target = domain.Target{Kind: domain.RangeTarget, Value: "127.0.0.0/30"}
	if _, err = observatory.Retrieve(t.Context(), forbidden); !errors.As(err, &not) || not.Outcome != domain.Skipped {
		t.Errorf("the error is %v", err)
	}
}

func TestRetrieveEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := observatory.Retrieve(ctx, job(t, at)); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestRetrieveOverACertificateThatDoesNotVerify(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=63072000")
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	server.StartTLS()
	t.Cleanup(server.Close)
	s := retrieve(t, server.URL)
	expect(t, observatory.HSTS(*s), "hsts-invalid-cert", -20, false)

	from := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, server.URL, http.StatusMovedPermanently)
	})
	expect(t, observatory.Redirection(*retrieve(t, from)), "redirection-invalid-cert", -20, false)
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestRetrieveOfHostileHTML(t *testing.T) {
	zip := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write([]byte(body))
		z.Close()
	}
	for name, c := range map[string]struct {
		write func(w http.ResponseWriter)
		sri   string
	}{
		"deeply nested": {func(w http.ResponseWriter) { w.Write([]byte(strings.Repeat("<div><svg>", 200_000))) },
			"sri-not-implemented-but-no-scripts-loaded"},
		"never closed": {func(w http.ResponseWriter) { w.Write([]byte(strings.Repeat("<script src=//a>", 100_000))) },
			"sri-not-implemented-and-external-scripts-not-loaded-securely"},
		"many scripts": {func(w http.ResponseWriter) { w.Write([]byte(strings.Repeat("<script src=//a></script>", 50_000))) },
			"sri-not-implemented-and-external-scripts-not-loaded-securely"},
		"many attributes": {func(w http.ResponseWriter) { w.Write([]byte("<script " + strings.Repeat("a=b ", 300_000) + ">")) },
			"sri-not-implemented-but-all-scripts-loaded-from-secure-origin"},
		"many policies": {func(w http.ResponseWriter) {
			w.Write([]byte(strings.Repeat(`<meta http-equiv=content-security-policy content="img-src a,">`, 20_000)))
		}, "sri-not-implemented-but-no-scripts-loaded"},
		"a bomb":         {func(w http.ResponseWriter) { zip(w, strings.Repeat("<p>", 10<<20)) }, "sri-not-implemented-but-no-scripts-loaded"},
		"not what it is": {func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "br"); w.Write([]byte("<p>")) }, "html-not-parseable"},
		"zeroes":         {func(w http.ResponseWriter) { w.Write(make([]byte, 1<<20)) }, "sri-not-implemented-but-no-scripts-loaded"},
	} {
		t.Run(name, func(t *testing.T) {
			at := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/" && r.Method == http.MethodGet {
					w.Header().Set("Content-Type", "text/html")
					c.write(w)
				}
			})
			s := retrieve(t, at)
			for _, test := range observatory.Tests() {
				test.Run(*s)
			}
			if got := observatory.SRI(*s); got.Result != c.sri {
				t.Errorf("%s, want %s", got.Result, c.sri)
			}
		})
	}
}

func TestRetrieveOfWhatSpeaksNoHTTP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("SSH-2.0-\x1b[31mOpenSSH\r\n"))
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	_, err = observatory.Retrieve(t.Context(), job(t, "http://"+l.Addr().String()))
	var not *scanners.NotTested
	if !errors.As(err, &not) || strings.ContainsRune(not.Reason, 0x1b) {
		t.Errorf("the error is %v", err)
	}
}

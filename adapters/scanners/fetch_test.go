package scanners

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// site is a session that reaches one test server by the name "site.test".
type site struct {
	*Session
	port string
}

// newSite serves handler, over TLS where config is not nil.
func newSite(t *testing.T, config *tls.Config, handler http.HandlerFunc) *site {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	if config != nil {
		server.TLS = config
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return siteAt(t, server.Listener.Addr())
}

func siteAt(t *testing.T, addr net.Addr) *site {
	t.Helper()
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		t.Fatal(err)
	}
	session := NewGuard(Policy{Allow: prefixes("127.0.0.0/8")}).Session()
	for _, name := range []string{"site.test", "other.test"} {
		if err := session.Pin(context.Background(), name, "127.0.0.1"); err != nil {
			t.Fatal(err)
		}
	}
	return &site{session, port}
}

func (s *site) url(t *testing.T, scheme, path string) *url.URL {
	t.Helper()
	u, err := url.Parse(scheme + "://site.test:" + s.port + path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// newRawSite answers each connection with what answer writes, after the
// request's headers were read.
func newRawSite(t *testing.T, answer func(w io.Writer)) *site {
	t.Helper()
	listener := listen(t, "127.0.0.1:0")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				answer(conn)
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return siteAt(t, listener.Addr())
}

func TestFetch(t *testing.T) {
	s := newSite(t, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("X-Seen", fmt.Sprint(r.Method, " ", r.Host, " ", r.RequestURI, " ", r.Header))
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "short")
	})
	answer, err := s.Fetch(context.Background(), Request{URL: s.url(t, "http", "/a%2Fb?q= ü#frag")})
	if err != nil {
		t.Fatal(err)
	}
	seen := "GET site.test:" + s.port + " /a%2Fb?q=%20%C3%BC map[Accept:[text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8] " +
		"Accept-Encoding:[gzip, deflate, br] User-Agent:[" + UserAgent + "]]"
	if got := answer.Header.Get("X-Seen"); got != seen {
		t.Errorf("the server saw\n %s, not\n %s", got, seen)
	}
	raw := "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 5\r\nContent-Type: text/plain; charset=utf-8\r\nSet-Cookie: a=b\r\nX-Seen: " + seen + "\r\n\r\nshort"
	if string(answer.Raw) != raw {
		t.Errorf("the evidence is\n%q, not\n%q", answer.Raw, raw)
	}
	if answer.Status != http.StatusTeapot || answer.Proto != "HTTP/1.1" || string(answer.Body) != "short" || answer.WireSize != 5 ||
		answer.Truncated || answer.BodyError != nil || answer.TLS != nil || answer.CertError != nil {
		t.Errorf("got %+v", answer)
	}
	if answer.Connect <= 0 || answer.Handshake != 0 || answer.FirstByte <= 0 || answer.Total < answer.Connect+answer.FirstByte {
		t.Errorf("times: connect %v, handshake %v, first byte %v, total %v", answer.Connect, answer.Handshake, answer.FirstByte, answer.Total)
	}
}

func TestFetchRequest(t *testing.T) {
	s := newSite(t, nil, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Method, r.Header["User-Agent"], r.Header["Origin"])
	})
	answer, err := s.Fetch(context.Background(), Request{
		URL: s.url(t, "http", ""), Method: http.MethodOptions, Header: http.Header{"user-agent": {"other"}, "Origin": {"https://a.test"}},
	})
	if want := "OPTIONS[other] [https://a.test]"; err != nil || string(answer.Body) != want {
		t.Errorf("got %v, %v; want %s", answer, err, want)
	}
	for _, raw := range []string{"ftp://site.test/", "file:///etc/passwd", "site.test", "http://", "http://u:p@site.test/", "http://127.1/", "http://site.test:0/", "http://[fe80::1%25lo]/", "//site.test/"} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Fetch(context.Background(), Request{URL: u}); domain.CodeOf(err) != domain.Invalid {
			t.Errorf("%s: %v, want it invalid", raw, err)
		}
	}
	if _, err := s.Fetch(context.Background(), Request{}); domain.CodeOf(err) != domain.Invalid {
		t.Errorf("no URL: %v, want it invalid", err)
	}
	denied, _ := url.Parse("http://10.0.0.1/")
	if _, err := s.Fetch(context.Background(), Request{URL: denied}); domain.CodeOf(err) != domain.Forbidden {
		t.Errorf("%s: %v, want it forbidden", denied, err)
	}
}

func TestFetchTLS(t *testing.T) {
	future, past := time.Now().Add(24*time.Hour), time.Now().Add(-time.Hour)
	for name, c := range map[string]struct {
		certificate tls.Certificate
		max         uint16
		http1       bool
		proto       string
		certError   any
	}{
		"HTTP/2":       {certificateFor(t, true, future, "site.test"), tls.VersionTLS13, false, "HTTP/2.0", nil},
		"HTTP/1.1":     {certificateFor(t, true, future, "site.test"), tls.VersionTLS13, true, "HTTP/1.1", nil},
		"TLS 1.0":      {certificateFor(t, true, future, "site.test"), tls.VersionTLS10, true, "HTTP/1.1", nil},
		"another name": {certificateFor(t, true, future, "other.test"), tls.VersionTLS13, false, "HTTP/2.0", &x509.HostnameError{}},
		"expired":      {certificateFor(t, true, past, "site.test"), tls.VersionTLS12, false, "HTTP/2.0", &x509.CertificateInvalidError{}},
		"self-signed":  {certificateFor(t, false, future, "site.test"), tls.VersionTLS13, false, "HTTP/2.0", &x509.UnknownAuthorityError{}},
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			config := &tls.Config{Certificates: []tls.Certificate{c.certificate}, MinVersion: tls.VersionTLS10, MaxVersion: c.max}
			s := newSite(t, config, func(w http.ResponseWriter, r *http.Request) {
				requests++
				fmt.Fprint(w, r.TLS.ServerName, " ", r.Host)
			})
			request := Request{URL: s.url(t, "https", "/"), HTTP1: c.http1}
			answer, err := s.Fetch(context.Background(), request)
			if err != nil {
				t.Fatal(err)
			}
			if want := "site.test site.test:" + s.port; string(answer.Body) != want || answer.Proto != c.proto || answer.TLS.Version != c.max {
				t.Errorf("%s by %s in %x; want %s by %s in %x", answer.Body, answer.Proto, answer.TLS.Version, want, c.proto, c.max)
			}
			if answer.Connect <= 0 || answer.Handshake <= 0 || answer.FirstByte <= 0 {
				t.Errorf("times: connect %v, handshake %v, first byte %v", answer.Connect, answer.Handshake, answer.FirstByte)
			}
			request.VerifyTLS = true
			_, verified := s.Fetch(context.Background(), request)
			if c.certError == nil {
				if answer.CertError != nil || verified != nil || requests != 2 {
					t.Errorf("%v, and with VerifyTLS %v", answer.CertError, verified)
				}
				return
			}
			if !asType(answer.CertError, c.certError) || !asType(verified, c.certError) || requests != 1 {
				t.Errorf("%v, and with VerifyTLS %v after %d requests; want %T", answer.CertError, verified, requests, c.certError)
			}
		})
	}
}

// asType says whether err wraps an error of the type that like points to.
func asType(err error, like any) bool { return err != nil && errors.As(err, like) }

func TestFetchNotTLS(t *testing.T) {
	s := newRawSite(t, func(w io.Writer) { io.WriteString(w, "HTTP/1.1 200 OK\r\n\r\n") })
	if answer, err := s.Fetch(context.Background(), Request{URL: s.url(t, "https", "/")}); err == nil {
		t.Errorf("got %+v over TLS from a server without it", answer)
	}
}

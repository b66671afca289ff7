package tls

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// The tests' certificate authority. It becomes the system's only root before
// anything reads the system's roots.
var (
	root, rootKey = authority("Test Root", nil, nil)
	day           = 24 * time.Hour
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tls-test")
	if err != nil {
		log.Fatal(err)
	}
	roots := filepath.Join(dir, "roots.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})
	if err := errors.Join(os.WriteFile(roots, block, 0o600), os.Setenv("SSL_CERT_FILE", roots), os.Setenv("SSL_CERT_DIR", dir)); err != nil {
		log.Fatal(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

func authority(name string, parent *x509.Certificate, parentKey crypto.Signer) (*x509.Certificate, crypto.Signer) {
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		log.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		log.Fatal(err)
	}
	return c, key
}

// leaf makes a certificate for 127.0.0.1 and site.test, changed by change, and
// signed by the tests' root unless signed by itself.
func leaf(t *testing.T, key crypto.Signer, selfSigned bool, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "site.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * day),
		DNSNames: []string{"site.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if change != nil {
		change(template)
	}
	parent, parentKey := root, rootKey
	if selfSigned {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func ecKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var rsaKey = sync.OnceValue(func() crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		log.Fatal(err)
	}
	return key
})

// serve is a crypto/tls server with HSTS.
func serve(t *testing.T, config *tls.Config) int {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Strict-Transport-Security", `includeSubDomains; max-age="31536000"`)
	}))
	s.TLS = config
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().(*net.TCPAddr).Port
}

type record struct {
	mu   sync.Mutex
	seen []domain.Observation
	kept [][]byte // the raw evidence
}

func (r *record) see(o domain.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, o)
}

func all[T domain.Observation](r *record) []T {
	var found []T
	for _, o := range r.seen {
		if t, is := o.(T); is {
			found = append(found, t)
		}
	}
	return found
}

func (r *record) rules() []string {
	var ids []string
	for _, w := range all[domain.Weakness](r) {
		ids = append(ids, strings.TrimPrefix(w.Advisory.ID, "tls/"))
	}
	slices.Sort(ids)
	return ids
}

// scan scans a port of 127.0.0.1 by the name site.test, or by its address: what
// is asked, or all.
func scan(t *testing.T, port int, name string, asked ...domain.SSLyzeOptions) (*record, error) {
	t.Helper()
	r := &record{}
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	job := scanners.Job{
		Target: domain.Target{Kind: domain.URLTarget, Host: "127.0.0.1", Domain: name, Scheme: "https", Port: port, Path: "/"},
		Net:    guard.Session(),
		Keep: func(_ string, raw []byte) domain.Hash {
			r.kept = append(r.kept, raw)
			sum := sha256.Sum256(raw)
			return domain.Hash(hex.EncodeToString(sum[:]))
		},
	}
	for _, options := range asked {
		job.Options.SSLyze = &options
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return r, Scanner{}.Scan(ctx, job, r.see)
}

// endpoint scans a port that must have TLS.
func endpoint(t *testing.T, port int, name string) (domain.TLSEndpoint, *record) {
	t.Helper()
	r, err := scan(t, port, name)
	if err != nil {
		t.Fatal(err)
	}
	found := all[domain.TLSEndpoint](r)
	if len(found) != 1 {
		t.Fatalf("%d endpoints", len(found))
	}
	for _, c := range all[domain.Coverage](r) {
		unstapled := c.What == "revocation" && c.Outcome == domain.Skipped && !found[0].Features["ocsp_stapling"]
		if c.Outcome != domain.Tested && !unstapled {
			t.Errorf("%s: %s: %s", c.What, c.Outcome, c.Reason)
		}
	}
	return found[0], r
}

func TestModernServer(t *testing.T) {
	port := serve(t, &tls.Config{Certificates: []tls.Certificate{leaf(t, ecKey(t), false, nil)}})
	e, r := endpoint(t, port, "site.test")
	if e.Grade != "A+" {
		t.Errorf("grade %s %q, want A+", e.Grade, e.GradeWhy)
	}
	want := map[string]bool{"SSLv3": false, "TLSv1.0": false, "TLSv1.1": false, "TLSv1.2": true, "TLSv1.3": true}
	for name, offered := range want {
		if got, tested := e.Protocols[name]; !tested || got != offered {
			t.Errorf("%s: offered %v, want %v", name, got, offered)
		}
	}
	ciphers := e.Ciphers["TLSv1.3"]
	slices.Sort(ciphers)
	if !slices.Equal(ciphers, []string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
		t.Errorf("TLS 1.3 suites %v", ciphers)
	}
	if len(e.Ciphers["TLSv1.2"]) == 0 || e.HSTS != 31536000 {
		t.Errorf("TLS 1.2 suites %v, HSTS %d", e.Ciphers["TLSv1.2"], e.HSTS)
	}
	for _, group := range []string{"X25519MLKEM768", "x25519", "secp256r1", "secp384r1", "secp521r1"} {
		if !slices.Contains(e.Groups, group) {
			t.Errorf("groups %v lack %s", e.Groups, group)
		}
	}
	for name, want := range map[string]bool{"alpn_h2": false, "alpn_http_1_1": true, "post_quantum": true, "session_tickets": true, "server_cipher_order": true,
		"chain_in_order": true, "must_staple": false, "certificate_timestamps": false, "client_certificate": false, "extended_master_secret": true, "lucky13": true} {
		if got, told := e.Features[name]; !told || got != want {
			t.Errorf("%s is %v (told: %v), want %v", name, got, told, want)
		}
	}
	if rules := r.rules(); !slices.Equal(rules, []string{"cipher/cbc"}) {
		t.Errorf("weaknesses %v", rules)
	}
	c := e.Certificate
	if !c.Trusted || !c.NameMatch || c.Key != "ECDSA" || c.Bits != 256 || c.Signature != "ECDSA-SHA256" || c.Serial != "7" {
		t.Errorf("certificate %+v", c)
	}
	steps := all[domain.Advance](r)
	if !slices.IsSortedFunc(steps, func(a, b domain.Advance) int { return a.Percent - b.Percent }) || steps[len(steps)-1].Percent != 100 {
		t.Errorf("progress %v", steps)
	}
}

func TestOldServer(t *testing.T) {
	port := serve(t, &tls.Config{Certificates: []tls.Certificate{leaf(t, rsaKey(), false, nil)},
		MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12,
		CipherSuites: []uint16{tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA}})
	e, r := endpoint(t, port, "127.0.0.1")
	want := []string{"cipher/3des", "cipher/cbc", "cipher/rc4", "key-exchange/no-forward-secrecy", "protocol/no-tlsv1.3", "protocol/tlsv1.0", "protocol/tlsv1.1"}
	if got := r.rules(); !slices.Equal(got, want) {
		t.Errorf("weaknesses %v, want %v", got, want)
	}
	for _, version := range []string{"TLSv1.0", "TLSv1.1", "TLSv1.2"} {
		if len(e.Ciphers[version]) != 3 {
			t.Errorf("%s: %v", version, e.Ciphers[version])
		}
	}
	if e.Grade != "C" {
		t.Errorf("grade %s %q, want C", e.Grade, e.GradeWhy)
	}
}

func TestCertificates(t *testing.T) {
	middle, middleKey := authority("Test Intermediate", root, rootKey)
	issuers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(middle.Raw) }))
	defer issuers.Close()
	under := func(with ...[]byte) tls.Certificate {
		c := leaf(t, ecKey(t), false, nil)
		template, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		template.IssuingCertificateURL = []string{issuers.URL}
		der, err := x509.CreateCertificate(rand.Reader, template, middle, c.PrivateKey.(crypto.Signer).Public(), middleKey)
		if err != nil {
			t.Fatal(err)
		}
		c.Certificate = append([][]byte{der}, with...)
		return c
	}
	tests := []struct {
		name  string
		cert  tls.Certificate
		ask   string
		rules []string
		grade string
	}{
		{"whole chain", under(middle.Raw), "site.test", nil, "A+"},
		{"incomplete chain", under(), "site.test", []string{"certificate/incomplete-chain"}, "B"},
		{"self-signed", leaf(t, ecKey(t), true, nil), "site.test", []string{"certificate/self-signed"}, "T"},
		{"other name", leaf(t, ecKey(t), false, nil), "other.test", []string{"certificate/name-mismatch"}, "M"},
		{"expired", leaf(t, ecKey(t), false, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(-9*day), time.Now().Add(-day) }),
			"site.test", []string{"certificate/expired"}, "T"},
		{"not yet valid", leaf(t, ecKey(t), false, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(day) }),
			"site.test", []string{"certificate/not-yet-valid"}, "T"},
		{"expiring", leaf(t, ecKey(t), false, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(13 * day) }),
			"site.test", []string{"certificate/expiring"}, "A+"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, r := endpoint(t, serve(t, &tls.Config{Certificates: []tls.Certificate{test.cert}}), test.ask)
			want := append(slices.Clone(test.rules), "cipher/cbc") // as in any of crypto/tls's with TLS 1.2
			if got := r.rules(); !slices.Equal(got, want) {
				t.Errorf("weaknesses %v, want %v (%s)", got, want, e.Certificate.Error)
			}
			if e.Grade != test.grade {
				t.Errorf("grade %s %q, want %s", e.Grade, e.GradeWhy, test.grade)
			}
		})
	}
}

// plain answers each connection in its own way.
func plain(t *testing.T, answer func(net.Conn)) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer c.Close()
				answer(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		conns.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port
}

func TestHostileServers(t *testing.T) {
	drip := func(c net.Conn) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for _, b := range []byte("\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03aaaaaaaaaaaaaaaaaaaaaaaaaaaaa") {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			<-tick.C
		}
	}
	endless := func(c net.Conn) { // one message of records without end
		record := append([]byte("\x16\x03\x03\x40\x00"), make([]byte, 0x4000)...)
		copy(record[5:], "\x0b\xff\xff\xff")
		for {
			if _, err := c.Write(record); err != nil {
				return
			}
		}
	}
	tests := map[string]struct {
		answer func(net.Conn)
		want   domain.Outcome
	}{
		"hangs up":        {func(net.Conn) {}, domain.Skipped},
		"garbage":         {func(c net.Conn) { io.CopyN(c, rand.Reader, 1<<20) }, domain.Skipped},
		"plain HTTP":      {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, domain.Skipped},
		"alert":           {func(c net.Conn) { io.WriteString(c, "\x15\x03\x01\x00\x02\x02\x28"); io.Copy(io.Discard, c) }, domain.Refused},
		"silent":          {func(c net.Conn) { io.Copy(io.Discard, c) }, domain.TimedOut},
		"a byte a second": {drip, domain.TimedOut},
		"endless message": {endless, domain.Skipped},
	}
	t.Run("silent to old versions", func(t *testing.T) {
		t.Parallel()
		r, err := scan(t, serve(t, silentTo(t, tls.VersionTLS11, leaf(t, ecKey(t), false, nil))), "site.test")
		if err != nil {
			t.Fatal(err)
		}
		notClean(t, all[domain.TLSEndpoint](r)[0], r)
	})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := scan(t, plain(t, test.answer), "site.test")
			var not *scanners.NotTested
			if !errors.As(err, &not) || not.Outcome != test.want {
				t.Errorf("got %v, want NotTested %s", err, test.want)
			}
			if len(all[domain.TLSEndpoint](r)) > 0 {
				t.Error("an endpoint was reported")
			}
		})
	}
}

// silentTo is a server that answers no hello of this version or an older one.
func silentTo(t *testing.T, version uint16, cert tls.Certificate) *tls.Config {
	own := &tls.Config{Certificates: []tls.Certificate{cert}}
	return &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.Max(h.SupportedVersions) <= version {
			<-t.Context().Done()
		}
		return own, nil
	}}
}

// notClean wants nothing to be said of versions that could not be looked at: no
// letter, no attack that they are safe from, and what has to know all left out.
func notClean(t *testing.T, e domain.TLSEndpoint, r *record) {
	t.Helper()
	if !e.Protocols["TLSv1.3"] || e.Certificate == nil || !e.Certificate.Trusted {
		t.Fatalf("what answers was not looked at: %+v", e)
	}
	if _, told := e.Protocols["TLSv1.0"]; told || e.Grade != "" || len(e.GradeWhy) != 1 || !strings.Contains(e.GradeWhy[0], "protocol TLSv1.0") {
		t.Errorf("grade %q %q, protocols %v", e.Grade, e.GradeWhy, e.Protocols)
	}
	for _, attack := range []string{"beast", "sweet32", "rc4", "lucky13"} {
		if open, told := e.Features[attack]; told && !open {
			t.Errorf("it is said to be safe from %s", attack)
		}
	}
	covered := map[string]domain.Outcome{}
	for _, c := range all[domain.Coverage](r) {
		covered[c.What] = c.Outcome
	}
	if covered["protocol TLSv1.0"] != domain.TimedOut || covered[noForwardSecrecy] != domain.Skipped {
		t.Errorf("coverage %v", covered)
	}
}

func TestNothingListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, err = scan(t, l.Addr().(*net.TCPAddr).Port, "site.test")
	var not *scanners.NotTested
	if !errors.As(err, &not) || not.Outcome != domain.Skipped {
		t.Errorf("got %v, want NotTested skipped", err)
	}
}

// A certificate chain near the largest that is read.
func TestHugeChain(t *testing.T) {
	cert := leaf(t, ecKey(t), false, func(c *x509.Certificate) {
		for i := range 3000 {
			c.DNSNames = append(c.DNSNames, strings.Repeat("a", i%50+1)+".example.com")
		}
	})
	e, _ := endpoint(t, serve(t, &tls.Config{Certificates: []tls.Certificate{cert}}), "site.test")
	if len(e.Certificate.Names) != 3002 {
		t.Errorf("%d names, want 3002", len(e.Certificate.Names))
	}
}

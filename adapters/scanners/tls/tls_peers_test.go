//go:build peers

package tls

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
)

// set is a server and how it is set.
type set struct {
	name    string
	cert    tls.Certificate
	openssl []string // flags of s_server
	nginx   string   // directives, for nginx instead
	second  *tls.Certificate
}

// sets are 22 ways to set OpenSSL and nginx, the best and the worst.
func sets(t *testing.T) []set {
	ec, rsa2048 := leaf(t, ecKey(t), false, nil), leaf(t, rsaKey(), false, nil)
	of := func(bits int) tls.Certificate {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		return leaf(t, key, false, nil)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	middle, middleKey := authority("Test Intermediate", root, rootKey)
	under := func(with ...[]byte) tls.Certificate {
		template := leafOf(t, ec)
		der, err := x509.CreateCertificate(rand.Reader, template, middle, template.PublicKey, middleKey)
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: append([][]byte{der}, with...), PrivateKey: ec.PrivateKey}
	}
	dates := func(from, to time.Duration) tls.Certificate {
		return leaf(t, ecKey(t), false, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(from), time.Now().Add(to) })
	}
	other := leaf(t, ecKey(t), false, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"other.test"}, nil })
	const worst = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
	return []set{
		{name: "OpenSSL as it comes, RSA", cert: rsa2048},
		{name: "OpenSSL as it comes, ECDSA", cert: ec},
		{name: "everything that OpenSSL has", cert: rsa2048, second: &ec, openssl: []string{"-cipher", worst, "-min_protocol", "TLSv1"}},
		{name: "level 1, TLS 1.2", cert: rsa2048, openssl: []string{"-tls1_2", "-cipher", "DEFAULT:@SECLEVEL=1"}},
		{name: "level 3", cert: ec, openssl: []string{"-cipher", "DEFAULT:@SECLEVEL=3"}},
		{name: "TLS 1.3 alone", cert: ec, openssl: []string{"-tls1_3", "-groups", "P-256:P-384"}},
		{name: "TLS 1.1 alone", cert: rsa2048, openssl: []string{"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}},
		{name: "TLS 1.0 alone", cert: rsa2048, openssl: []string{"-tls1", "-cipher", "ALL:@SECLEVEL=0"}},
		{name: "primes of 1024 bits", cert: rsa2048, openssl: []string{"-tls1_2", "-dhparam", primes(t), "-cipher", "DHE:!aNULL:@SECLEVEL=0"}},
		{name: "no encryption and nobody's", cert: rsa2048, openssl: []string{"-tls1_2", "-cipher", "eNULL:aNULL:@SECLEVEL=0"}},
		{name: "own order, renegotiation", cert: rsa2048, openssl: []string{"-serverpref", "-client_renegotiation", "-cipher", "AES128-SHA:AES256-SHA:AES128-GCM-SHA256", "-tls1_2"}},
		{name: "RSA 1024", cert: of(1024), openssl: []string{"-cipher", "ALL:@SECLEVEL=0"}},
		{name: "RSA 4096", cert: of(4096)},
		{name: "Ed25519", cert: leaf(t, ed, false, nil)},
		{name: "a whole chain", cert: under(middle.Raw)},
		{name: "a chain that lacks its middle", cert: under()},
		{name: "expired", cert: dates(-9*day, -day)},
		{name: "of another name", cert: other},
		{name: "signed by itself", cert: leaf(t, ecKey(t), true, nil)},
		{name: "a client certificate is wanted", cert: rsa2048, openssl: []string{"-Verify", "1"}},
		{name: "nginx, modern", cert: ec, nginx: "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM; ssl_prefer_server_ciphers on;"},
		{name: "nginx, old", cert: rsa2048, nginx: "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:!aNULL:!eNULL:@SECLEVEL=0;"},
		{name: "nginx, CBC alone", cert: rsa2048, nginx: "ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA:AES256-SHA256:ECDHE-RSA-AES128-SHA;"},
	}
}

func primes(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dh.pem")
	if out, err := exec.Command("openssl", "dhparam", "-dsaparam", "-out", path, "1024").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// serve starts the server until the test ends.
func (s set) serve(t *testing.T) int {
	t.Helper()
	port := freePort(t)
	cert, key := files(t, s.cert)
	whole := []byte{}
	for _, der := range s.cert.Certificate {
		whole = append(whole, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	chain := filepath.Join(t.TempDir(), "chain.pem")
	if err := os.WriteFile(chain, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if s.nginx != "" {
		config := filepath.Join(t.TempDir(), "nginx.conf")
		text := fmt.Sprintf(`daemon off; master_process off; pid %s.pid; error_log /dev/null; events { worker_connections 512; }
http { access_log off; server { listen 127.0.0.1:%d ssl; ssl_certificate %s; ssl_certificate_key %s; %s location / { return 204; } } }`,
			config, port, chain, key, s.nginx)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		start(t, port, "nginx", "-c", config, "-p", t.TempDir())
		return port
	}
	flags := []string{"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-quiet", "-www", "-cert", cert, "-cert_chain", chain, "-key", key}
	if s.second != nil {
		dcert, dkey := files(t, *s.second)
		flags = append(flags, "-dcert", dcert, "-dkey", dkey)
	}
	start(t, port, "openssl", append(flags, s.openssl...)...)
	return port
}

// TestPeersTLS sets us beside SSLyze: the same facts, in a fifth of its time.
func TestPeersTLS(t *testing.T) {
	table := peers.New(t, "SSLyze 6.3.1", sslyzeWhy)
	var ours, theirs, ratios []float64
	for _, s := range sets(t) {
		port := s.serve(t)
		f := ourFacts(t, port)
		other := sslyzeFacts(t, port, f.says["sha256"])
		f.compare(table, s.name, other)
		if other.blind {
			continue
		}
		fmt.Printf("tls/time %s: ours %.3f s, SSLyze %.2f s\n", s.name, f.took.Seconds(), other.took.Seconds())
		ours, theirs = append(ours, f.took.Seconds()), append(theirs, other.took.Seconds())
		ratios = append(ratios, f.took.Seconds()/other.took.Seconds())
	}
	table.Ratio("tls/time", sum(ours), sum(theirs), "s", 0, 0.2)
	slices.Sort(ratios)
	table.Ratio("tls/time-median", ratios[len(ratios)/2], 1, "of SSLyze's", 0, 0.2)
}

// TestPeersTLSScript sets us beside testssl.sh, which takes some minutes for
// each of the worst.
func TestPeersTLSScript(t *testing.T) {
	table := peers.New(t, "testssl.sh 3.0.8", testsslWhy)
	for _, s := range sets(t) {
		t.Run(s.name, func(t *testing.T) {
			port := s.serve(t)
			f := ourFacts(t, port)
			f.compare(table, s.name, testsslFacts(t, port))
		})
	}
}

func sum(all []float64) (total float64) {
	for _, one := range all {
		total += one
	}
	return total
}

// The reasons for which we differ, each for several sets.
const (
	oneVersion = "a downgrade needs a lower version that is offered; with one alone there is nothing to test, and that is what we say"
	camellia   = "SSLyze knows no anonymous suites with Camellia and SHA-256; OpenSSL's own list and testssl.sh have them"
	noSession  = "a session is made with RSA or ECDHE and encryption; with other suites alone we say that it is not tested"
	breaksOff  = "testssl.sh 3.0.8 breaks off with a syntax error over an Ed25519 key when it is given a root to trust; without one it lists the same suites"
	noClient   = "a session with this server takes a client's certificate; without one we say that it is not tested"
	oldClient  = "testssl.sh asks by this machine's openssl, which refuses such a server, and takes that for a no; SSLyze says what we say"
	edwards    = "SSLyze offers no Ed25519 signatures before TLS 1.3; OpenSSL negotiates them with TLS 1.2"
)

// sslyzeWhy says why we differ where we do from SSLyze.
var sslyzeWhy = map[string]string{
	"everything that OpenSSL has: cipher suites": camellia,
	"RSA 1024: cipher suites":                    camellia,
	"Ed25519: cipher suites":                     edwards,
	"Ed25519: key":                               "SSLyze gives no size for Ed25519",
	"of another name: trusted":                   "SSLyze's trust includes the name, which stands for itself here",
	"level 1, TLS 1.2: fallback_scsv":            oneVersion,
	"TLS 1.3 alone: fallback_scsv":               oneVersion,
	"TLS 1.1 alone: fallback_scsv":               oneVersion,
	"TLS 1.0 alone: fallback_scsv":               oneVersion,
	"primes of 1024 bits: fallback_scsv":         oneVersion,
	"own order, renegotiation: fallback_scsv":    oneVersion,
	"nginx, CBC alone: fallback_scsv":            oneVersion,
	"primes of 1024 bits: client_renegotiation":  noSession,
	"no encryption and nobody's: a connection":   "SSLyze gives up on a server that has only suites without encryption or authentication",
}

// testsslWhy says why we differ where we do from testssl.sh.
var testsslWhy = map[string]string{
	"primes of 1024 bits: client_renegotiation":            noSession,
	"primes of 1024 bits: ticketbleed":                     noSession,
	"no encryption and nobody's: client_renegotiation":     noSession,
	"no encryption and nobody's: secure_renegotiation":     oldClient,
	"no encryption and nobody's: ticketbleed":              noSession,
	"Ed25519: cipher suites":                               breaksOff,
	"a client certificate is wanted: client_renegotiation": noClient,
	"a client certificate is wanted: ticketbleed":          noClient,
	"TLS 1.1 alone: secure_renegotiation":                  oldClient,
	"TLS 1.0 alone: secure_renegotiation":                  oldClient,
}

package tls

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// start runs a server program until the test ends, and waits for its port.
func start(t *testing.T, port int, command string, args ...string) {
	t.Helper()
	server := exec.Command(command, args...)
	server.Dir = t.TempDir()
	in, err := server.StdinPipe() // s_server ends with its standard input
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	t.Cleanup(func() {
		in.Close()
		server.Process.Kill()
		<-ended
	})
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s ended: %v", command, err)
		case <-deadline:
			t.Fatalf("%s does not listen", command)
		case <-tick.C:
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// files writes a certificate with its key, and returns their paths.
func files(t *testing.T, c tls.Certificate) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey.(crypto.Signer))
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// ofOpenSSL are the suites that this OpenSSL can negotiate in a version with
// RSA and ECDSA certificates and without any, by IANA's names.
func ofOpenSSL(t *testing.T, version, list string) []string {
	t.Helper()
	out, err := exec.Command("openssl", "ciphers", "-s", "-stdname", "-v", version, list).Output()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if slices.Contains([]string{"Au=RSA", "Au=ECDSA", "Au=None", "Au=any"}, f[5]) && !strings.Contains(line, "PSK") && !strings.Contains(line, "SRP") {
			names = append(names, f[0])
		}
	}
	slices.Sort(names)
	return names
}

func TestOpenSSLWithEverything(t *testing.T) {
	const list = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
	rsaCert, rsaFile := files(t, leaf(t, rsaKey(), false, nil))
	ecCert, ecFile := files(t, leaf(t, ecKey(t), false, nil))
	port := freePort(t)
	start(t, port, "openssl", "s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-quiet", "-www",
		"-cert", rsaCert, "-key", rsaFile, "-dcert", ecCert, "-dkey", ecFile,
		"-cipher", list, "-min_protocol", "TLSv1", "-ciphersuites",
		"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256")
	e, r := endpoint(t, port, "site.test")
	for version, flag := range map[string]string{"TLSv1.0": "-tls1", "TLSv1.1": "-tls1_1", "TLSv1.2": "-tls1_2"} {
		got := slices.Sorted(slices.Values(e.Ciphers[version]))
		if want := ofOpenSSL(t, flag, list); !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", version, got, want)
		}
	}
	if len(e.Ciphers["TLSv1.3"]) != 5 || e.Protocols["SSLv3"] {
		t.Errorf("TLS 1.3 suites %v, SSL 3 %v", e.Ciphers["TLSv1.3"], e.Protocols["SSLv3"])
	}
	for _, rule := range []string{"cipher/anonymous", "cipher/null", "protocol/tlsv1.0", "protocol/tlsv1.1", "key-exchange/no-post-quantum"} {
		if !slices.Contains(r.rules(), rule) {
			t.Errorf("weaknesses %v lack %s", r.rules(), rule)
		}
	}
	if e.Grade != "F" || !e.Features["secure_renegotiation"] || !e.Features["fallback_scsv"] || e.Features["compression"] || e.DHBits < 1024 {
		t.Errorf("grade %s, features %v, prime of %d bits", e.Grade, e.Features, e.DHBits)
	}
}

func TestOpenSSLWithTLS13Alone(t *testing.T) {
	cert, key := files(t, leaf(t, ecKey(t), false, nil))
	port := freePort(t)
	start(t, port, "openssl", "s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-quiet", "-www",
		"-cert", cert, "-key", key, "-tls1_3", "-groups", "P-256:P-384")
	e, _ := endpoint(t, port, "site.test")
	if want := []string{"secp256r1", "secp384r1"}; !slices.Equal(e.Groups, want) {
		t.Errorf("groups %v, want %v", e.Groups, want)
	}
	if !e.Protocols["TLSv1.3"] || e.Protocols["TLSv1.2"] || e.Certificate == nil || !e.Certificate.Trusted {
		t.Errorf("protocols %v, certificate %+v", e.Protocols, e.Certificate)
	}
	if e.Grade != "A" {
		t.Errorf("grade %s %q, want A", e.Grade, e.GradeWhy)
	}
}

// The order of suites is the server's where it has one; and a client may make
// OpenSSL renegotiate where it is told to let it, in every version.
func TestOpenSSLAsItIsTold(t *testing.T) {
	const list = "AES128-SHA:AES256-SHA:CAMELLIA128-SHA:CAMELLIA256-SHA:ARIA128-GCM-SHA256:@SECLEVEL=0"
	cert, key := files(t, leaf(t, rsaKey(), false, nil))
	tests := map[string]struct {
		flags       []string
		own, renews bool
	}{
		"own order, no renegotiation":       {[]string{"-serverpref", "-tls1_2"}, true, false},
		"client's order, renegotiation":     {[]string{"-client_renegotiation", "-tls1_2"}, false, true},
		"TLS 1.1, own order, renegotiation": {[]string{"-serverpref", "-client_renegotiation", "-tls1_1"}, true, true},
		"TLS 1.0, renegotiation":            {[]string{"-client_renegotiation", "-tls1"}, false, true},
		"TLS 1.0, no renegotiation":         {[]string{"-no_renegotiation", "-tls1"}, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			start(t, port, "openssl", append([]string{"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-quiet", "-www",
				"-cert", cert, "-key", key, "-cipher", list}, test.flags...)...)
			r, err := scan(t, port, "site.test")
			if err != nil {
				t.Fatal(err)
			}
			e := all[domain.TLSEndpoint](r)[0]
			if e.Features["server_cipher_order"] != test.own || e.Features["client_renegotiation"] != test.renews {
				t.Errorf("features %v", e.Features)
			}
			if found := e.Ciphers["TLSv1.2"]; len(found) > 0 && test.own && !slices.Equal(found, []string{"TLS_RSA_WITH_AES_128_CBC_SHA",
				"TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA", "TLS_RSA_WITH_ARIA_128_GCM_SHA256"}) {
				t.Errorf("suites in the order %v", found)
			}
			r.told(t, e, true)
			for _, name := range []string{"heartbleed", "ccs_injection", "robot", "ticketbleed", "poodle_tls", "golden_doodle", "zombie_poodle", "zero_length_oracle"} {
				if e.Features[name] {
					t.Errorf("open to %s", name)
				}
			}
		})
	}
}

// A server whose key Go refuses: the chain is read from our own handshake.
func TestOpenSSLWithSmallKey(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	out, err := exec.Command("openssl", "req", "-x509", "-newkey", "rsa:768", "-nodes", "-sha1", "-days", "90", "-subj", "/CN=site.test",
		"-addext", "subjectAltName=DNS:site.test", "-keyout", key, "-out", cert).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	port := freePort(t)
	start(t, port, "openssl", "s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-quiet", "-www",
		"-cert", cert, "-key", key, "-tls1_2", "-cipher", "ALL:@SECLEVEL=0")
	r, err := scan(t, port, "site.test")
	if err != nil {
		t.Fatal(err)
	}
	e := all[domain.TLSEndpoint](r)[0]
	if e.Certificate == nil || e.Certificate.Bits != 768 || e.Grade != "F" {
		t.Errorf("certificate %+v, grade %s %q", e.Certificate, e.Grade, e.GradeWhy)
	}
	if !slices.Contains(r.rules(), "certificate/weak-key") || !slices.Contains(r.rules(), "certificate/self-signed") {
		t.Errorf("weaknesses %v", r.rules())
	}
}

func TestNginx(t *testing.T) {
	cert, key := files(t, leaf(t, rsaKey(), false, nil))
	tests := []struct {
		name, protocols, ciphers, more string
		grade                          string
		offered                        []string
	}{
		{"modern", "TLSv1.2 TLSv1.3", "ECDHE+AESGCM", `add_header Strict-Transport-Security "max-age=63072000";`, "A+", []string{"TLSv1.2", "TLSv1.3"}},
		{"without HSTS", "TLSv1.2 TLSv1.3", "ECDHE+AESGCM", "", "A", []string{"TLSv1.2", "TLSv1.3"}},
		{"TLS 1.2 alone", "TLSv1.2", "ECDHE+AESGCM", "", "A-", []string{"TLSv1.2"}},
		{"no forward secrecy", "TLSv1.2", "AES128-GCM-SHA256:AES128-SHA", "", "B", []string{"TLSv1.2"}},
		{"old", "TLSv1 TLSv1.1 TLSv1.2", "ALL:!aNULL:!eNULL:@SECLEVEL=0", "", "B", []string{"TLSv1.0", "TLSv1.1", "TLSv1.2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			port := freePort(t)
			config := filepath.Join(t.TempDir(), "nginx.conf")
			text := fmt.Sprintf(`daemon off; master_process off; pid %s.pid; error_log /dev/null;
events { worker_connections 64; }
http { access_log off; server { listen 127.0.0.1:%d ssl; ssl_certificate %s; ssl_certificate_key %s;
ssl_protocols %s; ssl_ciphers %s; %s location / { return 204; } } }`, config, port, cert, key, test.protocols, test.ciphers, test.more)
			if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			start(t, port, "nginx", "-c", config, "-p", t.TempDir())
			e, _ := endpoint(t, port, "site.test")
			if e.Grade != test.grade {
				t.Errorf("grade %s %q, want %s", e.Grade, e.GradeWhy, test.grade)
			}
			for _, v := range versions {
				if want := slices.Contains(test.offered, v.name); e.Protocols[v.name] != want {
					t.Errorf("%s: offered %v, want %v", v.name, e.Protocols[v.name], want)
				}
			}
		})
	}
}

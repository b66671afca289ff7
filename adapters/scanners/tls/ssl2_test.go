package tls

import (
	"bytes"
	"io"
	"net"
	"slices"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// A server of SSL 2 alone, with two kinds of ciphers.
func TestSSL2(t *testing.T) {
	cert := leaf(t, rsaKey(), false, nil).Certificate[0]
	answer := slices.Concat([]byte{4, 0, 1}, words(ssl20, uint16(len(cert)), 6, 16), cert, []byte{1, 0, 0x80, 6, 0, 0x40}, make([]byte, 16))
	whole := append(words(0x8000|uint16(len(answer))), answer...)
	port := plain(t, func(c net.Conn) {
		head := make([]byte, 3)
		if _, err := io.ReadFull(c, head); err == nil && head[0]&0x80 != 0 && head[2] == 1 {
			c.Write(whole)
		}
	})
	r, err := scan(t, port, "site.test")
	if err != nil {
		t.Fatal(err)
	}
	e := all[domain.TLSEndpoint](r)[0]
	want := []string{"SSL_CK_RC4_128_WITH_MD5", "SSL_CK_DES_64_CBC_WITH_MD5"}
	if !e.Protocols["SSLv2"] || !slices.Equal(e.Ciphers["SSLv2"], want) || !e.Features["drown"] {
		t.Errorf("protocols %v, ciphers %v, features %v", e.Protocols, e.Ciphers, e.Features)
	}
	if e.Grade != "F" || !slices.Contains(r.rules(), "protocol/sslv2") || e.Certificate == nil || !e.Certificate.NameMatch {
		t.Errorf("grade %s %q, weaknesses %v, certificate %+v", e.Grade, e.GradeWhy, r.rules(), e.Certificate)
	}
	for name, broken := range map[string][]byte{
		"cut off": whole[:40], "no hello": append(words(0x8003), 9, 9, 9), "another version": append(words(0x800b), 4, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0),
		"an alert of TLS": []byte("\x15\x03\x01\x00\x02\x02\x28"), "a certificate that is not there": append(words(0x800b), 4, 0, 1, 0, 2, 9, 9, 0, 0, 0, 0),
	} {
		if got, err := readSSL2(bytes.NewReader(broken)); err == nil {
			t.Errorf("%s is read as %+v", name, got)
		}
	}
}

func FuzzSSL2(f *testing.F) {
	f.Add([]byte("\x80\x0b\x04\x00\x01\x00\x02\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if got, err := readSSL2(bytes.NewReader(in)); err == nil && len(got.kinds) > len(in) {
			t.Errorf("%d kinds of ciphers in %d bytes", len(got.kinds), len(in))
		}
	})
}

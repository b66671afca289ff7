package tls

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// flightOf puts a handshake message into a record.
func flightOf(kind byte, body string) string {
	message := append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
	return string(append([]byte{22, 3, 3, byte(len(message) >> 8), byte(len(message))}, message...))
}

var (
	hello12 = flightOf(serverHello, "\x03\x03"+strings.Repeat("r", 32)+"\x00\xc0\x2f\x00\x00\x05\xff\x01\x00\x01\x00")
	retry13 = flightOf(serverHello, "\x03\x03"+string(helloRetry)+"\x00\x13\x01\x00\x00\x0c\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x02\x11\xec")
)

func TestReadReply(t *testing.T) {
	tests := []struct {
		name, in string
		want     reply
		err      error
	}{
		{"TLS 1.2", hello12 + flightOf(certificate, "\x00\x00\x06\x00\x00\x03abc") + flightOf(serverKeyExchange, "\x03\x00\x1d\x01k") + flightOf(serverHelloDone, ""),
			reply{version: tls12, suite: 0xc02f, group: x25519, chain: [][]byte{[]byte("abc")}}, nil},
		{"breaks off", hello12, reply{version: tls12, suite: 0xc02f}, nil},
		{"retry", retry13, reply{version: tls13, suite: 0x1301, group: mlkem, retry: true}, nil},
		{"DHE", strings.Replace(hello12, "\xc0\x2f", "\x00\x9e", 1) + flightOf(serverKeyExchange, "\x00\x03\x00\x0f\x01\x00\x01\x02"),
			reply{version: tls12, suite: 0x9e, dhBits: 12}, nil},
		{"alert", "\x15\x03\x01\x00\x02\x02\x46", reply{}, protocolVersion},
		{"warning first", "\x15\x03\x01\x00\x02\x01\x70" + hello12, reply{version: tls12, suite: 0xc02f}, nil},
		{"nothing", "", reply{}, io.EOF},
		{"HTTP", "HTTP/1.1 400 Bad Request\r\n", reply{}, errNotTLS},
		{"short greeting", "+OK", reply{}, errNotTLS},
		{"certificate before hello", flightOf(certificate, "\x00\x00\x00"), reply{}, errMalformed},
		{"short hello", flightOf(serverHello, "\x03\x03abc"), reply{}, errMalformed},
		{"endless message", "\x16\x03\x03\x00\x04\x0b\xff\xff\xff", reply{}, errMalformed},
	}
	for _, test := range tests {
		got, err := readReply(strings.NewReader(test.in))
		if !errors.Is(err, test.err) {
			t.Errorf("%s: error %v, want %v", test.name, err, test.err)
			continue
		}
		if err != nil {
			continue
		}
		got.extensions = nil
		if got.version != test.want.version || got.suite != test.want.suite || got.group != test.want.group || got.retry != test.want.retry ||
			got.dhBits != test.want.dhBits || !slices.EqualFunc(got.chain, test.want.chain, bytes.Equal) {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

func FuzzReadReply(f *testing.F) {
	f.Add([]byte(hello12 + flightOf(certificate, "\x00\x00\x06\x00\x00\x03abc") + flightOf(serverHelloDone, "")))
	f.Add([]byte(retry13))
	f.Add([]byte("\x15\x03\x01\x00\x02\x02\x46"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := readReply(bytes.NewReader(in))
		if err == nil && (r.version < ssl30 || r.version > tls13) {
			t.Errorf("version %#x without an error", r.version)
		}
		size := 0
		for _, der := range r.chain {
			size += len(der)
		}
		if size > len(in) {
			t.Errorf("%d bytes of certificates from %d", size, len(in))
		}
	})
}

func TestHelloRecord(t *testing.T) {
	for _, v := range versions {
		for _, suites := range [][]uint16{{0x2f}, candidates(v.wire)[0]} {
			for _, extras := range []bool{false, true} {
				h := hello{version: v.wire, suites: suites, groups: groupsFor(v.wire), name: "site.test", extras: extras}
				record := h.record()
				if got := int(binary.BigEndian.Uint16(record[3:])); got != len(record)-5 {
					t.Errorf("%s: length %d in a record of %d", v.name, got, len(record)-5)
				}
				if n := len(record) - 5; v.wire != ssl30 && n > 255 && n < 512 {
					t.Errorf("%s: a hello of %d bytes", v.name, n)
				}
			}
		}
	}
}

func TestSuites(t *testing.T) {
	if n := len(suiteNumbers); n < 340 {
		t.Errorf("%d suites", n)
	}
	tests := []struct {
		name                                          suite
		bits                                          int
		forward, aead, anonymous, shortBlock, needs12 bool
	}{
		{"TLS_RSA_WITH_NULL_SHA", 0, false, false, false, false, false},
		{"TLS_RSA_EXPORT_WITH_RC4_40_MD5", 40, false, false, false, false, false},
		{"TLS_RSA_WITH_3DES_EDE_CBC_SHA", 112, false, false, false, true, false},
		{"TLS_DHE_RSA_WITH_DES_CBC_SHA", 56, true, false, false, true, false},
		{"TLS_DH_anon_WITH_AES_128_CBC_SHA", 128, true, false, true, false, false},
		{"TLS_RSA_WITH_RC4_128_SHA", 128, false, false, false, false, false},
		{"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 256, true, true, false, false, true},
		{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 256, true, true, false, false, true},
		{"TLS_RSA_WITH_AES_128_CBC_SHA256", 128, false, false, false, false, true},
		{"TLS_AES_128_GCM_SHA256", 128, true, true, false, false, true},
		{"TLS_SHA256_SHA256", 0, true, false, false, false, true},
		{"TLS_ECDH_RSA_WITH_AES_128_CBC_SHA", 128, false, false, false, false, false},
	}
	for _, test := range tests {
		s := test.name
		if !slices.ContainsFunc(suiteNumbers, func(n uint16) bool { return suiteOf(n) == s }) {
			t.Errorf("%s is missing", s)
		}
		if s.bits() != test.bits || s.forward() != test.forward || s.aead() != test.aead || s.anonymous() != test.anonymous ||
			s.shortBlock() != test.shortBlock || s.needsTLS12() != test.needs12 {
			t.Errorf("%s: %d bits, forward %v, aead %v, anonymous %v, short %v, 1.2 %v", s, s.bits(), s.forward(), s.aead(), s.anonymous(), s.shortBlock(), s.needsTLS12())
		}
	}
}

package web

import (
	"net/netip"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when tests leave goroutines behind. The one that fasthttp lets
// sleep on is its own.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// FuzzClientOf reads any X-Forwarded-For: an untrusted peer is the client
// whatever it says, and behind a trusted one it is the last address, where that
// is no proxy's.
func FuzzClientOf(f *testing.F) {
	for _, seed := range []string{"", "203.0.113.9", "1.2.3.4, 10.0.0.1", "[2001:db8::1]:80,::ffff:10.0.0.1", ",,,", "unknown", "fe80::1%eth0", "0x7f.1", "\xff"} {
		f.Add(seed)
	}
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	proxy, stranger := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("192.0.2.1")
	f.Fuzz(func(t *testing.T, header string) {
		lines := [][]byte{[]byte(header), []byte(header)}
		if got := clientOf(stranger, lines, trusted); got != stranger {
			t.Errorf("%q makes a stranger %s", header, got)
		}
		got := clientOf(proxy, lines, trusted)
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Errorf("%q comes from %#v", header, got)
		}
		last := strings.TrimSpace(header[strings.LastIndexByte(header, ',')+1:])
		if a, ok := parseHop(last); ok && !trusted[0].Contains(a) && got != a {
			t.Errorf("%q comes from %s, want its last address", header, got)
		}
	})
}

// TestAddressBlock has one name for all addresses of a network.
func TestAddressBlock(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "2001:db8:1:2::": "2001:db8:1:2::", "fe80::1%eth0": "fe80::", "::": "::",
	} {
		if got := AddressBlock(netip.MustParseAddr(address)).String(); got != want {
			t.Errorf("%s is of %s, want %s", address, got, want)
		}
	}
	if a := AddressBlock(netip.Addr{}); a.IsValid() {
		t.Errorf("no address is of %s", a)
	}
}

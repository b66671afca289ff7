package scanners_test

import (
	"net/url"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
)

func urlOf(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestReadBlocklist(t *testing.T) {
	b, err := scanners.ReadBlocklist([]byte("\n# all\nEvil.example # one\n127.0.0.1\tbad.example\n*.wild.example\nhttps://half.example\n192.0.2.7\n"))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"https://evil.example/a": true, "http://www.EVIL.example.:81/": true, "http://bad.example": true, "http://a.wild.example": true,
		"http://half.example/": true, "http://half.example/other": false, "http://192.0.2.7/": true, "http://notevil.example/": false, "http://example/": false,
	} {
		if got := b.Lists(urlOf(t, address)); got != want {
			t.Errorf("%s is listed: %v", address, got)
		}
	}
	for _, raw := range []string{"two words", "http://", "10.0.0.1 evil.example", "a b c", "-", "://"} {
		if _, err := scanners.ReadBlocklist([]byte(raw)); err == nil {
			t.Errorf("%q is a line", raw)
		}
	}
}

func FuzzReadBlocklist(f *testing.F) {
	f.Add([]byte("0.0.0.0 evil.example\nhttps://a.test/b?c\n#"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if b, err := scanners.ReadBlocklist(raw); err == nil {
			b.Lists(urlOf(t, "https://www.a.test/b?c"))
		}
	})
}

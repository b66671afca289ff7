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

// TestBlocklistSpellings finds a URL that is listed however either of the two is
// written.
func TestBlocklistSpellings(t *testing.T) {
	for _, line := range []string{"https://bäd.example/x/y?q=ä%2fb", "http://XN--BD-VIA.example.:80/%78/z/../y?%71=%C3%A4%2F%62", "https://xn--bd-via.example:443/x/y?q=%c3%a4%2Fb#f"} {
		b, err := scanners.ReadBlocklist([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		for address, want := range map[string]bool{
			"https://xn--bd-via.example/x/y?q=%C3%A4%2Fb": true, "http://xn--bd-via.EXAMPLE.:80/x/%79?q=%c3%a4%2fb#g": true, "https://xn--bd-via.example:443/%78/y?q=%C3%A4%2F%62": true,
			"https://xn--bd-via.example/%2e/x/z/%2E%2e/y?q=%C3%A4%2Fb": true, "https://xn--bd-via.example/x%2f../y?q=%C3%A4%2Fb": false, "https://xn--bd-via.example//x/y?q=%C3%A4%2Fb": false,
			"https://xn--bd-via.example:80/x/y?q=%C3%A4%2Fb": false, "https://xn--bd-via.example/x/y?q=%C3%A4/b": false, "https://xn--bd-via.example/X/y?q=%C3%A4%2Fb": false,
		} {
			if got := b.Lists(urlOf(t, address)); got != want {
				t.Errorf("by %s, %s is listed: %v", line, address, got)
			}
		}
	}
}

// TestBlocklistOfHosts reads a hosts file as it is published, with the machine's own
// names before those that are harmful.
func TestBlocklistOfHosts(t *testing.T) {
	b, err := scanners.ReadBlocklist([]byte("\ufeff# Title: hosts\r\n127.0.0.1 localhost\r\n127.0.0.1 localhost.localdomain\n127.0.0.1 local\n255.255.255.255 broadcasthost\n" +
		"::1 localhost\n::1 ip6-loopback\nfe80::1%lo0 localhost\nff00::0 ip6-mcastprefix\nff02::1 ip6-allnodes\n0.0.0.0 0.0.0.0\n\n0.0.0.0 _ads.Evil.example # one\n:: six.example\n"))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"http://localhost:3000/": false, "http://localhost.localdomain/": false, "http://_ads.evil.example/": true, "http://evil.example/": false, "http://six.example/": true, "http://0.0.0.0/": true,
	} {
		if got := b.Lists(urlOf(t, address)); got != want {
			t.Errorf("%s is listed: %v", address, got)
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

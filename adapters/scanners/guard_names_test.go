package scanners

import (
	"net/netip"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestCheckName has names that are looked up and not reached.
func TestCheckName(t *testing.T) {
	open := NewGuard(Policy{Allow: prefixes("10.0.0.0/8")})
	for name, c := range map[string]struct{ public, allowed bool }{
		"example.com": {true, true}, "whitehouse.gov": {true, true}, "localhost.example.com": {true, true}, "nothing.example": {true, true},
		"a.localhost": {false, true}, "printer.local": {false, true}, "metadata.google.internal": {false, true}, "nas.home.arpa": {false, true}, "a.localdomain": {false, true},
		"abc.onion": {false, false}, "a.invalid": {false, false},
	} {
		for _, g := range []struct {
			*Guard
			may bool
		}{{NewGuard(Policy{}), c.public}, {open, c.allowed}} {
			if g.PublicName(name) != c.public {
				t.Errorf("%s is public: %v", name, !c.public)
			}
			if err := g.CheckName(name); (err == nil) != g.may || err != nil && domain.CodeOf(err) != domain.Forbidden {
				t.Errorf("%s: %v, want it to be open = %v", name, err, g.may)
			}
		}
	}
}

func TestShows(t *testing.T) {
	guard := NewGuard(Policy{Allow: prefixes("10.1.0.0/16")})
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "2606:2800:220:1::1": true, "192.0.2.1": true, "2001:db8::1": true, "10.1.2.3": true,
		"10.2.0.1": false, "127.0.0.1": false, "169.254.169.254": false, "100.64.0.1": false, "fd00::1": false, "::1": false, "::ffff:10.2.0.1": false,
	} {
		if got := guard.Shows(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is shown: %v", addr, got)
		}
	}
}

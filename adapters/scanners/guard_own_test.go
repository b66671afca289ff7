package scanners

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestOwnServices(t *testing.T) {
	listener := listen(t, "127.0.0.2:0")
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	loopback := prefixes("127.0.0.0/8", "::1/128")
	for own, open := range map[string]bool{
		"127.0.0.2:" + port: false, "0.0.0.0:" + port: false, "[::]:" + port: false, "[::ffff:127.0.0.2]:" + port: false,
		"127.0.0.1:" + port: true, "127.0.0.2:1": true, "0.0.0.0:1": true,
	} {
		guard := NewGuard(Policy{Allow: loopback, Own: []netip.AddrPort{netip.MustParseAddrPort(own)}})
		conn, err := guard.Session().DialContext(context.Background(), "tcp", "127.0.0.2:"+port)
		if (err == nil) != open || err != nil && domain.CodeOf(err) != domain.Forbidden {
			t.Errorf("with %s as its own: %v, want open = %v", own, err, open)
		}
		if err == nil {
			conn.Close()
		}
		target, err := domain.ParseURL("http://127.0.0.2:" + port)
		if err != nil {
			t.Fatal(err)
		}
		if err := guard.Check(context.Background(), target); (err == nil) != open {
			t.Errorf("with %s as its own, Check says %v, want open = %v", own, err, open)
		}
	}
	public := NewGuard(Policy{Own: []netip.AddrPort{netip.MustParseAddrPort("8.8.8.8:443")}})
	for s, want := range map[string]bool{"8.8.8.8:443": true, "[64:ff9b::808:808]:443": true, "[::ffff:8.8.8.8]:443": true, "8.8.8.8:80": false, "8.8.4.4:443": false} {
		if got := public.own(netip.MustParseAddrPort(s)); got != want {
			t.Errorf("own(%s) = %v, want %v", s, got, want)
		}
	}
}

// TestOwnOnEveryInterface takes a wildcard listener for one on every address
// of the machine.
func TestOwnOnEveryInterface(t *testing.T) {
	guard := NewGuard(Policy{Own: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:8080")}})
	nets, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nets {
		addr := netip.MustParsePrefix(n.String()).Addr()
		if !guard.own(netip.AddrPortFrom(addr, 8080)) || guard.own(netip.AddrPortFrom(addr, 8081)) {
			t.Errorf("%s is an address of this machine", addr)
		}
	}
	if guard.own(netip.MustParseAddrPort("8.8.8.8:8080")) {
		t.Error("8.8.8.8 is no address of this machine")
	}
}

// TestPublicAddressOfThisMachine has the interfaces of a machine with public
// addresses.
func TestPublicAddressOfThisMachine(t *testing.T) {
	here := func() ([]net.Addr, error) {
		return []net.Addr{
			&net.IPNet{IP: net.IPv4(8, 8, 8, 8), Mask: net.CIDRMask(24, 32)},
			&net.IPNet{IP: net.ParseIP("2606:4700::1"), Mask: net.CIDRMask(64, 128)},
		}, nil
	}
	unknown := func() ([]net.Addr, error) { return nil, errors.New("no interfaces") }
	for _, c := range []struct {
		interfaces func() ([]net.Addr, error)
		allow      []netip.Prefix
		target     string
		want       domain.Code
	}{
		{here, nil, "8.8.8.8", domain.Forbidden},
		{here, nil, "::ffff:8.8.8.8", domain.Forbidden},
		{here, nil, "64:ff9b::808:808", domain.Forbidden},
		{here, nil, "2606:4700::1", domain.Forbidden},
		{here, nil, "8.8.8.0/24", domain.Forbidden},
		{here, nil, "8.8.8.7", ""},
		{here, nil, "8.8.8.16/28", ""},
		{here, nil, "2606:4700::2", ""},
		{here, prefixes("8.8.8.8/32"), "8.8.8.8", ""},
		{here, prefixes("8.8.8.8/32"), "8.8.8.0/24", ""},
		{unknown, nil, "8.8.8.7", domain.Forbidden},
	} {
		guard := NewGuard(Policy{Allow: c.allow})
		guard.interfaces = c.interfaces
		target, err := domain.ParseTarget(c.target)
		if err != nil {
			t.Fatal(err)
		}
		if got := domain.CodeOf(guard.Check(context.Background(), target)); got != c.want {
			t.Errorf("%s with %v: code %q, want %q", c.target, c.allow, got, c.want)
		}
	}
}

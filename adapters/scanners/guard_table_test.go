package scanners

import (
	"net/netip"
	"testing"

	"code.dny.dev/ssrf"

	"github.com/scanledger/scanledger/adapters/scanners/hostile"
)

var publicAddrs = []string{
	"1.0.0.1", "1.1.1.1", "8.8.8.8", "9.9.9.9", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
	"168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.1.255", "192.0.3.0",
	"192.31.195.255", "192.31.197.0", "192.52.192.255", "192.52.194.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "192.175.47.255", "192.175.49.0",
	"198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "93.184.216.34", "140.82.121.3", "212.58.244.1",
	"::ffff:8.8.8.8", "::ffff:1.1.1.1", "64:ff9b::8.8.8.8", "64:ff9b::808:808", "2000::1", "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1", "2003::1",
	"2606:4700:4700::1111", "2620:fe::fe", "2620:4f:7fff::1", "2620:4f:8001::1", "2a00:1450:4001:800::200e", "2a02::1", "3ffe::1", "3fff:1000::1", "2a00:1450::5eff:7f00:1", "2a00:1450::1:5efe:7f00:1",
}

func TestDenied(t *testing.T) {
	guard := NewGuard(Policy{})
	for _, s := range hostile.Denied {
		if guard.denied(netip.MustParseAddr(s)) == "" {
			t.Errorf("%s is not denied", s)
		}
	}
	for _, s := range publicAddrs {
		if reason := guard.denied(netip.MustParseAddr(s)); reason != "" {
			t.Errorf("%s is public, and denied as %q", s, reason)
		}
		if err := guard.second.SafeAddr(netip.MustParseAddr(s).Unmap()); err != nil {
			t.Errorf("%s is public, and the second opinion is: %v", s, err)
		}
	}
	if guard.denied(netip.Addr{}) == "" {
		t.Error("the zero address is not denied")
	}
}

func TestAllow(t *testing.T) {
	everything := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for _, c := range []struct {
		allow []string
		addr  string
		open  bool
	}{
		{[]string{"10.0.0.0/8"}, "10.1.2.3", true},
		{[]string{"10.0.0.0/8"}, "::ffff:10.1.2.3", true},
		{[]string{"::ffff:10.0.0.0/104"}, "10.1.2.3", true},
		{[]string{"::ffff:10.0.0.0/104"}, "11.1.2.3", true},
		{[]string{"::ffff:10.0.0.0/104"}, "192.168.0.1", false},
		{[]string{"10.0.0.0/8"}, "64:ff9b::10.1.2.3", false},
		{[]string{"10.0.0.0/8"}, "2002:a01:203::", false},
		{[]string{"10.0.0.0/8"}, "::10.1.2.3", false},
		{[]string{"127.0.0.0/8"}, "::1", false},
		{[]string{"127.0.0.0/8", "::1/128"}, "::1", true},
		{[]string{"fd00::/8"}, "fd12::1", true},
		{[]string{"fd00::/8"}, "fd00:ec2::254", false},
		{[]string{"fd00:ec2::254/128"}, "fd00:ec2::254", true},
		{[]string{"169.254.0.0/16"}, "169.254.169.254", false},
		{[]string{"169.254.0.0/16"}, "169.254.1.1", true},
		{[]string{"169.254.169.254/32"}, "169.254.169.254", true},
		{[]string{"169.254.169.254/32"}, "::ffff:169.254.169.254", true},
		{[]string{"169.254.169.254/32"}, "64:ff9b::169.254.169.254", false},
		{[]string{"100.64.0.0/10"}, "100.100.100.200", false},
		{[]string{"fe80::/10"}, "fe80::1%lo", false},
	} {
		var allow []netip.Prefix
		for _, s := range c.allow {
			allow = append(allow, netip.MustParsePrefix(s))
		}
		guard := NewGuard(Policy{Allow: allow})
		addr := netip.MustParseAddr(c.addr)
		if reason := guard.denied(addr); (reason == "") != c.open {
			t.Errorf("with %v, %s: denied as %q, want open = %v", c.allow, c.addr, reason, c.open)
		}
		if c.open {
			if err := guard.second.SafeAddr(addr.Unmap()); err != nil {
				t.Errorf("with %v, %s: the second opinion is %v", c.allow, c.addr, err)
			}
		}
	}
	guard := NewGuard(Policy{Allow: everything})
	for _, s := range []string{"0.0.0.0", "0.0.0.1", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "169.254.169.254", "168.63.129.16", "fd20:ce::254"} {
		if guard.denied(netip.MustParseAddr(s)) == "" {
			t.Errorf("%s is open to an operator who allows everything", s)
		}
	}
}

// FuzzDenied holds the table against another one: what that denies, this
// denies without its help.
func FuzzDenied(f *testing.F) {
	for _, s := range append(hostile.Denied, publicAddrs...) {
		addr := netip.MustParseAddr(s)
		f.Add(addr.AsSlice())
	}
	guard, other := NewGuard(Policy{}), ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV6Prefixes(nat64))
	f.Fuzz(func(t *testing.T, b []byte) {
		addr, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		if err := other.SafeAddr(addr.Unmap()); err != nil && guard.denied(addr) == "" {
			t.Errorf("%s is allowed; the other table says %v", addr, err)
		}
	})
}

// TestEveryFirstHalf walks all /16 of IPv4 and of IPv6, against the other
// table, with the lowest and the highest address of each.
func TestEveryFirstHalf(t *testing.T) {
	guard, other := NewGuard(Policy{}), ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV6Prefixes(nat64))
	for i := range 1 << 16 {
		hi, lo := byte(i>>8), byte(i)
		for _, addr := range []netip.Addr{
			netip.AddrFrom4([4]byte{hi, lo, 0, 0}), netip.AddrFrom4([4]byte{hi, lo, 255, 255}),
			netip.AddrFrom16([16]byte{hi, lo}), netip.AddrFrom16([16]byte{hi, lo, 15: 1}),
		} {
			theirs := other.SafeAddr(addr.Unmap())
			if ours := guard.denied(addr); (ours == "") != (theirs == nil) {
				t.Errorf("%s: %q here, %v there", addr, ours, theirs)
			}
		}
	}
}

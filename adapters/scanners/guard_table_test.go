package scanners

import (
	"net/netip"
	"testing"

	"code.dny.dev/ssrf"
)

var deniedAddrs = []string{
	"0.0.0.0", "0.1.2.3", "0.255.255.255", "10.0.0.0", "10.0.0.1", "10.255.255.255",
	"100.64.0.0", "100.64.0.1", "100.100.100.200", "100.127.255.255",
	"127.0.0.0", "127.0.0.1", "127.1.2.3", "127.255.255.255",
	"169.254.0.0", "169.254.169.254", "169.254.170.2", "169.254.255.255", "168.63.129.16",
	"172.16.0.0", "172.16.0.1", "172.31.255.255",
	"192.0.0.0", "192.0.0.8", "192.0.0.9", "192.0.0.10", "192.0.0.170", "192.0.0.171", "192.0.0.192", "192.0.0.255",
	"192.0.2.0", "192.0.2.1", "192.0.2.255", "198.51.100.1", "203.0.113.1", "203.0.113.255",
	"192.31.196.1", "192.52.193.1", "192.88.99.1", "192.88.99.2", "192.168.0.1", "192.168.255.255", "192.175.48.1",
	"198.18.0.0", "198.18.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.250", "239.255.255.255", "240.0.0.1", "255.255.255.254", "255.255.255.255",
	"::", "::1", "::2", "::7f00:1", "::127.0.0.1", "::a9fe:a9fe", "::8.8.8.8",
	"::ffff:0.0.0.0", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8",
	"64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::168.63.129.16", "64:ff9b::0.0.0.0", "64:ff9b::224.0.0.1",
	"64:ff9b:0:0:0:1:8.8.8.8", "64:ff9b:1::", "64:ff9b:1::a9fe:a9fe", "64:ff9b:1::8.8.8.8", "64:ff9b:1:ffff:ffff:ffff:8.8.8.8",
	"100::", "100::1", "100:0:0:1::1", "200::1", "1fff:ffff::1", "4000::1", "5f00::1", "8000::1", "fbff::1",
	"2001::", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:1::1", "2001:1::2", "2001:1::3", "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:1ff:ffff::1",
	"2001:db8::1", "2001:db8:ffff::1", "2002::", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "2002:ffff:ffff::", "2620:4f:8000::1", "3fff::1", "3fff:fff::1",
	"2a00:1450:4001::5efe:7f00:1", "2a00:1450:4001::200:5efe:7f00:1", "2a00:1450:4001::5efe:808:808", "2a00:1450:4001:0:300:5efe:a9fe:a9fe", "fe80::5efe:10.0.0.1",
	"fc00::1", "fd00::1", "fd00:ec2::254", "fd20:ce::254", "fdff::1", "fe80::1", "fe80::1%lo", "febf::1", "fec0::1", "feff::1", "ff01::1", "ff02::1", "ff05::1:3", "ffff::1",
	"2606:4700::1111%eth0", "::ffff:8.8.8.8%lo",
}

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
	for _, s := range deniedAddrs {
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
	for _, s := range append(deniedAddrs, publicAddrs...) {
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

package hostile

import (
	"net/netip"
	"testing"
)

// elsewhere are addresses that the kernel takes for others, or keeps.
var elsewhere = map[string]string{
	"0.0.0.0": "127.0.0.1", "::": "::1", "::ffff:0.0.0.0": "127.0.0.1", "ff01::1": "",
}

// TestTripwire sends what no guard would let pass, so that silence means
// something: each packet that the kernel sends is seen.
func TestTripwire(t *testing.T) {
	InNamespace(t, func(t *testing.T) {
		NewInternet(t)
		wire := NewTripwire(t)
		all := 0
		for _, network := range []string{"udp", "tcp"} {
			for _, s := range append(Denied, "8.8.8.8", "2606:4700::1", Machine4, Machine6) {
				to := netip.AddrPortFrom(netip.MustParseAddr(s).WithZone("").Unmap(), 7)
				if other, known := elsewhere[s]; known && other == "" {
					continue
				} else if known {
					to = netip.AddrPortFrom(netip.MustParseAddr(other), 7)
				}
				like := func(p Packet) bool { return p == Packet{network, to} }
				before, _ := wire.Seen(t, like)
				refused := Send(network, to)
				after, _ := wire.Seen(t, like)
				if (refused == nil) != (after > before) {
					t.Errorf("%s to %s: %v, and the wire has seen %d packets", network, to, refused, after-before)
				}
				all += after - before
			}
		}
		if all < 200 {
			t.Errorf("only %d packets were sent", all)
		}
	})
}

package hostile

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Packet is the first of a connection, or one that belongs to none, as it leaves
// on any device of the namespace.
type Packet struct {
	Network string // "tcp", "udp", or the protocol's number
	To      netip.AddrPort
}

// Tripwire sees every packet that leaves the processes of a namespace.
type Tripwire struct {
	fd   int
	done chan struct{}

	mu   sync.Mutex
	seen map[Packet]int
}

// beginnings lets SYN segments and all that is not TCP pass, so that the engines'
// own traffic on loopback does not drown the rest.
var beginnings = []bpf.Instruction{
	bpf.LoadAbsolute{Off: 0, Size: 1},
	bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4},
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: 6, SkipTrue: 5},
	bpf.LoadAbsolute{Off: 9, Size: 1}, // IPv4: the protocol
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_TCP, SkipTrue: 8},
	bpf.LoadMemShift{Off: 0},
	bpf.LoadIndirect{Off: 13, Size: 1},
	bpf.Jump{Skip: 3},
	bpf.LoadAbsolute{Off: 6, Size: 1}, // IPv6: the next header
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_TCP, SkipTrue: 3},
	bpf.LoadAbsolute{Off: 53, Size: 1},
	bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: synAck},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: syn, SkipTrue: 1},
	bpf.RetConstant{Val: 128},
	bpf.RetConstant{Val: 0},
}

const syn, synAck = 0x02, 0x12

// NewTripwire looks from now on.
func NewTripwire(t testing.TB) *Tripwire {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(htons(unix.ETH_P_ALL)))
	if err != nil {
		t.Fatal(err)
	}
	program, err := bpf.Assemble(beginnings)
	if err != nil {
		t.Fatal(err)
	}
	filter := make([]unix.SockFilter, len(program))
	for i, p := range program {
		filter[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 20_000}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w := &Tripwire{fd: fd, done: make(chan struct{}), seen: map[Packet]int{}}
	ended := make(chan struct{})
	go func() { defer close(ended); w.watch() }()
	t.Cleanup(func() {
		close(w.done)
		<-ended
		stats, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
		if err != nil || stats.Drops > 0 {
			t.Errorf("the tripwire has not seen all: %+v, %v", stats, err)
		}
		unix.Close(fd)
	})
	return w
}

func (w *Tripwire) watch() {
	raw := make([]byte, 128)
	for {
		n, from, err := unix.Recvfrom(w.fd, raw, 0)
		if err == nil {
			if at, ok := from.(*unix.SockaddrLinklayer); ok && at.Pkttype == unix.PACKET_OUTGOING {
				w.note(raw[:n])
			}
			continue
		}
		select {
		case <-w.done:
			return
		default:
		}
	}
}

// note reads a packet's head. What hosts say to their neighbours is left out:
// it is the kernel's.
func (w *Tripwire) note(raw []byte) {
	var p Packet
	var addr netip.Addr
	var protocol byte
	var ports []byte
	switch {
	case len(raw) >= 20 && raw[0]>>4 == 4:
		addr, protocol, ports = netip.AddrFrom4([4]byte(raw[16:20])), raw[9], raw[min(4*int(raw[0]&15), len(raw)):]
	case len(raw) >= 40 && raw[0]>>4 == 6:
		addr, protocol, ports = netip.AddrFrom16([16]byte(raw[24:40])), raw[6], raw[40:]
	default:
		return // ARP
	}
	switch {
	case protocol == unix.IPPROTO_TCP && len(ports) >= 4:
		p = Packet{"tcp", netip.AddrPortFrom(addr, binary.BigEndian.Uint16(ports[2:]))}
	case protocol == unix.IPPROTO_UDP && len(ports) >= 4:
		p = Packet{"udp", netip.AddrPortFrom(addr, binary.BigEndian.Uint16(ports[2:]))}
	case addr.Is6() && addr.IsLinkLocalMulticast(), protocol == unix.IPPROTO_ICMPV6 && len(ports) > 0 && ports[0] >= 130 && ports[0] <= 143:
		return
	default:
		p = Packet{protocols[protocol], netip.AddrPortFrom(addr, 0)}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[p]++
}

var protocols = map[byte]string{unix.IPPROTO_ICMP: "icmp", unix.IPPROTO_ICMPV6: "icmp6"}

// Seen is how many packets went to where like says. It waits until the wire has
// seen all that left before.
func (w *Tripwire) Seen(t testing.TB, like func(Packet) bool) (n int, which []string) {
	t.Helper()
	w.catchUp(t)
	w.mu.Lock()
	defer w.mu.Unlock()
	for p, times := range w.seen {
		if like(p) {
			n += times
			which = append(which, p.Network+" "+p.To.String())
		}
	}
	slices.Sort(which)
	return n, which
}

// Mark is an address that nothing but Seen sends to.
var Mark = netip.MustParseAddrPort("198.41.0.4:9")

// catchUp sends a packet of its own and waits until it is seen: what left
// earlier has been seen then too.
func (w *Tripwire) catchUp(t testing.TB) {
	t.Helper()
	count := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.seen[Packet{"udp", Mark}]
	}
	before := count()
	if err := Send("udp", Mark); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for tries := 10_000; count() == before; tries-- {
		if tries == 0 {
			t.Fatal("the tripwire is cut")
		}
		<-tick.C
	}
}

// Send sends a packet past any guard: a datagram, or the first of a connection.
func Send(network string, to netip.AddrPort) error {
	family, address := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: int(to.Port())})
	if to.Addr().Is6() {
		family, address = unix.AF_INET6, &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
	} else {
		address.(*unix.SockaddrInet4).Addr = to.Addr().As4()
	}
	kind := unix.SOCK_STREAM
	if strings.HasPrefix(network, "udp") {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if kind == unix.SOCK_DGRAM {
		return unix.Sendto(fd, []byte("x"), 0, address)
	}
	if err := unix.Connect(fd, address); err != unix.EINPROGRESS {
		return err
	}
	return nil
}

func htons(v uint16) uint16 { return v<<8 | v>>8 }

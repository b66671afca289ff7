package ports

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"

	"golang.org/x/sys/unix"
)

// raw sends the first segment of a connect alone, where the process may
// (CAP_NET_RAW): that costs half of what a socket for each connect does. What comes
// back says all that a connect would; the kernel, which knows of no connect, hangs up
// on an open port by itself.
type raw struct {
	fd      int
	keepers []int          // sockets that keep the ports that are asked from
	from    [askers]uint16 // those ports
	turn    [65536]uint8   // which of them asks a port next
	sums    [askers]uint32 // checksums of what does not change of a segment
	ports   []uint16       // by slot, 0 while nothing is in flight
	numbers []uint32       // by slot: sequence numbers, whose last bits are the slot
	segment [segmentSize]byte
	packet  [2048]byte
	control [256]byte
}

const (
	slotBits    = 12 // of a sequence number: for mostSockets
	askers      = 16 // a port is asked again from another one, or it would take that for an old connect
	segmentSize = 24
	rawBuffer   = 4 << 20
)

// TCP's flags, RFC 9293, 3.1.
const flagSYN, flagRST, flagACK = 2, 4, 16

// newRaw is an error where the process may not, and for IPv6.
func newRaw(to netip.Addr, slots int) (*raw, error) {
	to = to.Unmap()
	if !to.Is4() {
		return nil, errors.New("raw segments are sent over IPv4 alone")
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return nil, fmt.Errorf("raw socket: %w", err)
	}
	w := &raw{fd: fd, ports: make([]uint16, slots), numbers: make([]uint32, slots)}
	if err := w.prepare(to.As4()); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// prepare ties the socket to the target, so that it is given nobody else's segments,
// and of the target's those alone that answer a SYN.
func (w *raw) prepare(to [4]byte) error {
	answers := []unix.SockFilter{
		{Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH, K: 0},
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_IND, K: 13},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jf: 2, K: flagACK},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jf: 1, K: flagSYN | flagRST},
		{Code: unix.BPF_RET | unix.BPF_K, K: 128},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
	if err := unix.SetsockoptSockFprog(w.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(answers)), Filter: &answers[0]}); err != nil {
		return fmt.Errorf("raw socket: filter: %w", err)
	}
	if err := unix.SetsockoptInt(w.fd, unix.IPPROTO_IP, unix.IP_RECVERR, 1); err != nil {
		return fmt.Errorf("raw socket: errors: %w", err)
	}
	if unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, rawBuffer) != nil {
		// The system's bound then: what does not fit is lost, and asked for again.
		_ = unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, rawBuffer)
	}
	if err := unix.Connect(w.fd, &unix.SockaddrInet4{Addr: to}); err != nil {
		return fmt.Errorf("raw socket: %w", err)
	}
	name, err := unix.Getsockname(w.fd)
	if err != nil {
		return fmt.Errorf("raw socket: %w", err)
	}
	own := name.(*unix.SockaddrInet4).Addr
	for i := range askers {
		if err := w.keep(i, own); err != nil {
			return err
		}
		w.sums[i] = w.head(i, own, to)
	}
	return nil
}

// keep takes a port of this machine, on which nothing listens.
func (w *raw) keep(i int, own [4]byte) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("a port to ask from: %w", err)
	}
	w.keepers = append(w.keepers, fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: own}); err != nil {
		return fmt.Errorf("a port to ask from: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return fmt.Errorf("a port to ask from: %w", err)
	}
	w.from[i] = uint16(name.(*unix.SockaddrInet4).Port)
	return nil
}

// head writes what all segments have in common, and returns the checksum of that,
// with the i-th port and the addresses (RFC 9293, 3.1).
func (w *raw) head(i int, own, to [4]byte) uint32 {
	s := w.segment[:]
	s[12], s[13] = segmentSize/4<<4, flagSYN
	binary.BigEndian.PutUint16(s[14:], 64240)            // the window
	binary.BigEndian.PutUint32(s[20:], 2<<24|4<<16|1460) // the largest segment that may come
	sum := uint32(w.from[i]) + unix.IPPROTO_TCP + segmentSize
	for _, part := range [][]byte{own[:], to[:], s[12:16], s[20:24]} {
		for ; len(part) > 0; part = part[2:] {
			sum += uint32(binary.BigEndian.Uint16(part))
		}
	}
	return sum
}

func (w *raw) close() {
	unix.Close(w.fd)
	for _, fd := range w.keepers {
		unix.Close(fd)
	}
}

func (w *raw) drop(slot int) { w.ports[slot] = 0 }

func (w *raw) dial(slot int, port uint16) state {
	i := w.turn[port] % askers
	w.turn[port]++
	number := rand.Uint32()<<slotBits | uint32(slot)
	s := w.segment[:]
	binary.BigEndian.PutUint16(s, w.from[i])
	binary.BigEndian.PutUint16(s[2:], port)
	binary.BigEndian.PutUint32(s[4:], number)
	sum := w.sums[i] + uint32(port) + number>>16 + number&0xffff
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(s[16:], ^uint16(sum>>16+sum))
	w.ports[slot], w.numbers[slot] = port, number
	_, err := unix.Write(w.fd, s)
	if err != nil { // of what was sent before, which has been told now
		_, err = unix.Write(w.fd, s)
	}
	if err == nil {
		return pending
	}
	w.drop(slot)
	switch {
	case errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.ENOMEM), errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return starved
	default: // EHOSTUNREACH, ENETUNREACH, EACCES, EPERM and the like
		return barred
	}
}

// batch is how many answers are taken in before the sweep goes on.
const batch = 512

// read takes in what has come.
func (w *raw) read(found []outcome) []outcome {
	for range batch {
		n, err := unix.Read(w.fd, w.packet[:])
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			return w.errors(found)
		case err != nil: // there is one in the queue of errors
			found = w.errors(found)
		default:
			if o, is := w.answered(w.packet[:n]); is {
				found = append(found, o)
			}
		}
	}
	return found
}

// answered reads a packet. Only what acknowledges the number of a connect in flight
// is an answer to it.
func (w *raw) answered(packet []byte) (outcome, bool) {
	if len(packet) < 40 || len(packet) < int(packet[0]&15)*4+20 {
		return outcome{}, false
	}
	s := packet[int(packet[0]&15)*4:]
	got := closed
	switch s[13] & (flagSYN | flagRST | flagACK) {
	case flagSYN | flagACK:
		got = open
	case flagRST | flagACK:
	default:
		return outcome{}, false
	}
	return w.arrive(binary.BigEndian.Uint16(s), binary.BigEndian.Uint32(s[8:])-1, got)
}

// arrive ends the connect in flight to a port that has this number.
func (w *raw) arrive(port uint16, number uint32, got state) (outcome, bool) {
	slot := int(number & (1<<slotBits - 1))
	if port == 0 || slot >= len(w.ports) || w.ports[slot] != port || w.numbers[slot] != number {
		return outcome{}, false
	}
	w.drop(slot)
	return outcome{slot, got}, true
}

// errors takes in what routers and firewalls have said of segments: each comes with
// the beginning of its segment.
func (w *raw) errors(found []outcome) []outcome {
	for range batch {
		n, controls, _, _, err := unix.Recvmsg(w.fd, w.packet[:], w.control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			return found
		}
		if s := w.packet[:n]; len(s) >= 8 && unreachable(w.control[:controls]) {
			if o, is := w.arrive(binary.BigEndian.Uint16(s[2:]), binary.BigEndian.Uint32(s[4:]), barred); is {
				found = append(found, o)
			}
		}
	}
	return found
}

// unreachable says whether an entry of the queue of errors is of a segment that will
// not arrive; others are of the path's size, or of a router that has too much to do.
func unreachable(control []byte) bool {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return false
	}
	for _, m := range messages { // struct sock_extended_err: errno, origin, type, code
		if m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR && len(m.Data) >= 8 {
			const icmpUnreachable, fragmentation = 3, 4
			local := m.Data[4] == unix.SO_EE_ORIGIN_LOCAL
			return local || m.Data[4] == unix.SO_EE_ORIGIN_ICMP && m.Data[5] == icmpUnreachable && m.Data[6] != fragmentation
		}
	}
	return false
}

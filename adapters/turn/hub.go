package turn

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/pion/turn/v5"
)

// The addresses of all relays are of the ranges for documents: nobody has them.
var (
	relays4 = net.IPv4(192, 0, 2, 1)
	relays6 = net.ParseIP("2001:db8::1")
)

func ours(ip net.IP) bool { return ip.Equal(relays4) || ip.Equal(relays6) }

var (
	errFull      = errors.New("turn: these credentials have had all their relays")
	errNoStreams = errors.New("turn: relays are for packets alone")
	errAny       = errors.New("turn: nobody chooses a port")
)

// hub has the relays, by port. Packets go from one to another of the same
// credentials, and nowhere else.
type hub struct {
	mu     sync.Mutex
	relays map[int]*relay
	next   int
	taken  map[string]*allowance // by credentials, until these are over
}

// allowance is what credentials may still have. The hub's lock guards it.
type allowance struct{ relays, bytes int }

func newHub() *hub {
	return &hub{relays: map[int]*relay{}, taken: map[string]*allowance{}}
}

// Validate implements turn.RelayAddressGenerator.
func (h *hub) Validate() error { return nil }

// AllocateListener implements turn.RelayAddressGenerator.
func (h *hub) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoStreams
}

// AllocateConn implements turn.RelayAddressGenerator.
func (h *hub) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errNoStreams }

// AllocatePacketConn implements turn.RelayAddressGenerator.
func (h *hub) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	if c.UserID == "" { // the library looks for an even port, to keep the next one free
		return nil, nil, errAny
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	left := h.taken[c.UserID]
	if left == nil {
		left = &allowance{mostRelays, mostBytes}
		h.taken[c.UserID] = left
		time.AfterFunc(2*lasts, func() { h.forget(c.UserID) }) // no relay of theirs lives so long
	}
	if left.relays == 0 {
		return nil, nil, errFull
	}
	left.relays--
	at := &net.UDPAddr{IP: relays4, Port: h.free()}
	if c.Network == "udp6" {
		at.IP = relays6
	}
	r := &relay{hub: h, of: c.UserID, at: at, packets: make(chan packet, queue), closed: make(chan struct{})}
	h.relays[at.Port] = r
	r.over = time.AfterFunc(lasts, func() { _ = r.Close() })
	return r, at, nil
}

// free is a port that no relay has: there are fewer relays than ports.
func (h *hub) free() int {
	for {
		h.next = h.next%(1<<16-1024) + 1
		if port := 1023 + h.next; h.relays[port] == nil {
			return port
		}
	}
}

func (h *hub) forget(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.taken, user)
}

// to is the relay that a packet of so many bytes may go to; nil for none.
func (h *hub) to(from *relay, at *net.UDPAddr, bytes int) *relay {
	h.mu.Lock()
	defer h.mu.Unlock()
	to, left := h.relays[at.Port], h.taken[from.of]
	if to == nil || to.of != from.of || !to.at.IP.Equal(at.IP) || left == nil || left.bytes < bytes {
		return nil
	}
	left.bytes -= bytes
	return to
}

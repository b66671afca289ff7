package turn

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// guests are those who have relays, by the address that their packets come from, and
// those who ask for one. All is counted by visitor.
type guests struct {
	visitor func(netip.Addr) string
	now     func() time.Time

	mu     sync.Mutex
	relays map[netip.AddrPort]*guest
	open   map[string]int // relays by visitor
	all    int

	second    int64
	strangers map[string]int // that were heard in this second, by visitor
	heard     int            // of all of them
}

// guest is who has a relay at an address.
type guest struct {
	visitor string
	relays  int // two for a moment, where one has ended and the next begun
	asked   int // how often they asked to reach somebody
}

func newGuests(visitor func(netip.Addr) string, now func() time.Time) *guests {
	return &guests{visitor: visitor, now: now, relays: map[netip.AddrPort]*guest{}, open: map[string]int{}}
}

// room says whether a visitor may have another relay.
func (g *guests) room(from net.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all < ofAll && g.open[g.visitor(addressOf(from).Addr())] < ofVisitor
}

func (g *guests) came(from net.Addr) {
	at := addressOf(from)
	g.mu.Lock()
	defer g.mu.Unlock()
	one := g.relays[at]
	if one == nil {
		one = &guest{visitor: g.visitor(at.Addr())}
		g.relays[at] = one
	}
	one.relays++
	g.open[one.visitor]++
	g.all++
}

func (g *guests) left(from net.Addr) {
	at := addressOf(from)
	g.mu.Lock()
	defer g.mu.Unlock()
	one := g.relays[at]
	if one == nil {
		return
	}
	if one.relays--; one.relays == 0 {
		delete(g.relays, at)
	}
	if g.open[one.visitor]--; g.open[one.visitor] == 0 {
		delete(g.open, one.visitor)
	}
	g.all--
}

// mayReach says whether a guest may reach an address. Each that they may is kept until
// their relay ends, and so there are not too many.
func (g *guests) mayReach(from net.Addr, peer net.IP) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	one := g.relays[addressOf(from)]
	if one == nil || !ours(peer) || one.asked == mostAsked {
		return false
	}
	one.asked++
	return true
}

// hears says whether a packet is listened to: each of a guest, and so many of
// strangers. By UDP these can say that they are anybody, who then has the answers,
// which are larger than what was asked.
func (g *guests) hears(from net.Addr) bool {
	at := addressOf(from)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.relays[at] != nil {
		return true
	}
	if second := g.now().Unix(); second != g.second {
		g.second, g.strangers, g.heard = second, map[string]int{}, 0
	}
	if g.heard == ofStrangers {
		return false
	}
	name := g.visitor(at.Addr())
	if g.strangers[name] == ofStranger {
		return false
	}
	g.strangers[name]++
	g.heard++
	return true
}

// addressOf is where a packet comes from.
func addressOf(from net.Addr) netip.AddrPort {
	at, ok := from.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(at.AddrPort().Addr().Unmap(), uint16(at.Port))
}

// door is a connection that hears guests, and of strangers no more than their share. To
// each address it says the realm that is its own.
type door struct {
	net.PacketConn
	guests *guests
	realms realms
}

// ReadFrom implements net.PacketConn.
func (d door) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := d.PacketConn.ReadFrom(p)
		if err != nil || d.guests.hears(from) {
			return n, from, err
		}
	}
}

// WriteTo implements net.PacketConn.
func (d door) WriteTo(p []byte, to net.Addr) (int, error) {
	if _, err := d.PacketConn.WriteTo(d.realms.told(p, to), to); err != nil {
		return 0, err
	}
	return len(p), nil
}

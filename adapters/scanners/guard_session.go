package scanners

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// minDial is the least time that one address gets before the next is tried.
const minDial = 2 * time.Second

// Session returns a dialler for one job.
func (g *Guard) Session() *Session {
	return &Session{guard: g, names: map[string]*lookup{}}
}

// Session dials for one job. It resolves each name once, however often it is
// dialled, and dials only addresses that were checked. It is safe for
// concurrent use.
type Session struct {
	guard *Guard
	mu    sync.Mutex
	names map[string]*lookup
	held  int64
}

// lookup is a name being resolved, or resolved once done is closed.
type lookup struct {
	done  chan struct{}
	addrs []netip.Addr
	err   error
}

// Pin makes name stand for the checked addresses of host for the rest of the
// session, so that a site can be looked at by its name on a given server.
func (s *Session) Pin(ctx context.Context, name, host string) error {
	pinned, err := domain.ParseHost(name)
	if err != nil {
		return err
	}
	addrs, err := s.Addrs(ctx, host)
	if err != nil {
		return err
	}
	l := &lookup{done: make(chan struct{}), addrs: addrs}
	close(l.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[pinned.Host] = l
	return nil
}

// Addrs returns the checked addresses of host, as Guard.Resolve does, and the
// same ones for the whole session.
func (s *Session) Addrs(ctx context.Context, host string) ([]netip.Addr, error) {
	target, err := domain.ParseHost(host)
	if err != nil {
		return nil, err
	}
	for {
		l, first := s.lookup(target.Host)
		if first {
			s.resolve(ctx, target.Host, l)
		}
		select {
		case <-l.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if l.err == nil || domain.CodeOf(l.err) != domain.Internal {
			return slices.Clone(l.addrs), l.err
		}
		if ctx.Err() != nil || first {
			return nil, l.err
		}
	}
}

// lookup returns the entry of a name, and whether the caller is the one to
// fill it.
func (s *Session) lookup(name string) (l *lookup, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l = s.names[name]; l != nil {
		return l, false
	}
	l = &lookup{done: make(chan struct{})}
	s.names[name] = l
	return l, true
}

// resolve fills an entry. One that only failed because its caller gave up is
// forgotten, so that the next caller tries again.
func (s *Session) resolve(ctx context.Context, name string, l *lookup) {
	defer close(l.done)
	l.addrs, l.err = s.guard.Resolve(ctx, name)
	if domain.CodeOf(l.err) == domain.Internal {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.names[name] == l {
			delete(s.names, name)
		}
	}
}

// DialContext connects to address ("host:port") over network ("tcp" or "udp",
// with a 4 or 6 for one family), trying one checked address after the other.
// A denied address is refused with a *domain.Error, code Forbidden, before any
// packet is sent; otherwise the error is the dialler's own for the first
// address.
func (s *Session) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	suits, known := families[network]
	if !known {
		return nil, fmt.Errorf("dial %q: the network is neither tcp nor udp", network)
	}
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || port == 0 {
		return nil, domain.Errorf(domain.Invalid, "the port must be a number from 1 to 65535")
	}
	addrs, err := s.Addrs(ctx, host)
	if err != nil {
		return nil, err
	}
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return !suits(a) })
	if len(addrs) == 0 {
		return nil, unresolvable()
	}
	return s.dialAny(ctx, network, addrs, uint16(port))
}

var families = map[string]func(netip.Addr) bool{
	"tcp": netip.Addr.IsValid, "tcp4": netip.Addr.Is4, "tcp6": netip.Addr.Is6,
	"udp": netip.Addr.IsValid, "udp4": netip.Addr.Is4, "udp6": netip.Addr.Is6,
}

func (s *Session) dialAny(ctx context.Context, network string, addrs []netip.Addr, port uint16) (net.Conn, error) {
	for _, addr := range addrs {
		if err := s.guard.checkAddrPort(netip.AddrPortFrom(addr, port)); err != nil {
			return nil, err
		}
	}
	var first error
	for i, addr := range addrs {
		conn, err := s.dial(ctx, network, netip.AddrPortFrom(addr, port), len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

// dial gives one address its share of the time that is left for all.
func (s *Session) dial(ctx context.Context, network string, to netip.AddrPort, left int) (net.Conn, error) {
	dialer := net.Dialer{ControlContext: s.guard.control}
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		dialer.Timeout = max(time.Until(deadline)/time.Duration(left), minDial)
	}
	return dialer.DialContext(ctx, network, to.String())
}

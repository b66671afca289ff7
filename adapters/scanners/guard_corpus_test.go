package scanners

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/hostile"
	"github.com/scanledger/scanledger/domain"
)

// TestCorpus wants every spelling refused by the parser or by the guard.
func TestCorpus(t *testing.T) {
	server := hostile.NewNameserver(t, hostile.Zone())
	guard := NewGuard(Policy{Resolver: server.Addr})
	urls := hostile.Corpus()
	if len(urls) < 4000 {
		t.Errorf("the corpus has shrunk to %d", len(urls))
	}
	for _, s := range urls {
		for name, parse := range map[string]func(string) (domain.Target, error){
			"ParseURL": domain.ParseURL, "ParseHost": domain.ParseHost, "ParseTarget": domain.ParseTarget,
		} {
			target, err := parse(s)
			if err == nil {
				err = guard.Check(context.Background(), target)
			}
			if code := domain.CodeOf(err); code != domain.Invalid && code != domain.Forbidden {
				t.Errorf("%s(%q) is %+v, and the guard says %v", name, s, target, err)
			}
		}
	}
}

// tripwire counts what reaches 127.0.0.1 and ::1 on one port, over TCP and UDP.
type tripwire struct {
	port string
	hits atomic.Int64
}

func newTripwire(t *testing.T) *tripwire {
	t.Helper()
	w := &tripwire{}
	first, packets := hostile.ListenBoth(t)
	_, w.port, _ = net.SplitHostPort(first.Addr().String())
	w.accept(t, first)
	if second, err := net.Listen("tcp", "[::1]:"+w.port); err == nil {
		w.accept(t, second)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buffer := make([]byte, 512); ; w.hits.Add(1) {
			if _, _, err := packets.ReadFrom(buffer); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { packets.Close(); <-done })
	return w
}

func (w *tripwire) accept(t *testing.T, listener net.Listener) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.hits.Add(1)
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
}

// TestTripwire dials and fetches every spelling of the loopback addresses,
// past the parser, and wants nothing to arrive.
func TestTripwire(t *testing.T) {
	server := hostile.NewNameserver(t, hostile.Zone())
	wire := newTripwire(t)
	for _, policy := range []Policy{
		{Resolver: server.Addr},
		{Resolver: server.Addr, Allow: prefixes("127.0.0.2/32", "10.0.0.0/8", "fd00::/8")},
		{Resolver: server.Addr, Allow: prefixes("127.0.0.0/8", "::1/128"), Own: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:" + wire.port)}},
	} {
		session := NewGuard(policy).Session()
		for _, host := range hostile.Loopback() {
			for _, network := range []string{"tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix", "ip"} {
				conn, err := session.DialContext(context.Background(), network, net.JoinHostPort(host, wire.port))
				if err == nil {
					conn.Write([]byte("x"))
					conn.Close()
					t.Errorf("%s %q was dialled", network, host)
				}
			}
			for _, scheme := range []string{"http", "https"} {
				u := &url.URL{Scheme: scheme, Host: net.JoinHostPort(host, wire.port), Path: "/"}
				if answer, err := session.Fetch(context.Background(), Request{URL: u}); err == nil {
					t.Errorf("%s was fetched: %d", u, answer.Status)
				}
			}
		}
	}
	wire.requireSilent(t)
}

// requireSilent sends one packet past any guard, and wants it to be the first
// to arrive.
func (w *tripwire) requireSilent(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+w.port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Read(make([]byte, 1)) // closed by the listener once it has counted
	if n := w.hits.Load(); n != 1 {
		t.Errorf("%d connections or packets arrived besides the test's own", n-1)
	}
}

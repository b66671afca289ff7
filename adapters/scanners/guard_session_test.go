package scanners

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners/hostile"
	"github.com/scanledger/scanledger/domain"
)

// TestRebinding has a name server that changes its answer between the check
// and the dial, and from one dial to the next.
func TestRebinding(t *testing.T) {
	wire := newTripwire(t)
	listener := listen(t, "127.0.0.2:0")
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	server := hostile.NewNameserver(t, map[string][]string{
		"turn.test. A":    {"127.0.0.2", "127.0.0.1"},
		"twice.test. A":   {"127.0.0.2,127.0.0.1"},
		"flicker.test. A": {"127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"},
	})
	guard := NewGuard(Policy{Resolver: server.Addr, Allow: prefixes("127.0.0.2/32")})

	session := guard.Session()
	for range 50 {
		conn, err := session.DialContext(context.Background(), "tcp", "turn.test:"+port)
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.RemoteAddr().(*net.TCPAddr).IP.String(); got != "127.0.0.2" {
			t.Errorf("the session dialled %s", got)
		}
		conn.Close()
	}
	if n := server.Count("turn.test. A"); n != 1 {
		t.Errorf("one session asked for one name %d times", n)
	}
	for _, host := range []string{"turn.test", "twice.test", "flicker.test"} {
		_, err := guard.Session().DialContext(context.Background(), "tcp", host+":"+wire.port)
		if domain.CodeOf(err) != domain.Forbidden {
			t.Errorf("%s: %v, want it forbidden", host, err)
		}
	}
	wire.requireSilent(t)
}

// TestRebindingRaces dials from many goroutines while the answer flickers.
func TestRebindingRaces(t *testing.T) {
	wire := newTripwire(t)
	server := hostile.NewNameserver(t, map[string][]string{"a.test. A": {"127.0.0.2"}})
	var mu sync.Mutex
	turn := 0
	server.SetMangle(func(_ dns.ResponseWriter, m *dns.Msg) {
		mu.Lock()
		defer mu.Unlock()
		if turn++; turn%2 == 0 && len(m.Answer) > 0 {
			m.Answer[0].(*dns.A).A = net.IPv4(127, 0, 0, 1)
		}
	})
	guard := NewGuard(Policy{Resolver: server.Addr, Allow: prefixes("127.0.0.2/32")})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 40 {
				conn, err := guard.Session().DialContext(context.Background(), "tcp", "a.test:"+wire.port)
				if err == nil {
					conn.Close()
					t.Error("a connection was made to a port where only the denied address listens")
				}
			}
		})
	}
	group.Wait()
	wire.requireSilent(t)
}

func TestSessionResolvesOnce(t *testing.T) {
	server := hostile.NewNameserver(t, map[string][]string{"a.test. A": {"127.0.0.2"}})
	session := NewGuard(Policy{Resolver: server.Addr, Allow: prefixes("127.0.0.2/32")}).Session()
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			host := []string{"a.test", "A.TEST", "a.test."}[i%3]
			addrs, err := session.Addrs(context.Background(), host)
			if err != nil || fmt.Sprint(addrs) != "[127.0.0.2]" {
				t.Errorf("%s: %v, %v", host, addrs, err)
			}
			addrs[0] = netip.MustParseAddr("127.0.0.1") // the caller's copy
		})
	}
	group.Wait()
	for _, host := range []string{"absent.test", "absent.test"} {
		if _, err := session.Addrs(context.Background(), host); domain.CodeOf(err) != domain.Unresolvable {
			t.Errorf("%s: %v, want it unresolvable", host, err)
		}
	}
	for _, key := range []string{"a.test. A", "absent.test. A"} {
		if n := server.Count(key); n != 1 {
			t.Errorf("%s was asked %d times", key, n)
		}
	}
}

// TestSessionOutlivesACaller wants a lookup that one caller gave up to be made
// again for the next.
func TestSessionOutlivesACaller(t *testing.T) {
	server := hostile.NewNameserver(t, map[string][]string{"a.test. A": {"127.0.0.2"}})
	session := NewGuard(Policy{Resolver: server.Addr, Allow: prefixes("127.0.0.2/32")}).Session()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := session.Addrs(ended, "a.test"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if addrs, err := session.Addrs(context.Background(), "a.test"); err != nil || len(addrs) != 1 {
		t.Errorf("got %v, %v; want the address", addrs, err)
	}
}

func TestPin(t *testing.T) {
	server := hostile.NewNameserver(t, map[string][]string{"site.test. A": {"10.0.0.1"}, "host.test. A": {"127.0.0.2"}})
	session := NewGuard(Policy{Resolver: server.Addr, Allow: prefixes("127.0.0.2/32")}).Session()
	if err := session.Pin(context.Background(), "site.test", "127.0.0.1"); domain.CodeOf(err) != domain.Forbidden {
		t.Errorf("pinned to a denied address: %v", err)
	}
	if err := session.Pin(context.Background(), "-x", "host.test"); domain.CodeOf(err) != domain.Invalid {
		t.Errorf("pinned a name that is none: %v", err)
	}
	if err := session.Pin(context.Background(), "Site.test", "host.test"); err != nil {
		t.Fatal(err)
	}
	addrs, err := session.Addrs(context.Background(), "site.test.")
	if err != nil || fmt.Sprint(addrs) != "[127.0.0.2]" {
		t.Errorf("got %v, %v; want the address of the host it is pinned to", addrs, err)
	}
}

func TestDialTriesTheNextAddress(t *testing.T) {
	listener := listen(t, "127.0.0.3:0")
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	server := hostile.NewNameserver(t, map[string][]string{"a.test. A": {"127.0.0.3,127.0.0.2"}, "b.test. A": {"127.0.0.2"}})
	session := NewGuard(Policy{Resolver: server.Addr, Allow: prefixes("127.0.0.2/31")}).Session()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := session.DialContext(ctx, "tcp", "a.test:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.RemoteAddr().String(); got != listener.Addr().String() {
		t.Errorf("dialled %s", got)
	}
	if _, err := session.DialContext(ctx, "tcp", "b.test:"+port); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want the refusal as the system gives it", err)
	}
	if _, err := session.DialContext(ctx, "tcp6", "a.test:"+port); domain.CodeOf(err) != domain.Unresolvable {
		t.Errorf("got %v, want no address of that family", err)
	}
	for _, address := range []string{"a.test", "a.test:0", "a.test:65536", "a.test:http", "a.test:", ":80", "a.test:80:80"} {
		if _, err := session.DialContext(ctx, "tcp", address); err == nil {
			t.Errorf("%q was dialled", address)
		}
	}
}

// TestLastWord gives addresses to the hook that runs before each connect.
func TestLastWord(t *testing.T) {
	guard := NewGuard(Policy{Own: []netip.AddrPort{netip.MustParseAddrPort("8.8.8.8:443")}})
	for _, s := range hostile.Denied {
		if err := guard.control(context.Background(), "tcp", net.JoinHostPort(s, "80"), nil); domain.CodeOf(err) != domain.Forbidden {
			t.Errorf("%s: %v, want it forbidden", s, err)
		}
	}
	for _, s := range []string{"8.8.8.8:443", "localhost:80", "", "8.8.8.8"} {
		if err := guard.control(context.Background(), "tcp", s, nil); domain.CodeOf(err) != domain.Forbidden {
			t.Errorf("%s: %v, want it forbidden", s, err)
		}
	}
	wire := newTripwire(t)
	_, err := guard.Session().dial(context.Background(), "tcp", netip.MustParseAddrPort("127.0.0.1:"+wire.port), 1)
	if domain.CodeOf(err) != domain.Forbidden {
		t.Errorf("an address that was never checked: %v, want it forbidden", err)
	}
	wire.requireSilent(t)
	for _, s := range publicAddrs {
		if err := guard.control(context.Background(), "tcp", net.JoinHostPort(s, "80"), nil); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestCheckRange(t *testing.T) {
	guard := NewGuard(Policy{Allow: prefixes("10.0.0.0/24", "fd00:1::/120")})
	for s, want := range map[string]domain.Code{
		"8.8.8.0/24": "", "10.0.0.0/24": "", "10.0.0.128/25": "", "fd00:1::/120": "", "8.8.0.0/16": "", "2606:4700::/112": "",
		"10.0.0.0/23": domain.Forbidden, "192.0.0.0/22": domain.Forbidden, "203.0.112.0/23": domain.Forbidden, "168.63.129.0/24": domain.Forbidden,
		"255.255.255.0/24": domain.Forbidden, "0.0.0.0/32": domain.Forbidden, "fd00:1::/119": domain.Forbidden, "2001:db8::/112": domain.Forbidden,
	} {
		target, err := domain.ParseTarget(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := domain.CodeOf(guard.Check(context.Background(), target)); got != want {
			t.Errorf("%s: code %q, want %q", s, got, want)
		}
	}
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

package turn_test

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	client "github.com/pion/turn/v5"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/turn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve serves on loopback.
func serve(t *testing.T) *turn.Server {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := turn.Serve(conn, turn.Options{
		Secret: []byte("the installation's"), Visitor: netip.Addr.String, Random: func(b []byte) { rand.Read(b) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

type credentials struct{ name, password string }

func issued(t *testing.T, s *turn.Server) credentials {
	t.Helper()
	name, password, err := s.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	return credentials{name, password}
}

// allocate is a relay that a visitor has got.
func allocate(t *testing.T, s *turn.Server, as credentials) (net.PacketConn, error) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := logging.NewDefaultLoggerFactory()
	silent.DefaultLogLevel = logging.LogLevelDisabled
	at := fmt.Sprintf("127.0.0.1:%d", s.Port())
	c, err := client.NewClient(&client.ClientConfig{STUNServerAddr: at, TURNServerAddr: at, Conn: conn, Username: as.name, Password: as.password, LoggerFactory: silent})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); conn.Close() })
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	return c.Allocate()
}

func relayOf(t *testing.T, s *turn.Server, as credentials) net.PacketConn {
	t.Helper()
	r, err := allocate(t, s, as)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// sends has one relay send a text to an address.
func sends(t *testing.T, from net.PacketConn, to net.Addr, text string) {
	t.Helper()
	if _, err := from.WriteTo([]byte(text), to); err != nil {
		t.Errorf("to %s: %v", to, err)
	}
}

// next is what comes to a relay first.
func next(t *testing.T, at net.PacketConn) (string, net.Addr) {
	t.Helper()
	if err := at.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 100)
	n, from, err := at.ReadFrom(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(p[:n]), from
}

// TestRelays sends a visitor's packets back to the same visitor, and nowhere else.
func TestRelays(t *testing.T) {
	s := serve(t)
	ann := issued(t, s)
	a, b, eve := relayOf(t, s, ann), relayOf(t, s, ann), relayOf(t, s, issued(t, s))
	sends(t, b, eve.LocalAddr(), "to another visitor") // which lets b have packets
	sends(t, eve, b.LocalAddr(), "from another visitor")
	for n := range 100 {
		sends(t, a, b.LocalAddr(), fmt.Sprint(n))
		if text, from := next(t, b); text != fmt.Sprint(n) || from.String() != a.LocalAddr().String() {
			t.Fatalf("%q came from %s", text, from)
		}
	}
}

// TestElsewhere are the addresses that relays do not lead to.
func TestElsewhere(t *testing.T) {
	s := serve(t)
	r := relayOf(t, s, issued(t, s))
	listening, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listening.Close()
	for _, to := range []net.Addr{listening.LocalAddr(), &net.UDPAddr{IP: net.IPv4(169, 254, 169, 254), Port: 80}, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 1024}} {
		if _, err := r.WriteTo([]byte("x"), to); err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("to %s: %v", to, err)
		}
	}
}

// TestRefused are those who have no credentials, other ones, or have had all that
// is theirs.
func TestRefused(t *testing.T) {
	s := serve(t)
	good := issued(t, s)
	for what, as := range map[string]credentials{
		"a wrong password": {good.name, "x"}, "no name": {"", good.password}, "another's name": {issued(t, s).name, good.password},
		"credentials that are over": {"1000000000:abc", good.password}, "a name of no time": {"ann", good.password},
	} {
		if _, err := allocate(t, s, as); err == nil {
			t.Errorf("%s is let in", what)
		}
	}
	for range 16 {
		relayOf(t, s, good)
	}
	if _, err := allocate(t, s, good); err == nil {
		t.Error("there is a seventeenth relay")
	}
	for range 3 {
		other := issued(t, s)
		for range 16 {
			relayOf(t, s, other)
		}
	}
	if _, err := allocate(t, s, issued(t, s)); err == nil {
		t.Error("a visitor has 65 relays")
	}
}

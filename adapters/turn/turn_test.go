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
	"github.com/pion/stun/v4"
	client "github.com/pion/turn/v5"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/turn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve serves on loopback.
func serve(t *testing.T) *turn.Server {
	t.Helper()
	return serveBy(t, time.Now)
}

func serveBy(t *testing.T, now func() time.Time) *turn.Server {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := turn.Serve(conn, turn.Options{
		Secret: []byte("the installation's"), Visitor: netip.Addr.String, Random: func(b []byte) { rand.Read(b) }, Now: now,
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
	return visit(t, s, as).Allocate()
}

// visit is a visitor who has no relay yet.
func visit(t *testing.T, s *turn.Server, as credentials) *client.Client {
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
	return c
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

// TestSpoofed gives no relay to who has credentials and says to be at another's
// address: packets would go there, and answers too.
func TestSpoofed(t *testing.T) {
	s := serve(t)
	as := issued(t, s)
	udp := stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}}
	ask := func(from net.Conn, more ...stun.Setter) *stun.Message {
		t.Helper()
		request := stun.MustBuild(append([]stun.Setter{stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), udp}, more...)...)
		if _, err := from.Write(request.Raw); err != nil {
			t.Fatal(err)
		}
		if err := from.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 1600)
		n, err := from.Read(p)
		answer := &stun.Message{Raw: p[:n]}
		if err != nil || answer.Decode() != nil || answer.TransactionID != request.TransactionID {
			t.Fatalf("the answer is %v, %v", answer, err)
		}
		return answer
	}
	var places [2]net.Conn
	var realms [2]stun.Realm
	var nonces [2]stun.Nonce
	for i := range places {
		conn, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", s.Port()))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		answer := ask(conn)
		if err := answer.Parse(&realms[i], &nonces[i]); err != nil {
			t.Fatal(err)
		}
		places[i] = conn
	}
	for _, row := range []struct{ at, told int }{{0, 1}, {1, 0}, {0, 0}, {1, 1}} {
		answer := ask(places[row.at], stun.NewUsername(as.name), realms[row.told], nonces[row.told],
			stun.NewLongTermIntegrity(as.name, realms[row.told].String(), as.password))
		if got := answer.Type.Class == stun.ClassSuccessResponse; got != (row.at == row.told) {
			t.Errorf("with what address %d was told, address %d is answered %s", row.told, row.at, answer)
		}
	}
}

// TestAsked are all that a relay may ask to reach: each is kept, and so they are not
// without end.
func TestAsked(t *testing.T) {
	s := serve(t)
	c := visit(t, s, issued(t, s))
	relay, err := c.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	for n := range 129 {
		err := c.CreatePermission(&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 2000 + n})
		if may := n < 128; may != (err == nil) {
			t.Fatalf("number %d: %v", n+1, err)
		}
	}
}

// TestStrangers have so many answers in a second: who says to be somebody else has
// them sent there.
func TestStrangers(t *testing.T) {
	const may, asked = 100, 150
	second, heard := time.Unix(1_800_000_000, 0), 0
	s := serveBy(t, func() time.Time { // is asked for the time of each stranger's packet
		if heard++; heard > asked {
			return second.Add(time.Second)
		}
		return second
	})
	conn, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", s.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for n := range asked + 1 {
		m := stun.MustBuild(stun.BindingRequest, stun.NewTransactionIDSetter([stun.TransactionIDSize]byte{byte(n)}))
		if _, err := conn.Write(m.Raw); err != nil {
			t.Fatal(err)
		}
	}
	var got []byte
	for len(got) == 0 || got[len(got)-1] != asked {
		if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 200)
		n, err := conn.Read(p)
		answer := &stun.Message{Raw: p[:n]}
		if err != nil || answer.Decode() != nil {
			t.Fatalf("after %d answers: %v", len(got), err)
		}
		got = append(got, answer.TransactionID[0])
	}
	if len(got) != may+1 || got[may-1] != may-1 {
		t.Errorf("%d of %d packets in a second are answered, and one in the next: %v", len(got)-1, asked, got)
	}
}

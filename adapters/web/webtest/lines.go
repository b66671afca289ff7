package webtest

import (
	"context"
	"crypto/rand"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/turn"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// lines are those to one server, which is as the document of 7AZZANI has it.
type lines struct{}

// Measure implements commands.Lines.
func (l lines) Measure(_ context.Context, server string) (commands.TestServer, domain.SpeedSamples, error) {
	s, err := l.Server(server)
	return s, domain.SpeedSamples{
		Idle:     []float64{12, 8.8, 12},
		Download: []domain.Transfer{{Size: 11_925_000, MS: 1000, Pings: []float64{30, 34}}},
		Upload:   []domain.Transfer{{Size: 5_650_000, MS: 1000, Pings: []float64{20, 22}}},
	}, err
}

// Server implements commands.Lines.
func (lines) Server(server string) (commands.TestServer, error) {
	if server != "" && server != "local" {
		return commands.TestServer{}, domain.Errorf(domain.Invalid, "there is no test server %q", server)
	}
	return commands.TestServer{ID: "local", Location: "New York, US"}, nil
}

// Packets are sent back until the test is over, but for each so-manieth of those that
// visitors send by their relays: that is lost on its way here. 0 is for none.
func Packets(t testing.TB, lost int) *turn.Server {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := turn.Serve(&losing{PacketConn: conn, each: lost}, turn.Options{
		Secret: []byte("the installation's"), Visitor: netip.Addr.String, Random: func(b []byte) { rand.Read(b) }, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// losing is a connection that loses each so-manieth packet of a channel (RFC 8656, 12).
// One reader has it.
type losing struct {
	net.PacketConn
	each, n int
}

// ReadFrom implements net.PacketConn.
func (l *losing) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := l.PacketConn.ReadFrom(p)
		if err != nil || n == 0 || l.each == 0 || p[0]>>6 != 1 {
			return n, from, err
		}
		if l.n++; l.n%l.each != 0 {
			return n, from, err
		}
	}
}

package webtest

import (
	"context"
	"crypto/rand"
	"net"
	"net/netip"
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

// packets are sent back until the test is over.
func (s *Server) packets() *turn.Server {
	s.t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	server, err := turn.Serve(conn, turn.Options{
		Secret: []byte("the installation's"), Visitor: netip.Addr.String, Random: func(b []byte) { rand.Read(b) }, Now: time.Now,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := server.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return server
}

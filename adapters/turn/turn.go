// Package turn sends packets of a visitor back to the same visitor, as a TURN
// server whose relays are in memory: who measures a line counts how many of them
// are lost on it. Nobody reaches anybody else by it.
package turn

import (
	"encoding/hex"
	"net"
	"net/netip"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// What one visitor, and all of them, may take.
const (
	lasts       = 2 * time.Minute // credentials, and each relay of theirs
	mostRelays  = 16              // of one set of credentials: a browser has some for each of its networks
	mostBytes   = 16 << 20        // that one set of credentials may have sent back
	ofVisitor   = 64              // relays of a visitor at one time
	ofAll       = 2048            // relays at one time
	mostAsked   = 128             // times that a relay may ask to reach another: browsers ask twice for each, and again
	ofStranger  = 100             // packets in a second of a visitor who has no relay yet
	ofStrangers = 2000            // and of all of them
	queue       = 1024            // packets that wait in a relay
	maxDatagram = 1600            // bytes
	realm       = "scanledger"    // which nobody is told: see realms
)

// Options are what a server needs.
type Options struct {
	Secret  []byte                  // of the credentials: another server of the same secret takes them too
	Visitor func(netip.Addr) string // the name under which an address is counted
	Random  func([]byte)
	Now     func() time.Time
}

// Server is a TURN server. It is safe for concurrent use.
type Server struct {
	options Options
	server  *turn.Server
	port    int
}

// Serve serves on a connection until Close, which closes that too. It writes no
// log: that would have addresses.
func Serve(conn net.PacketConn, o Options) (*Server, error) {
	s, guests, realms := &Server{options: o}, newGuests(o.Visitor, o.Now), realms{o.Secret}
	if at, ok := conn.LocalAddr().(*net.UDPAddr); ok {
		s.port = at.Port
	}
	silent := logging.NewDefaultLoggerFactory()
	silent.DefaultLogLevel, silent.ScopeLevels = logging.LogLevelDisabled, nil
	known := turn.LongTermTURNRESTAuthHandler(string(o.Secret), silent.NewLogger("turn"))
	var err error
	s.server, err = turn.NewServer(turn.ServerConfig{
		Realm: realm, LoggerFactory: silent, AllocationLifetime: lasts, InboundMTU: maxDatagram,
		AuthHandler: func(a *turn.RequestAttributes) (user string, key []byte, ok bool) {
			if a.Realm != realms.of(a.SrcAddr) {
				return "", nil, false
			}
			return known(a)
		},
		QuotaHandler: func(_, _ string, from net.Addr) bool { return guests.room(from) },
		EventHandler: turn.EventHandler{
			OnAllocationCreated: func(from, _ net.Addr, _, _, _ string, _ net.Addr, _ int) { guests.came(from) },
			OnAllocationDeleted: func(from, _ net.Addr, _, _, _ string) { guests.left(from) },
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: door{conn, guests, realms}, RelayAddressGenerator: newHub(), PermissionHandler: guests.mayReach}},
	})
	return s, err
}

// Port is the UDP port that it serves on.
func (s *Server) Port() int { return s.port }

// Credentials are somebody's who may have packets sent back from now on, for two
// minutes.
func (s *Server) Credentials() (name, password string, err error) {
	id := make([]byte, 16)
	s.options.Random(id)
	return turn.GenerateLongTermTURNRESTCredentials(string(s.options.Secret), hex.EncodeToString(id), lasts)
}

// Close ends all relays.
func (s *Server) Close() error { return s.server.Close() }

package tls

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// session is a connection after a whole handshake, from TLS 1.0 to 1.2, whose
// records are made by hand from there on. The handshake is crypto/tls's.
type session struct {
	*line
	version  uint16
	suite    uint16
	finished []byte // the client's
	ticket   []byte // nil when the server gave none
	out, in  *protection
}

// errNoSession is why an attack that needs a session cannot be tried.
var errNoSession = scanners.Skip("no version from TLS 1.0 to 1.2 is offered with a suite that a session can be made with")

// session makes a handshake with the suites that so holds for. The caller
// closes the session.
func (s *survey) session(ctx context.Context, so func(suite) bool) (*session, error) {
	if _, _, err := s.old(so); err != nil {
		return nil, err
	}
	version, suites, err := s.old(func(one suite) bool { _, able := protections[one]; return able && so(one) })
	if err != nil {
		return nil, errNoSession
	}
	l, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	var keys bytes.Buffer
	heard, tickets := &recorder{Conn: l.Conn}, &ticketPurse{}
	client := tls.Client(heard, &tls.Config{ServerName: s.name, InsecureSkipVerify: true, KeyLogWriter: &keys, ClientSessionCache: tickets,
		CipherSuites: suites, MinVersion: version, MaxVersion: version})
	if err := client.HandshakeContext(ctx); err != nil {
		l.Close()
		return nil, unmakeable(err)
	}
	state := client.ConnectionState()
	made := &session{line: l, version: version, suite: state.CipherSuite, finished: state.TLSUnique, ticket: tickets.ticket}
	if err := made.takeOver(keys.String(), heard); err != nil {
		l.Close()
		return nil, err
	}
	return made, nil
}

// unmakeable turns the fault of a handshake that the server or we do not like
// into a reason why there is no session; one of the network stays what it is.
func unmakeable(err error) error {
	if timedOut(err) {
		return err
	}
	return scanners.Skip("no whole handshake was possible: %s", strings.TrimPrefix(err.Error(), "remote error: "))
}

// takeOver derives the keys of the connection and goes on where the handshake
// has stopped: each side has sent one protected record, its Finished.
func (s *session) takeOver(keyLog string, heard *recorder) error {
	fields := strings.Fields(keyLog) // CLIENT_RANDOM, the random, the master secret
	server := randomOf(heard.received.Bytes())
	if len(fields) != 3 || server == nil {
		return errors.New("the handshake cannot be followed")
	}
	client, err := hex.DecodeString(fields[1])
	if err != nil {
		return err
	}
	master, err := hex.DecodeString(fields[2])
	if err != nil {
		return err
	}
	s.out, s.in = protect(suiteOf(s.suite), s.version, master, client, server)
	s.out.resume(heard.sent.Bytes())
	s.in.resume(heard.received.Bytes())
	s.line.in = bufio.NewReader(s.Conn)
	return nil
}

// randomOf finds the random of the ServerHello in what a server has sent.
func randomOf(received []byte) []byte {
	for len(received) >= 5 {
		size := int(binary.BigEndian.Uint16(received[3:]))
		if received[0] == handshakeRecord && len(received) >= 5+6+32 && received[5] == serverHello {
			return slices.Clone(received[11:43])
		}
		received = received[min(5+size, len(received)):]
	}
	return nil
}

// send protects content as a record in good form and sends it.
func (s *session) send(kind byte, content []byte) error {
	_, err := s.Write(enclose(kind, s.version, s.out.seal(kind, content, plainly)))
	return err
}

// recorder keeps what passes through a connection.
type recorder struct {
	net.Conn
	sent, received bytes.Buffer
}

func (r *recorder) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	r.received.Write(b[:n])
	return n, err
}

func (r *recorder) Write(b []byte) (int, error) {
	r.sent.Write(b)
	return r.Conn.Write(b)
}

// ticketPurse keeps the ticket of one session.
type ticketPurse struct{ ticket []byte }

// Get implements tls.ClientSessionCache: no session is ever resumed from it.
func (*ticketPurse) Get(string) (*tls.ClientSessionState, bool) { return nil, false }

// Put implements tls.ClientSessionCache.
func (p *ticketPurse) Put(_ string, state *tls.ClientSessionState) {
	if state == nil {
		return
	}
	if ticket, _, err := state.ResumptionState(); err == nil {
		p.ticket = ticket
	}
}

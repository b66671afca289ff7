package tls

import (
	"context"
	"time"
)

// renegotiation asks once, inside a session, for another handshake. A server
// that answers with one of its own can be made to do an asymmetric operation
// for each few bytes of the client's, as often as it likes; and where it does
// not know RFC 5746, an attacker can put a request of his own before another's.
// The answer is a handshake record where it agrees, and an alert, nothing, or the
// end where it does not: that is seen without opening it.
func renegotiation(ctx context.Context, s *survey) ([]string, error) {
	sess, err := s.session(ctx, func(suite) bool { return true })
	if err != nil {
		return nil, err
	}
	defer sess.Close()
	h := hello{version: sess.version, suites: []uint16{sess.suite}, groups: groupsFor(sess.version), name: s.name, finished: sess.finished}
	_, secure := s.best12().extensions[extRenegotiation]
	h.unsecured = !secure
	if err := sess.send(handshakeRecord, h.message()); err != nil {
		return nil, nil
	}
	sess.SetReadDeadline(time.Now().Add(s.patience()))
	for {
		switch kind, _ := sess.next(); kind {
		case handshakeRecord:
			return []string{"client_renegotiation"}, nil
		case alertRecord, hungUp, silent:
			return nil, nil
		}
	}
}

// best12 is the first answer of the best version before TLS 1.3.
func (s *survey) best12() reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := uint16(tls12); v > ssl30; v-- {
		if r, known := s.first[v]; known {
			return r
		}
	}
	return reply{}
}

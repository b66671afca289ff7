package tls

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"
	"time"
)

// heartbleed asks for 16 bytes to be sent back where only the 16 bytes of
// padding have come (RFC 6520, 4). Who does not check the length sends back
// that padding, which is ours: nothing of the server's memory. A heartbeat in
// good form follows, whose echo says that the server does answer those, and so
// has passed the first one over.
func heartbleed(ctx context.Context, s *survey) ([]string, error) {
	version, suites, err := s.old(func(suite) bool { return true })
	if err != nil {
		return nil, err
	}
	l, r, err := s.waiting(ctx, hello{version: version, suites: suites, extras: true})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if _, speaks := r.extensions[extHeartbeat]; !speaks {
		return nil, nil
	}
	ours := make([]byte, 48)
	rand.Read(ours) // never fails
	short := enclose(heartbeatRecord, version, slices.Concat([]byte{1, 0, 16}, ours[:16]))
	whole := enclose(heartbeatRecord, version, slices.Concat([]byte{1, 0, 16}, ours[16:]))
	if _, err := l.Write(append(short, whole...)); err != nil {
		return nil, nil // it hangs up on heartbeats
	}
	l.SetReadDeadline(time.Now().Add(s.patience()))
	for {
		switch kind, body := l.next(); {
		case kind != heartbeatRecord:
			return nil, nil
		case len(body) >= 19 && body[0] == 2 && bytes.Equal(body[3:19], ours[:16]):
			return []string{"heartbleed"}, nil
		case len(body) >= 19 && bytes.Equal(body[3:19], ours[16:32]):
			return nil, nil
		}
	}
}

// waiting opens a line and makes a handshake up to where the server waits for
// the client's key. The caller closes the line, which holds no turn: only few
// are open at once.
func (s *survey) waiting(ctx context.Context, h hello) (*line, reply, error) {
	h.name, h.groups = s.name, groupsFor(h.version)
	l, err := s.open(ctx)
	if err != nil {
		return nil, reply{}, err
	}
	r, err := l.greet(h)
	if err == nil && !r.done {
		err = errUnfinished
	}
	if err != nil {
		l.Close()
		return nil, reply{}, err
	}
	return l, r, nil
}

package tls

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// turn waits until one more connection may be open.
func (s *survey) turn(ctx context.Context) error {
	select {
	case s.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// line is a connection on which records are made and read by hand. It ends
// after handshakeTime, and at once when its context does.
type line struct {
	net.Conn
	in  *bufio.Reader
	end func()
}

func (s *survey) open(ctx context.Context) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	conn, err := s.dial(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	l := &line{Conn: conn, in: bufio.NewReader(conn), end: func() { stop(); cancel() }}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			l.Close()
			return nil, err
		}
	}
	return l, nil
}

// Close implements net.Conn.
func (l *line) Close() error {
	l.end()
	return l.Conn.Close()
}

// greet sends a hello and reads the server's first flight.
func (l *line) greet(h hello) (reply, error) {
	if _, err := l.Write(h.record()); err != nil {
		return reply{}, err
	}
	return readReply(l.in)
}

// The ways in which a connection ends that are no record.
const (
	hungUp = 0   // the server has closed it
	silent = 255 // nothing came until the time was over
)

// next reads one record; its kind is hungUp or silent where there is none.
func (l *line) next() (kind byte, body []byte) {
	var head [5]byte
	_, err := io.ReadFull(l.in, head[:])
	if err == nil {
		if size := int(binary.BigEndian.Uint16(head[3:])); size <= mostRecord {
			body = make([]byte, size)
			_, err = io.ReadFull(l.in, body)
		}
	}
	switch {
	case err == nil:
		return head[0], body
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed):
		return silent, nil
	default:
		return hungUp, nil
	}
}

// patience is how long a server is waited for that may have nothing to say:
// some of its round trips, and what it may take to think.
func (s *survey) patience() time.Duration {
	const think, most = 400 * time.Millisecond, 3 * time.Second
	return min(think+4*s.trip, most)
}

package embedded

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The broker takes every connection for one of a Kafka client's: a request of
// a kind that it does not know ends the whole process, and a length is believed
// before anything of that length has come. Port scanners and browsers send such
// things. So requests are looked at before the broker reads them, and what no
// client of Kafka's would send cuts its connection alone.

// maxKafkaRequest is Kafka's own default of socket.request.max.bytes.
const maxKafkaRequest = 100 << 20

// requestStart is what each request begins with: its length, then its kind,
// version, correlation and the length of the client's name.
const requestStart = 4 + 10

// frameListener hands out connections that carry well-formed requests alone.
type frameListener struct {
	net.Listener
	members *members
}

// Accept implements net.Listener.
func (l frameListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &frameConn{Conn: conn, members: l.members, mine: map[membership]bool{}}, nil
}

// frameConn reads requests; only one goroutine may read.
type frameConn struct {
	net.Conn
	start   [requestStart]byte
	pending []byte // what has been read and not handed out
	left    int    // bytes of the request that come after it

	members *members
	mu      sync.Mutex
	mine    map[membership]bool // nil when it is closed
}

// Close implements net.Conn.
func (c *frameConn) Close() error {
	err := c.Conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members.leave(c.LocalAddr(), c.mine)
	c.mine = nil
	return err
}

// Read implements net.Conn. It fails at a request that the broker cannot read.
func (c *frameConn) Read(p []byte) (int, error) {
	if len(c.pending) == 0 && c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if len(c.pending) > 0 {
		n := copy(p, c.pending)
		c.pending = c.pending[n:]
		return n, nil
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

func (c *frameConn) next() error {
	if _, err := io.ReadFull(c.Conn, c.start[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(c.start[:])
	key, version := int16(binary.BigEndian.Uint16(c.start[4:])), int16(binary.BigEndian.Uint16(c.start[6:]))
	if size < requestStart-4 || size > maxKafkaRequest || !knownRequest(key, version) {
		return fmt.Errorf("embedded kafka: no request: kind %d, version %d, %d bytes", key, version, size)
	}
	c.pending, c.left = c.start[:], int(size)-(requestStart-4)
	if !speaksOfMember(key) || size > maxGroupRequest {
		return nil
	}
	frame := make([]byte, requestStart+c.left)
	copy(frame, c.start[:])
	if _, err := io.ReadFull(c.Conn, frame[requestStart:]); err != nil {
		return err
	}
	c.pending, c.left = frame, 0
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mine != nil {
		note(c.mine, frame)
	}
	return nil
}

// knownRequest: a newer version than the broker's is only ever asked for by
// ApiVersions, which has an answer to it.
func knownRequest(key, version int16) bool {
	request := kmsg.RequestForKey(key)
	if request == nil || version < 0 {
		return false
	}
	return key == int16(kmsg.ApiVersions) || version <= request.MaxVersion()
}

package server

import (
	"net"
	"time"
)

// How much of a request that is refused unread is still taken off the line,
// and for how long: until it is silent, and no longer than this in all.
const (
	drainBytes  = 32 << 20
	drainSilent = 250 * time.Millisecond
	drainMax    = 5 * time.Second
)

// drain reads what the client still sends, and keeps nothing of it. A
// connection that is closed with something unread is reset, and the client
// may lose the answer that says why.
func drain(conn net.Conn) {
	end := time.Now().Add(drainMax)
	buffer := make([]byte, 32<<10)
	for left := drainBytes; left > 0 && time.Now().Before(end); {
		if err := conn.SetReadDeadline(time.Now().Add(drainSilent)); err != nil {
			return
		}
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		left -= n
	}
}

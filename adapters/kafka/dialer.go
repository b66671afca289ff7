package kafka

import (
	"net"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// dialer keeps the connections of one sarama client, so that they can be cut
// when a broker hangs: sarama itself waits out its read timeout.
type dialer struct {
	mu    sync.Mutex
	conns map[*tracked]struct{} // nil once it is cut
}

// tracked is a connection that the dialer forgets when it is closed.
type tracked struct {
	net.Conn
	d *dialer
}

// Close implements net.Conn.
func (t *tracked) Close() error {
	t.d.mu.Lock()
	delete(t.d.conns, t)
	t.d.mu.Unlock()
	return t.Conn.Close()
}

// through makes a configuration dial through a new dialer.
func through(c *sarama.Config) *dialer {
	d := &dialer{conns: make(map[*tracked]struct{})}
	c.Net.Proxy.Enable, c.Net.Proxy.Dialer = true, d
	return d
}

// Dial implements proxy.Dialer.
func (d *dialer) Dial(network, addr string) (net.Conn, error) {
	if d.isCut() {
		return nil, net.ErrClosed
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).Dial(network, addr)
	if err != nil {
		return nil, err
	}
	t := &tracked{Conn: conn, d: d}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conns == nil {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	d.conns[t] = struct{}{}
	return t, nil
}

func (d *dialer) isCut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conns == nil
}

// cut closes every connection, now and in future.
func (d *dialer) cut() {
	d.mu.Lock()
	conns := d.conns
	d.conns = nil
	d.mu.Unlock()
	for t := range conns {
		_ = t.Conn.Close()
	}
}

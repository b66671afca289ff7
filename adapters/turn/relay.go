package turn

import (
	"net"
	"sync"
	"time"
)

// relay is one relayed address. It lasts two minutes.
type relay struct {
	hub     *hub
	of      string // credentials
	at      *net.UDPAddr
	packets chan packet
	over    *time.Timer

	once   sync.Once
	closed chan struct{}
}

// packet is one that has come, and from which relay.
type packet struct {
	data []byte
	from net.Addr
}

// ReadFrom implements net.PacketConn.
func (r *relay) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case next := <-r.packets:
		return copy(p, next.data), next.from, nil
	case <-r.closed:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements net.PacketConn. What leads nowhere, is more than may be sent
// or finds a full queue is lost, as on a line.
func (r *relay) WriteTo(p []byte, to net.Addr) (int, error) {
	at, ok := to.(*net.UDPAddr)
	if !ok {
		return len(p), nil
	}
	if other := r.hub.to(r, at, len(p)); other != nil {
		select {
		case other.packets <- packet{append([]byte(nil), p...), r.at}:
		default:
		}
	}
	return len(p), nil
}

// Close implements net.PacketConn.
func (r *relay) Close() error {
	r.once.Do(func() {
		r.over.Stop()
		r.hub.mu.Lock()
		delete(r.hub.relays, r.at.Port)
		r.hub.mu.Unlock()
		close(r.closed)
	})
	return nil
}

// LocalAddr implements net.PacketConn.
func (r *relay) LocalAddr() net.Addr { return r.at }

// SetDeadline implements net.PacketConn: a relay waits until it is closed.
func (r *relay) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.PacketConn, as SetDeadline.
func (r *relay) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.PacketConn: writing never waits.
func (r *relay) SetWriteDeadline(time.Time) error { return nil }

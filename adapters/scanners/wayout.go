package scanners

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// refusing is how many addresses a way out tells one by one that it has refused.
const refusing = 50

// errHeavy is why a way out reads no more.
var errHeavy = errors.New("it weighs too much")

// WayOut is how a program that is not ours reaches the network: by what the guard lets a
// job's session dial, and until it has received so many bytes in all. It is safe
// for concurrent use.
type WayOut struct {
	ctx     context.Context
	net     *Session
	left    atomic.Int64
	mu      sync.Mutex
	refused []Refusal
}

// Refusal is an address that was asked for in vain.
type Refusal struct{ What, Why string }

// NewWayOut returns a way out whose connections all end with ctx.
func NewWayOut(ctx context.Context, session *Session, traffic int64) *WayOut {
	o := &WayOut{ctx: ctx, net: session}
	o.left.Store(traffic)
	return o
}

// Dial reaches out as Session.DialContext does.
func (o *WayOut) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := o.net.DialContext(ctx, network, address)
	if err != nil {
		o.refuse(address, err)
		return nil, err
	}
	m := &metered{Conn: c, left: &o.left}
	m.stop = context.AfterFunc(o.ctx, func() { c.Close() })
	return m, nil
}

func (o *WayOut) refuse(address string, err error) {
	if domain.CodeOf(err) != domain.Forbidden {
		return
	}
	r := Refusal{Plain(address), err.Error()}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.refused) < refusing && !slices.Contains(o.refused, r) {
		o.refused = append(o.refused, r)
	}
}

// Refusals are what the guard has refused, each once.
func (o *WayOut) Refusals() []Refusal {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.refused)
}

// Join hands on what comes from either side to the other until both have ended.
func (o *WayOut) Join(in net.Conn, from io.Reader, out net.Conn) {
	defer context.AfterFunc(o.ctx, func() { in.Close() })()
	var both sync.WaitGroup
	both.Go(func() { relay(out, from) })
	both.Go(func() { relay(in, out) })
	both.Wait()
}

// relay copies until one of both ends, and then says so to the other.
func relay(to net.Conn, from io.Reader) {
	io.Copy(to, from)
	if closeWrite(to) != nil {
		to.SetDeadline(time.Now())
	}
}

// closeWrite says to the other side that nothing more comes, where that can be said.
func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// metered is a connection whose bytes count.
type metered struct {
	net.Conn
	left *atomic.Int64
	stop func() bool
}

// Read implements net.Conn.
func (m *metered) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	if m.left.Add(-int64(n)) < 0 {
		return 0, errHeavy
	}
	return n, err
}

// CloseWrite says that nothing more comes.
func (m *metered) CloseWrite() error { return closeWrite(m.Conn) }

// Close implements net.Conn.
func (m *metered) Close() error {
	m.stop()
	return m.Conn.Close()
}

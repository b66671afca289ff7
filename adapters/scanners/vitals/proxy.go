package vitals

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const (
	traffic  = 256 << 20 // bytes that all of a page may weigh
	refusing = 50        // addresses whose refusal is told one by one
)

// proxy is a browser's only way out, and itself has none but the job's: what
// the guard refuses, the browser is refused.
type proxy struct {
	address string // for the page
	nowhere string // of another proxy, which refuses all that the browser asks for of its own accord
	net     *scanners.Session
	server  *http.Server
	refuser *http.Server
	forward *httputil.ReverseProxy
	ctx     context.Context
	cancel  context.CancelFunc
	open    sync.WaitGroup
	left    atomic.Int64
	mu      sync.Mutex
	refused []refusal
}

// refusal is an address that the page asked for in vain.
type refusal struct{ what, why string }

// listen starts a proxy where the room's children reach it.
func listen(ctx context.Context, room *scanners.Room, session *scanners.Session) (*proxy, error) {
	l, err := room.Listen()
	if err != nil {
		return nil, err
	}
	own, err := room.Listen()
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	p := &proxy{address: l.Addr().String(), nowhere: own.Addr().String(), net: session}
	p.ctx, p.cancel = context.WithCancel(ctx)
	p.left.Store(traffic)
	p.forward = &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host },
		Transport:    &http.Transport{DialContext: p.dial, DisableCompression: true, MaxResponseHeaderBytes: 256 << 10},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:     silent,
	}
	p.server = &http.Server{Handler: p, ErrorLog: silent, ReadHeaderTimeout: pageTime, BaseContext: func(net.Listener) context.Context { return p.ctx }}
	p.refuser = &http.Server{ErrorLog: silent, ReadHeaderTimeout: pageTime, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	})}
	p.open.Go(func() { p.server.Serve(l) })
	p.open.Go(func() { p.refuser.Serve(own) })
	return p, nil
}

var silent = log.New(io.Discard, "", 0)

// close ends all connections.
func (p *proxy) close() {
	p.cancel()
	p.server.Close()
	p.refuser.Close()
	p.forward.Transport.(*http.Transport).CloseIdleConnections()
	p.open.Wait()
}

// ServeHTTP implements http.Handler.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		p.connect(w, r)
	case r.URL.Scheme == "http":
		p.forward.ServeHTTP(w, r)
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// dial reaches out by the guard. The connection ends with the proxy, and when
// the page has had its share of bytes.
func (p *proxy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := p.net.DialContext(ctx, network, address)
	if err != nil {
		p.refuse(address, err)
		return nil, err
	}
	m := &metered{Conn: c, left: &p.left}
	m.stop = context.AfterFunc(p.ctx, func() { c.Close() })
	return m, nil
}

func (p *proxy) refuse(address string, err error) {
	if domain.CodeOf(err) != domain.Forbidden {
		return
	}
	r := refusal{address, err.Error()}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.refused) < refusing && !slices.Contains(p.refused, r) {
		p.refused = append(p.refused, r)
	}
}

func (p *proxy) refusals() []refusal {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.refused)
}

// connect joins the browser with an address.
func (p *proxy) connect(w http.ResponseWriter, r *http.Request) {
	out, err := p.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer out.Close()
	in, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer in.Close()
	defer context.AfterFunc(p.ctx, func() { in.Close() })()
	if _, err := fmt.Fprint(in, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	p.open.Add(1) // a hijacked connection is none of the server's
	defer p.open.Done()
	var both sync.WaitGroup
	both.Go(func() { relay(out, buffered) })
	both.Go(func() { relay(in, out) })
	both.Wait()
}

// relay copies until one of both ends, and then says so to the other.
func relay(to net.Conn, from io.Reader) {
	io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		return
	}
	to.SetDeadline(time.Now())
}

// metered is a connection of a page that may receive so much in all.
type metered struct {
	net.Conn
	left *atomic.Int64
	stop func() bool
}

var errHeavy = errors.New("the page weighs too much")

// Read implements net.Conn.
func (m *metered) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	if m.left.Add(-int64(n)) < 0 {
		return 0, errHeavy
	}
	return n, err
}

// Close implements net.Conn.
func (m *metered) Close() error {
	m.stop()
	return m.Conn.Close()
}

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
	"sync"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// traffic is how many bytes all of a page may weigh.
const traffic = 256 << 20

// proxy is a browser's only way out, and itself has none but the job's: what
// the guard refuses, the browser is refused.
type proxy struct {
	*scanners.WayOut
	address string // for the page
	nowhere string // of another proxy, which refuses all that the browser asks for of its own accord
	server  *http.Server
	refuser *http.Server
	forward *httputil.ReverseProxy
	ctx     context.Context
	cancel  context.CancelFunc
	open    sync.WaitGroup
}

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
	p := &proxy{address: l.Addr().String(), nowhere: own.Addr().String()}
	p.ctx, p.cancel = context.WithCancel(ctx)
	p.WayOut = scanners.NewWayOut(p.ctx, session, traffic)
	p.forward = &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host },
		Transport:    &http.Transport{DialContext: p.Dial, DisableCompression: true, MaxResponseHeaderBytes: 256 << 10},
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

// connect joins the browser with an address.
func (p *proxy) connect(w http.ResponseWriter, r *http.Request) {
	out, err := p.Dial(r.Context(), "tcp", r.Host)
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
	if _, err := fmt.Fprint(in, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	p.open.Add(1) // a hijacked connection is none of the server's
	defer p.open.Done()
	p.Join(in, buffered, out)
}

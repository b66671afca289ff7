package postgres

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a pool and the server. While cuts is above zero it cuts
// the connection where the server says that it has committed: nobody can know
// from this side whether it has.
type proxy struct {
	cuts   atomic.Int32
	target string
	wait   sync.WaitGroup
}

// startProxy returns the proxy and the URL of database through it.
func startProxy(t *testing.T, database string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: u.Host}
	p.wait.Go(func() { p.accept(l) })
	t.Cleanup(func() { l.Close(); p.wait.Wait() })
	u.Host = l.Addr().String()
	q := u.Query()
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	return p, u.String()
}

func (p *proxy) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		p.wait.Go(func() { p.serve(client) })
	}
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	p.wait.Go(func() {
		defer server.Close()
		p.copy(server, client, func([]byte) bool { return true })
	})
	p.copy(client, server, func(answer []byte) bool {
		return !bytes.Contains(answer, []byte("COMMIT\x00")) || p.cuts.Add(-1) < 0
	})
}

// copy passes on what pass lets through, and ends at what it does not.
func (p *proxy) copy(to io.Writer, from io.Reader, pass func([]byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || !pass(buffer[:n]) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

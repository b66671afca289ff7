package zap

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
)

const (
	traffic  = 16 << 30         // bytes that a whole scan may receive
	mostHead = 1 << 20          // bytes of a request before its body
	headTime = 30 * time.Second // that it may take to come
)

// proxy is ZAP's way to the site where ZAP is on this machine: it dials by the guard, and
// what the guard refuses ZAP gets no answer to. It hands on what ZAP sends byte for
// byte, however odd that is, but for the request's first line and what is between ZAP and
// a proxy alone; so each connection has one request.
type proxy struct {
	*scanners.WayOut
	listener net.Listener
	cancel   context.CancelFunc
	open     sync.WaitGroup
	used     atomic.Bool // whether anybody came
}

// listen starts a proxy on a free port of the loopback address.
func listen(ctx context.Context, session *scanners.Session) (*proxy, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	own, cancel := context.WithCancel(ctx)
	p := &proxy{WayOut: scanners.NewWayOut(own, session, traffic), listener: l, cancel: cancel}
	p.open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.used.Store(true)
			p.open.Go(func() {
				defer c.Close()
				defer context.AfterFunc(own, func() { c.Close() })()
				p.serve(own, c)
			})
		}
	})
	return p, nil
}

// close ends all connections.
func (p *proxy) close() {
	p.cancel()
	p.listener.Close()
	p.open.Wait()
}

// port is where it listens.
func (p *proxy) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// serve handles one connection of ZAP's. It ends without an answer where there is nobody to
// give one.
func (p *proxy) serve(ctx context.Context, in net.Conn) {
	in.SetReadDeadline(time.Now().Add(headTime))
	from := bufio.NewReader(in)
	head, err := readHead(from)
	if err != nil {
		return
	}
	in.SetReadDeadline(time.Time{})
	to, rest, err := route(head)
	if err != nil {
		return
	}
	out, err := p.Dial(ctx, "tcp", to)
	if err != nil {
		return
	}
	defer out.Close()
	if rest == nil {
		_, err = io.WriteString(in, "HTTP/1.1 200 Connection established\r\n\r\n")
	} else {
		_, err = out.Write(rest)
	}
	if err == nil {
		p.Join(in, from, out)
	}
}

// errHead is why a request goes nowhere.
var errHead = errors.New("it is no request to a proxy")

// readHead reads a request up to its empty line.
func readHead(from *bufio.Reader) (head []byte, err error) {
	for begins := true; len(head) < mostHead; {
		part, err := from.ReadSlice('\n')
		head = append(head, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			begins = false
		case err != nil:
			return nil, err
		case begins && len(bytes.TrimRight(part, "\r\n")) == 0:
			return head, nil
		default:
			begins = true
		}
	}
	return nil, errHead
}

// route reads where a request goes, and what is handed on of its head: nothing of a CONNECT.
func route(head []byte) (to string, rest []byte, err error) {
	first, fields, _ := bytes.Cut(head, []byte("\n"))
	method, target, _ := bytes.Cut(first, []byte(" "))
	if string(method) == "CONNECT" {
		address, _, _ := bytes.Cut(target, []byte(" "))
		return string(address), nil, nil
	}
	const scheme = "http://"
	if len(target) < len(scheme) || !bytes.EqualFold(target[:len(scheme)], []byte(scheme)) {
		return "", nil, errHead
	}
	target = target[len(scheme):]
	end := bytes.IndexAny(target, "/?# ")
	if end < 0 {
		return "", nil, errHead
	}
	at, err := url.Parse(scheme + string(target[:end]))
	if err != nil {
		return "", nil, errHead
	}
	to = net.JoinHostPort(at.Hostname(), first80(at.Port()))
	if _, _, err := net.SplitHostPort(to); err != nil {
		return "", nil, errHead
	}
	rest = append(append(rest, method...), ' ')
	if target[end] != '/' {
		rest = append(rest, '/')
	}
	rest = append(append(rest, target[end:]...), '\n')
	return to, append(rest, ofSite(fields)...), nil
}

func first80(port string) string {
	if port == "" {
		return "80"
	}
	return port
}

// between are the fields that are not the site's.
var between = [][]byte{[]byte("connection"), []byte("proxy-connection"), []byte("proxy-authorization"), []byte("keep-alive")}

// ofSite are a head's fields but those that are for a proxy, with the one that has the site
// end the connection after its answer.
func ofSite(fields []byte) []byte {
	kept := []byte("Connection: close\r\n")
	for line := range bytes.Lines(fields) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		if !isBetween(name) {
			kept = append(kept, line...)
		}
	}
	return kept
}

func isBetween(name []byte) bool {
	for _, b := range between {
		if bytes.EqualFold(name, b) {
			return true
		}
	}
	return false
}

package hostile

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// Target is a server that never ends, or that sends too much of something, until
// its caller hangs up.
type Target struct {
	Name        string
	TLS         bool                          // whether it is to be asked by HTTPS
	Serve       func(conn net.Conn, o Origin) // after the handshake; before any request is read
	Bare        func(conn net.Conn, o Origin) // instead of Serve, and of the handshake
	Protocol    string                        // by ALPN; "http/1.1" when empty
	Certificate func() (tls.Certificate, error)
}

// Origin is where a target stands, as in "http://a.test:8080".
type Origin string

// Targets are all of them.
var Targets = slices.Concat(plain, secure)

var plain = []Target{
	// bodies
	{Name: "endless body", Serve: page("", "", repeat("<p>more and more</p>\n"))},
	{Name: "endless body in chunks", Serve: page("Transfer-Encoding: chunked", "", repeat("13\r\n<p>more and more</p>\r\n"))},
	{Name: "endless line", Serve: page("", "<title>", repeat("aaaaaaaaaaaaaaaa"))},
	{Name: "gzip bomb", Serve: page("Content-Encoding: gzip", "", squeezed(gzipWriter))},
	{Name: "gzip bomb in gzip", Serve: page("Content-Encoding: gzip, gzip", "", squeezed(gzipWriter, gzipWriter))},
	{Name: "gzip bomb in three", Serve: page("Content-Encoding: gzip, gzip, gzip", "", squeezed(gzipWriter, gzipWriter, gzipWriter))},
	{Name: "gzip in forty layers", Serve: page("Content-Encoding: "+strings.Repeat("gzip, ", 39)+"gzip", "", squeezed(gzipWriter))},
	{Name: "gzip of many members", Serve: page("Content-Encoding: gzip", "", members())},
	{Name: "brotli bomb", Serve: page("Content-Encoding: br", "", squeezed(brotliWriter))},
	{Name: "brotli bomb in gzip", Serve: page("Content-Encoding: br, gzip", "", squeezed(brotliWriter, gzipWriter))},
	{Name: "deflate bomb", Serve: page("Content-Encoding: deflate", "", squeezed(zlibWriter))},
	{Name: "raw deflate bomb", Serve: page("Content-Encoding: deflate", "", squeezed(flateWriter))},
	{Name: "deep page", Serve: page("", "", repeat("<div><b>"))},
	{Name: "page of crossed elements", Serve: page("", "", repeat("<a><b><table><i>"))},
	{Name: "page of links", Serve: page("", "", numbered(`<a href="/%[1]d">%[1]d</a><script src="/%[1]d.js"></script><img src="/%[1]d.png"><link rel=stylesheet href="/%[1]d.css">`))},
	{Name: "page of attributes", Serve: page("", "<html ", numbered(`a%d="x" `))},
	{Name: "page of forms", Serve: page("", "", numbered(`<form action="http://x%d.test/"><input type=password>`))},
	{Name: "page of comments", Serve: page("", "", repeat("<!--<!-- jQuery v1.2.3 "))},
	{Name: "script of libraries", Serve: page("Content-Type: text/javascript", "", numbered("/*! jQuery v1.%d.0 */ eval(function(p,a,c,k,e,d){String.fromCharCode(1,2,3)})\n"))},
	{Name: "length that lies", Serve: page("Content-Length: 9223372036854775807", "", repeat("x"))},
	{Name: "length that is none", Serve: page("Content-Length: 5\r\nContent-Length: 6", "", repeat("x"))},
	// chunks
	{Name: "chunk of nonsense", Serve: page("Transfer-Encoding: chunked", "", repeat("zzzz\r\n"))},
	{Name: "chunk too large", Serve: page("Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFF\r\n", repeat("x"))},
	{Name: "chunk extension without end", Serve: page("Transfer-Encoding: chunked", "5;", repeat("a=b;"))},
	{Name: "chunks of a byte", Serve: page("Transfer-Encoding: chunked", "", repeat("1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n"))},
	{Name: "trailers without end", Serve: page("Transfer-Encoding: chunked\r\nTrailer: a", "0\r\n", repeat("a: b\r\n"))},
	// headers
	{Name: "hundred thousand headers", Serve: headers(numbered("X-%d: a header of many\r\n"))},
	{Name: "header of a hundred megabytes", Serve: headers(all("X-Long: ", repeat("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")))},
	{Name: "cookies without end", Serve: page(lines(4000, "Set-Cookie: c%d=1"), "<p>x</p>", nothing)},
	{Name: "policy without end", Serve: page("Content-Security-Policy: "+strings.Repeat("default-src 'self' *; script-src 'nonce-x' https:; ", 4000), "<p>x</p>", nothing)},
	{Name: "header without a name", Serve: headers(repeat(": x\r\n"))},
	{Name: "headers folded", Serve: headers(all("X-Folded: a\r\n", repeat(" a\r\n")))},
	{Name: "early hints without end", Serve: told("", repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"))},
	{Name: "continue without end", Serve: told("", repeat("HTTP/1.1 100 Continue\r\n\r\n"))},
	{Name: "switching protocols", Serve: told("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", repeat("x"))},
	{Name: "status line without end", Serve: told("HTTP/1.1 200 ", repeat("OK"))},
	{Name: "no HTTP", Serve: told("", repeat("\x00\xff\x16\x03\x01 SSH-2.0-x\r\n* OK IMAP4\r\n"))},
	// redirects
	{Name: "redirects without end", Serve: redirects(func(o Origin, path string) string { return string(o) + path + "x" })},
	{Name: "redirects that grow", Serve: redirects(func(o Origin, path string) string { return path + path[:min(len(path), 50_000)] + "?" })},
	{Name: "redirect to itself", Serve: redirects(func(_ Origin, path string) string { return path })},
	{Name: "redirect by many headers", Serve: page(lines(500, "Location: /%d"), "", nothing)},
	// time
	{Name: "a byte a second of headers", Serve: told("HTTP/1.1 200 OK\r\n", slowly("X-Slow: aaaaaaaaaaaaaaaa"))},
	{Name: "a byte a second of a body", Serve: page("Content-Length: 100000", "<p>", slowly("aaaaaaaa"))},
	{Name: "never an answer", Serve: told("", hang)},
	{Name: "never a banner", Bare: func(conn net.Conn, o Origin) { hang(conn, o) }},
	{Name: "banner without end", Bare: func(conn net.Conn, o Origin) { _ = repeat("220 \x1b[2J\x1b]0;owned\x07 ")(conn, o) }},
	{Name: "hangs up", Bare: func(net.Conn, Origin) {}},
}

// say is what a target goes on to say, until somebody hangs up.
type say func(w io.Writer, o Origin) error

// told reads a request's head, and then says what stands there and goes on.
func told(first string, more say) func(net.Conn, Origin) {
	return func(conn net.Conn, o Origin) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		if _, err := io.WriteString(conn, first); err == nil {
			_ = more(conn, o) // its caller has hung up
		}
	}
}

// page answers 200 with headers of its own and a body that goes on.
func page(header, first string, more say) func(net.Conn, Origin) {
	head := "HTTP/1.1 200 OK\r\n"
	if !strings.Contains(header, "Content-Type") {
		head += "Content-Type: text/html; charset=utf-8\r\n"
	}
	if header != "" {
		head += header + "\r\n"
	}
	return told(head+"\r\n"+first, more)
}

func headers(more say) func(net.Conn, Origin) { return told("HTTP/1.1 200 OK\r\n", more) }

// redirects answers each path with the next.
func redirects(next func(o Origin, path string) string) func(net.Conn, Origin) {
	return func(conn net.Conn, o Origin) {
		if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			fmt.Fprintf(conn, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", next(o, r.URL.RequestURI()))
		}
	}
}

// handshake reads what a client says first, and answers at its own pace.
func handshake(first string, more say) func(net.Conn, Origin) {
	return func(conn net.Conn, o Origin) {
		if _, err := conn.Read(make([]byte, 4096)); err != nil {
			return
		}
		if _, err := io.WriteString(conn, first); err == nil {
			_ = more(conn, o)
		}
	}
}

// hang says nothing until the caller hangs up.
func hang(w io.Writer, _ Origin) error {
	_, err := io.Copy(io.Discard, w.(io.Reader))
	return err
}

func nothing(io.Writer, Origin) error { return nil }

func repeat(what string) say {
	block := []byte(strings.Repeat(what, 32<<10/len(what)+1))
	return func(w io.Writer, _ Origin) (err error) {
		for err == nil {
			_, err = w.Write(block)
		}
		return err
	}
}

// numbered says the same again and again, with another number.
func numbered(form string) say {
	return func(w io.Writer, _ Origin) (err error) {
		buffered := bufio.NewWriterSize(w, 32<<10)
		for n := 0; err == nil; n++ {
			_, err = fmt.Fprintf(buffered, form, n)
		}
		return err
	}
}

func all(first string, more say) say {
	return func(w io.Writer, o Origin) error {
		if _, err := io.WriteString(w, first); err != nil {
			return err
		}
		return more(w, o)
	}
}

func lines(n int, form string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(form, i)
	}
	return strings.Join(list, "\r\n")
}

func slowly(what string) say {
	return func(w io.Writer, _ Origin) error {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for i := 0; ; i++ {
			if _, err := io.WriteString(w, what[i%len(what):][:1]); err != nil {
				return err
			}
			<-tick.C
		}
	}
}

type packer func(io.Writer) io.WriteCloser

func gzipWriter(w io.Writer) io.WriteCloser   { return gzip.NewWriter(w) }
func zlibWriter(w io.Writer) io.WriteCloser   { return zlib.NewWriter(w) }
func brotliWriter(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }
func flateWriter(w io.Writer) io.WriteCloser {
	f, err := flate.NewWriter(w, flate.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	return f
}

// squeezed says 32 MiB of spaces, packed by the first of the packers, that by the
// second and so on, and hangs.
func squeezed(by ...packer) say {
	pack := sync.OnceValue(func() []byte {
		text := bytes.Repeat([]byte(" "), 32<<20)
		for _, p := range by {
			var packed bytes.Buffer
			z := p(&packed)
			_, _ = z.Write(text) // into memory
			_ = z.Close()
			text = packed.Bytes()
		}
		return text
	})
	return func(w io.Writer, o Origin) error {
		if _, err := w.Write(pack()); err != nil {
			return err
		}
		return hang(w, o)
	}
}

// members is a gzip file that begins anew again and again.
func members() say {
	var one bytes.Buffer
	z := gzip.NewWriter(&one)
	_ = z.Close() // into memory
	return repeat(one.String())
}

// Play serves a target on a listener until that is closed, and ends when all that
// it began has.
func (x Target) Play(l net.Listener, o Origin) error {
	config := &tls.Config{NextProtos: []string{cmp.Or(x.Protocol, "http/1.1")}}
	if x.TLS && x.Bare == nil {
		make := ordinary
		if x.Certificate != nil {
			make = x.Certificate
		}
		certificate, err := make()
		if err != nil {
			return err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	var served sync.WaitGroup
	open := map[net.Conn]bool{}
	for {
		conn, err := l.Accept()
		if err != nil {
			for conn := range open {
				conn.Close()
			}
			served.Wait()
			return nil
		}
		open[conn] = true
		served.Go(func() {
			defer conn.Close()
			switch {
			case x.Bare != nil:
				x.Bare(conn, o)
			case x.TLS:
				x.Serve(tls.Server(conn, config), o)
			default:
				x.Serve(conn, o)
			}
		})
	}
}

package scanners

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

const mib = 1 << 20

func encode(coding string, body []byte) []byte {
	var out bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&out)
	case "br":
		w = brotli.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "raw deflate":
		w, _ = flate.NewWriter(&out, flate.BestSpeed)
	}
	w.Write(body)
	w.Close()
	return out.Bytes()
}

func TestFetchDecodes(t *testing.T) {
	text := []byte(strings.Repeat("The quick brown fox. ", 100))
	for name, c := range map[string]struct {
		coding    []string
		wire      []byte
		want      []byte
		truncated bool
	}{
		"none":            {nil, text, text, false},
		"identity":        {[]string{"identity"}, text, text, false},
		"gzip":            {[]string{"gzip"}, encode("gzip", text), text, false},
		"GZip":            {[]string{" GZip "}, encode("gzip", text), text, false},
		"x-gzip":          {[]string{"x-gzip"}, encode("gzip", text), text, false},
		"br":              {[]string{"br"}, encode("br", text), text, false},
		"deflate":         {[]string{"deflate"}, encode("deflate", text), text, false},
		"raw deflate":     {[]string{"deflate"}, encode("raw deflate", text), text, false},
		"two in a header": {[]string{"gzip, br"}, encode("br", encode("gzip", text)), text, false},
		"two headers":     {[]string{"deflate", "gzip"}, encode("gzip", encode("deflate", text)), text, false},
		"two gzip parts":  {[]string{"gzip"}, append(encode("gzip", text), encode("gzip", text)...), append(bytes.Clone(text), text...), false},
		"empty":           {[]string{"gzip"}, nil, nil, false},
		"cut":             {[]string{"gzip"}, encode("gzip", text)[:60], nil, true},
		"not gzip":        {[]string{"gzip"}, text, nil, true},
		"not br":          {[]string{"br"}, text, nil, true},
		"one byte":        {[]string{"deflate"}, []byte("x"), nil, true},
		"unknown":         {[]string{"zstd"}, text, nil, true},
		"too many":        {[]string{"gzip,gzip,gzip,gzip"}, encode("gzip", encode("gzip", encode("gzip", encode("gzip", text)))), nil, true},
	} {
		s := newSite(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Encoding"] = c.coding
			w.Write(c.wire)
		})
		answer, err := s.Fetch(context.Background(), Request{URL: s.url(t, "http", "/")})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if (answer.BodyError != nil) != c.truncated || answer.Truncated != c.truncated {
			t.Errorf("%s: truncated = %v, %v", name, answer.Truncated, answer.BodyError)
		}
		if !c.truncated && (!bytes.Equal(answer.Body, c.want) || answer.WireSize != int64(len(c.wire))) {
			t.Errorf("%s: %d bytes from %d on the wire; want %d from %d", name, len(answer.Body), answer.WireSize, len(c.want), len(c.wire))
		}
	}
}

func TestFetchCutsBodies(t *testing.T) {
	for size, truncated := range map[int]bool{99: false, 100: false, 101: true, 5000: true} {
		for _, coding := range []string{"", "gzip", "br"} {
			s := newSite(t, nil, func(w http.ResponseWriter, _ *http.Request) {
				body := bytes.Repeat([]byte("a"), size)
				if coding != "" {
					w.Header().Set("Content-Encoding", coding)
					body = encode(coding, body)
				}
				w.Write(body)
			})
			answer, err := s.Fetch(context.Background(), Request{URL: s.url(t, "http", "/"), MaxBody: 100})
			if err != nil || len(answer.Body) != min(size, 100) || answer.Truncated != truncated || answer.BodyError != nil {
				t.Errorf("%d bytes %s: %+v, %v", size, coding, answer, err)
			}
		}
	}
}

// TestHostileBodies has bodies without an end, or with one out of all
// proportion. Each server writes until it is cut off.
func TestHostileBodies(t *testing.T) {
	random := make([]byte, mib*3/4)
	rand.NewChaCha8([32]byte{}).Read(random)
	long := []byte(hex.EncodeToString(random))
	for name, c := range map[string]struct {
		coding string
		write  func(w io.Writer)
		body   int
	}{
		"endless":        {"", forever("", "endless"), mib},
		"long gzip":      {"gzip", forever(string(encode("gzip", long)), "more"), mib},
		"long br":        {"br", forever(string(encode("br", long)), "more"), mib},
		"long zlib":      {"deflate", forever(string(encode("deflate", long)), "more"), mib},
		"br bomb":        {"br", forever(string(encode("br", make([]byte, 8*mib))), "more"), mib},
		"empty members":  {"gzip", forever("", strings.Repeat(string(encode("gzip", nil)), 1000)), 0},
		"bomb in a bomb": {"gzip, gzip", forever(string(encode("gzip", encode("gzip", make([]byte, 8*mib)))), "more"), mib},
	} {
		for scheme, config := range map[string]*tls.Config{"http": nil, "https": {}} {
			s := newSite(t, config, func(w http.ResponseWriter, _ *http.Request) {
				if c.coding != "" {
					w.Header().Set("Content-Encoding", c.coding)
				}
				c.write(w)
			})
			answer, err := s.Fetch(context.Background(), Request{URL: s.url(t, scheme, "/"), MaxBody: mib, Timeout: time.Minute})
			if err != nil {
				t.Errorf("%s over %s: %v", name, scheme, err)
				continue
			}
			if len(answer.Body) != c.body || cap(answer.Body) > 2*mib || !answer.Truncated || answer.WireSize > 3*mib {
				t.Errorf("%s over %s: %d bytes of body in %d of memory from %d on the wire, truncated = %v",
					name, scheme, len(answer.Body), cap(answer.Body), answer.WireSize, answer.Truncated)
			}
		}
	}
}

// forever writes first, and then the same over and over until nobody reads it.
func forever(first, then string) func(io.Writer) {
	return func(w io.Writer) {
		_, err := io.WriteString(w, first)
		for block := strings.Repeat(then, 1+4096/len(then)); err == nil; {
			_, err = io.WriteString(w, block)
		}
	}
}

// TestSlowServers has servers that keep a connection open and say little.
func TestSlowServers(t *testing.T) {
	release := make(chan struct{})
	head := "HTTP/1.1 200 OK\r\nX-Seen: yes\r\n\r\n"
	for name, c := range map[string]struct {
		says string
		read bool
	}{
		"nothing": {"", false}, "half a status line": {"HTTP/1.1 2", false}, "no end of headers": {"HTTP/1.1 200 OK\r\nA: b\r\n", false},
		"no body": {head, true}, "half a body": {head + "half", true},
	} {
		s := newRawSite(t, func(w io.Writer) {
			io.WriteString(w, c.says)
			<-release
		})
		_, body, _ := strings.Cut(c.says, "\r\n\r\n")
		answer, err := s.Fetch(context.Background(), Request{URL: s.url(t, "http", "/"), Timeout: 50 * time.Millisecond})
		switch {
		case !c.read && !errors.Is(err, context.DeadlineExceeded):
			t.Errorf("%s: %v, want the deadline", name, err)
		case c.read && (err != nil || !answer.Truncated || !errors.Is(answer.BodyError, context.DeadlineExceeded) ||
			string(answer.Body) != body || answer.Header.Get("X-Seen") != "yes"):
			t.Errorf("%s: %+v, %v; want what there was, and the deadline", name, answer, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.Fetch(ctx, Request{URL: s.url(t, "http", "/")}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v, want the context's error", name, err)
		}
	}
	close(release)
}

// TestSlowHTTP2 has a server that stops in the middle of a stream, and wants
// the connection closed all the same.
func TestSlowHTTP2(t *testing.T) {
	for _, status := range []int{0, http.StatusOK} {
		closed := make(chan struct{})
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if status != 0 {
				w.WriteHeader(status)
				io.WriteString(w, "half")
				w.(http.Flusher).Flush()
			}
			<-closed
		}))
		server.EnableHTTP2 = true
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				close(closed)
			}
		}
		server.StartTLS()
		s := siteAt(t, server.Listener.Addr())
		answer, err := s.Fetch(context.Background(), Request{URL: s.url(t, "https", "/"), Timeout: 100 * time.Millisecond})
		if status == 0 && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("no answer: %v, want the deadline", err)
		}
		if status != 0 && (err != nil || answer.Proto != "HTTP/2.0" || string(answer.Body) != "half" || !errors.Is(answer.BodyError, context.DeadlineExceeded)) {
			t.Errorf("half an answer: %+v, %v; want what there was, and the deadline", answer, err)
		}
		<-closed
		server.Close()
	}
}

// TestHostileHeaders has headers that are none, or have no end.
func TestHostileHeaders(t *testing.T) {
	says := func(s string) func(io.Writer) { return func(w io.Writer) { io.WriteString(w, s) } }
	for name, write := range map[string]func(w io.Writer){
		"one header without end":    forever("HTTP/1.1 200 OK\r\nX: ", "aaaaaaaaaaaaaaaa"),
		"headers without end":       forever("HTTP/1.1 200 OK\r\n", "X: aaaaaaaaaaaaaaaa\r\n"),
		"status line without end":   forever("HTTP/1.1 200 ", "aaaaaaaaaaaaaaaa"),
		"interim answers forever":   forever("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
		"folded lines without end":  forever("HTTP/1.1 200 OK\r\nX: a\r\n", " aaaaaaaaaaaaaa\r\n"),
		"not HTTP":                  says("SSH-2.0-OpenSSH_9.2\r\n"),
		"no such status":            says("HTTP/1.1 99999 X\r\n\r\n"),
		"no headers without end":    forever("HTTP/1.1 200 OK\r\n", "no header at all\r\n"),
		"lengths without end":       forever("HTTP/1.1 200 OK\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n"),
		"another transfer encoding": says("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
	} {
		s := newRawSite(t, write)
		if answer, err := s.Fetch(context.Background(), Request{URL: s.url(t, "http", "/"), Timeout: time.Minute}); err == nil {
			t.Errorf("%s: %d, %d bytes of evidence", name, answer.Status, len(answer.Raw))
		}
	}
}

// TestOddHeaders has headers that browsers get along with, and so do we.
func TestOddHeaders(t *testing.T) {
	for name, head := range map[string]string{
		"negative length": "Content-Length: -1\r\n", "two lengths": "Content-Length: 1\r\nContent-Length: 2\r\n", "a control character": "X\x00: a\r\n",
	} {
		s := newRawSite(t, func(w io.Writer) { io.WriteString(w, "HTTP/1.1 200 OK\r\n"+head+"\r\nab") })
		answer, err := s.Fetch(context.Background(), Request{URL: s.url(t, "http", "/"), Timeout: time.Minute})
		if err != nil || len(answer.Odd) != 1 || !strings.HasPrefix("ab", string(answer.Body)) || len(answer.Body) == 0 {
			t.Errorf("%s: %+v, %v", name, answer, err)
		}
	}
}

func TestHeaderLimit(t *testing.T) {
	for _, config := range []*tls.Config{nil, {}} {
		for size, fits := range map[int]bool{200 << 10: true, 300 << 10: false} {
			s := newSite(t, config, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Large", strings.Repeat("a", size))
			})
			scheme := map[bool]string{true: "http", false: "https"}[config == nil]
			if _, err := s.Fetch(context.Background(), Request{URL: s.url(t, scheme, "/")}); (err == nil) != fits {
				t.Errorf("%d bytes of headers over %s: %v, want fits = %v", size, scheme, err, fits)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, coding := range []string{"gzip", "br", "deflate", "raw deflate"} {
		f.Add(strings.TrimPrefix(coding, "raw "), encode(coding, []byte("some text, some more text")))
	}
	f.Add("gzip, br", []byte{})
	f.Add("deflate", []byte{0x78})
	f.Fuzz(func(t *testing.T, coding string, wire []byte) {
		a := &Answer{Header: http.Header{"Content-Encoding": {coding}}}
		a.readBody(bytes.NewReader(wire), 4096, nil)
		if len(a.Body) > 4096 || a.WireSize > int64(len(wire)) || a.BodyError != nil && !a.Truncated {
			t.Fatalf("%d bytes of body from %d of %d: truncated = %v, %v", len(a.Body), a.WireSize, len(wire), a.Truncated, a.BodyError)
		}
	})
}

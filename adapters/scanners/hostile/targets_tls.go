package hostile

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

var secure = []Target{
	{Name: "handshake of a byte a second", TLS: true, Bare: handshake("\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03", slowly("\x00"))},
	{Name: "handshake without end", TLS: true, Bare: handshake("", repeat("\x16\x03\x03\x00\x04\x02\xff\xff\xff"))},
	{Name: "handshake of empty records", TLS: true, Bare: handshake("", repeat("\x16\x03\x03\x00\x00"))},
	{Name: "handshake of warnings", TLS: true, Bare: handshake("", repeat("\x15\x03\x03\x00\x02\x01\x5a"))},
	{Name: "handshake that is none", TLS: true, Bare: handshake("", repeat("HTTP/1.1 400 Bad Request\r\n\r\n"))},
	{Name: "endless body by TLS", TLS: true, Serve: page("", "", repeat("<p>more and more</p>\n"))},
	{Name: "certificate of ten thousand names", TLS: true, Serve: page("", "<p>x</p>", nothing), Certificate: named(10_000)},
	{Name: "certificate of two hundred thousand names", TLS: true, Serve: page("", "<p>x</p>", nothing), Certificate: named(200_000)},
	{Name: "chain of four hundred certificates", TLS: true, Serve: page("", "<p>x</p>", nothing), Certificate: chained(400)},
	{Name: "key of sixteen thousand bits", TLS: true, Serve: page("", "<p>x</p>", nothing), Certificate: wide},
	{Name: "HTTP/2: continuations without end", TLS: true, Protocol: "h2", Serve: frames(continuations)},
	{Name: "HTTP/2: headers that unpack", TLS: true, Protocol: "h2", Serve: frames(unpacking)},
	{Name: "HTTP/2: body without end", TLS: true, Protocol: "h2", Serve: frames(answered(func(f *http2.Framer, id uint32) error { return f.WriteData(id, false, make([]byte, 16<<10)) }))},
	{Name: "HTTP/2: data of no length", TLS: true, Protocol: "h2", Serve: frames(answered(func(f *http2.Framer, id uint32) error { return f.WriteData(id, false, nil) }))},
	{Name: "HTTP/2: padding alone", TLS: true, Protocol: "h2", Serve: frames(answered(func(f *http2.Framer, id uint32) error { return f.WriteDataPadded(id, false, nil, make([]byte, 255)) }))},
	{Name: "HTTP/2: pings", TLS: true, Protocol: "h2", Serve: frames(again(func(f *http2.Framer, _ uint32) error { return f.WritePing(false, [8]byte{}) }))},
	{Name: "HTTP/2: settings", TLS: true, Protocol: "h2", Serve: frames(again(func(f *http2.Framer, _ uint32) error {
		return f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1})
	}))},
	{Name: "HTTP/2: windows", TLS: true, Protocol: "h2", Serve: frames(again(func(f *http2.Framer, id uint32) error { return f.WriteWindowUpdate(0, 1) }))},
	{Name: "HTTP/2: frames of no kind", TLS: true, Protocol: "h2", Serve: frames(again(func(f *http2.Framer, id uint32) error { return f.WriteRawFrame(0xee, 0, id, make([]byte, 1<<14)) }))},
	{Name: "HTTP/2: pushes", TLS: true, Protocol: "h2", Serve: frames(again(func(f *http2.Framer, id uint32) error {
		return f.WritePushPromise(http2.PushPromiseParam{StreamID: id, PromiseID: 2, EndHeaders: true})
	}))},
	{Name: "HTTP/2: hints without end", TLS: true, Protocol: "h2", Serve: frames(again(func(f *http2.Framer, id uint32) error {
		return f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block(":status", "103", "link", "</a>"), EndHeaders: true})
	}))},
	{Name: "HTTP/2: goes away", TLS: true, Protocol: "h2", Serve: frames(func(f *http2.Framer, _ uint32) error { return f.WriteGoAway(0, http2.ErrCodeNo, nil) })},
	{Name: "HTTP/2: resets", TLS: true, Protocol: "h2", Serve: frames(again(func(f *http2.Framer, id uint32) error { return f.WriteRSTStream(id, http2.ErrCodeRefusedStream) }))},
	{Name: "HTTP/2: never an answer", TLS: true, Protocol: "h2", Serve: frames(func(f *http2.Framer, _ uint32) error { return drain(f) })},
	{Name: "HTTP/2 that is none", TLS: true, Protocol: "h2", Serve: page("", "", repeat("<p>more and more</p>"))},
}

// frames speaks HTTP/2 until the first request has come, and then as it likes.
func frames(more func(f *http2.Framer, stream uint32) error) func(net.Conn, Origin) {
	return func(conn net.Conn, _ Origin) {
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		f := http2.NewFramer(conn, conn)
		if err := f.WriteSettings(); err != nil {
			return
		}
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			if frame.Header().Type == http2.FrameHeaders {
				go func() { _ = drain(http2.NewFramer(io.Discard, conn)) }() // it goes on to speak
				_ = more(f, frame.Header().StreamID)                         // until the caller hangs up
				return
			}
		}
	}
}

func drain(f *http2.Framer) error {
	for {
		if _, err := f.ReadFrame(); err != nil {
			return err
		}
	}
}

// block is a header block.
func block(pairs ...string) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]}) // into memory
	}
	return b.Bytes()
}

func again(one func(f *http2.Framer, stream uint32) error) func(*http2.Framer, uint32) error {
	return func(f *http2.Framer, id uint32) (err error) {
		for err == nil {
			err = one(f, id)
		}
		return err
	}
}

// answered answers 200, and goes on with the body.
func answered(one func(f *http2.Framer, stream uint32) error) func(*http2.Framer, uint32) error {
	return func(f *http2.Framer, id uint32) error {
		err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block(":status", "200", "content-type", "text/html"), EndHeaders: true})
		if err != nil {
			return err
		}
		return again(one)(f, id)
	}
}

func continuations(f *http2.Framer, id uint32) error {
	err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block(":status", "200")})
	for n := 0; err == nil; n++ {
		err = f.WriteContinuation(id, false, block(fmt.Sprintf("x-%d", n), strings.Repeat("a", 1000)))
	}
	return err
}

// unpacking names one long header once, and then by a byte each time.
func unpacking(f *http2.Framer, id uint32) error {
	head := block(":status", "200", "x-long", strings.Repeat("a", 3900))
	err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: head})
	for err == nil {
		err = f.WriteContinuation(id, false, bytes.Repeat([]byte{0x80 | 62}, 16<<10))
	}
	return err
}

func ordinary() (tls.Certificate, error) { return named(1)() }

// named is a certificate of many names.
func named(n int) func() (tls.Certificate, error) {
	return func() (tls.Certificate, error) {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("host-%d.test", i)
		}
		return signed(&x509.Certificate{DNSNames: names}, nil)
	}
}

// chained shows the same certificate again and again, as if each had signed the
// one before.
func chained(n int) func() (tls.Certificate, error) {
	return func() (tls.Certificate, error) {
		c, err := signed(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil)
		for range n {
			c.Certificate = append(c.Certificate, c.Certificate[0])
		}
		return c, err
	}
}

// wide has a public key that takes long to use, and that nobody has the other
// half of.
func wide() (tls.Certificate, error) {
	n := new(big.Int).Lsh(big.NewInt(1), 16383)
	return signed(&x509.Certificate{}, &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 1<<31 - 1})
}

func signed(c *x509.Certificate, public any) (made tls.Certificate, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return made, err
	}
	if public == nil {
		public = &key.PublicKey
	}
	c.SerialNumber, c.Subject = big.NewInt(1), pkix.Name{CommonName: "hostile.test"}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	raw, err := x509.CreateCertificate(rand.Reader, c, c, public, key)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, err
}

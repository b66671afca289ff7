package tls

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// reply is what a server answers to a hello, as far as it is in the clear.
type reply struct {
	version     uint16
	suite       uint16
	compression byte
	retry       bool   // it was a HelloRetryRequest
	group       uint16 // the group of the key exchange, 0 if unknown
	dhBits      int    // size of the prime, for DHE
	extensions  map[uint16][]byte
	session     []byte   // the session's id
	chain       [][]byte // certificates in DER; none in TLS 1.3, where they are encrypted
	stapled     bool     // an OCSP answer came along
	asksClient  bool     // the server asks for the client's certificate
	done        bool     // the server waits for us: all before its Finished has been read
}

// alert is a TLS alert: the server speaks TLS, and does not like what it was
// offered.
type alert byte

// The alerts that mean something to us, RFC 8446, 6.2.
const (
	protocolVersion       alert = 70
	inappropriateFallback alert = 86
	unrecognizedName      alert = 112
)

// Error implements error.
func (a alert) Error() string { return fmt.Sprintf("TLS alert %d", byte(a)) }

// errNotTLS means that the other side speaks something else.
var errNotTLS = errors.New("the answer is not TLS")

var errMalformed = errors.New("malformed TLS message")

const (
	mostRecord = 1<<14 + 2048
	mostFlight = 256 << 10 // bytes of one server's first flight
)

// The types of records, RFC 5246, 6.2.1, and RFC 6520, 3.
const (
	cipherRecord      = 20
	alertRecord       = 21
	handshakeRecord   = 22
	applicationRecord = 23
	heartbeatRecord   = 24
)

// The handshake messages that are read.
const (
	serverHello       = 2
	certificate       = 11
	serverKeyExchange = 12
	certificateAsk    = 13
	serverHelloDone   = 14
	certificateStatus = 22
)

// helloRetry is the random of a HelloRetryRequest, RFC 8446, 4.1.3.
var helloRetry = []byte("\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91" +
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c")

// readReply reads the server's first flight up to where it is encrypted or
// waits for us. It returns an alert, errNotTLS or errMalformed where there is
// no good ServerHello, and the reader's error where nothing came. What breaks
// off after the ServerHello is returned without an error.
func readReply(from io.Reader) (reply, error) {
	f := flight{from: bufio.NewReader(from), left: mostFlight}
	var r reply
	for {
		kind, body, err := f.message()
		if err == nil {
			err = r.take(kind, body)
		}
		if err != nil {
			if r.version != 0 && !errors.Is(err, errMalformed) {
				return r, nil
			}
			return r, err
		}
		if kind == serverHelloDone || r.retry || r.version == tls13 {
			r.done = kind == serverHelloDone
			return r, nil
		}
	}
}

// flight puts handshake messages together from records.
type flight struct {
	from   *bufio.Reader
	left   int // bytes that may still be read
	data   []byte
	spoken bool // a record of TLS has come
}

func (f *flight) message() (kind byte, body []byte, err error) {
	for {
		if len(f.data) >= 4 {
			size := int(f.data[1])<<16 | int(f.data[2])<<8 | int(f.data[3])
			if size > mostFlight {
				return 0, nil, errMalformed
			}
			if len(f.data) >= 4+size {
				kind, body = f.data[0], f.data[4:4+size]
				f.data = f.data[4+size:]
				return kind, body, nil
			}
		}
		if err := f.record(); err != nil {
			return 0, nil, err
		}
	}
}

func (f *flight) record() error {
	var head [5]byte
	if n, err := io.ReadFull(f.from, head[:]); err != nil {
		if n > 0 && !f.spoken && head[0] != alertRecord && head[0] != handshakeRecord {
			return errNotTLS
		}
		return err
	}
	size := int(binary.BigEndian.Uint16(head[3:]))
	if head[1] != 3 || head[0] != alertRecord && head[0] != handshakeRecord || size == 0 || size > mostRecord {
		if f.spoken {
			return errMalformed
		}
		return errNotTLS
	}
	if f.left -= len(head) + size; f.left < 0 {
		return errMalformed
	}
	f.spoken = true
	body := make([]byte, size)
	if _, err := io.ReadFull(f.from, body); err != nil {
		return err
	}
	if head[0] == handshakeRecord {
		f.data = append(f.data, body...)
		return nil
	}
	if size != 2 {
		return errMalformed
	}
	const warning = 1
	if body[0] == warning && alert(body[1]) == unrecognizedName {
		return nil // RFC 6066, 3: the handshake goes on
	}
	return alert(body[1])
}

func (r *reply) take(kind byte, body []byte) error {
	switch {
	case kind == serverHello:
		return r.takeHello(body)
	case r.version == 0:
		return errMalformed
	case kind == certificate:
		return r.takeChain(body)
	case kind == certificateStatus:
		r.stapled = len(body) > 4 && body[0] == 1
	case kind == certificateAsk:
		r.asksClient = true
	case kind == serverKeyExchange:
		r.takeKey(body)
	}
	return nil
}

func (r *reply) takeHello(body []byte) error {
	c := cursor{body}
	version, random := c.word(), c.bytes(32)
	r.session = c.bytes(int(c.byte()))
	r.suite, r.compression = c.word(), c.byte()
	r.extensions = map[uint16][]byte{}
	rest := cursor{c.bytes(int(c.word()))}
	if random == nil {
		return errMalformed
	}
	for len(rest.rest) >= 4 {
		kind := rest.word()
		data := rest.bytes(int(rest.word()))
		if data == nil {
			return errMalformed
		}
		r.extensions[kind] = data
	}
	if chosen := r.extensions[extVersions]; len(chosen) == 2 {
		version = binary.BigEndian.Uint16(chosen)
	}
	if version < ssl30 || version > tls13 {
		return errMalformed
	}
	r.version = version
	if version == tls13 {
		r.retry = bytes.Equal(random, helloRetry)
		if share := r.extensions[extKeyShare]; len(share) >= 2 {
			r.group = binary.BigEndian.Uint16(share)
		}
	}
	return nil
}

func (r *reply) takeChain(body []byte) error {
	c := cursor{body}
	list := cursor{c.bytes(c.size24())}
	for len(list.rest) > 0 {
		der := list.bytes(list.size24())
		if len(der) == 0 {
			return errMalformed
		}
		r.chain = append(r.chain, der)
	}
	return nil
}

// takeKey reads the group of ECDHE (RFC 8422, 5.4) or the prime of DHE.
func (r *reply) takeKey(body []byte) {
	c := cursor{body}
	switch suiteOf(r.suite).exchange() {
	case exchangeECDHE:
		if namedCurve := byte(3); c.byte() == namedCurve {
			r.group = c.word()
		}
	case exchangeDHE:
		prime := bytes.TrimLeft(c.bytes(int(c.word())), "\x00")
		if len(prime) > 0 {
			r.dhBits = 8*(len(prime)-1) + bits.Len8(prime[0])
		}
	}
}

// cursor reads numbers and bytes in turn; past the end it yields zeros and nil.
type cursor struct{ rest []byte }

func (c *cursor) bytes(n int) []byte {
	if n > len(c.rest) {
		c.rest = nil
		return nil
	}
	got := c.rest[:n:n]
	c.rest = c.rest[n:]
	return got
}

func (c *cursor) byte() byte {
	if b := c.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) word() uint16 { return uint16(c.byte())<<8 | uint16(c.byte()) }

func (c *cursor) size24() int { return int(c.byte())<<16 | int(c.word()) }

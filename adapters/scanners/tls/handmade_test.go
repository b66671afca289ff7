package tls

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"net"
	"slices"
	"testing"
)

// handmade is a server of TLS 1.2 with one suite, TLS_RSA_WITH_AES_128_CBC_SHA,
// that is as wrong as a test wants it to be: what stands for programs that
// nobody can install any more. The zero value does everything right.
type handmade struct {
	heartbeats bool // it speaks them
	bleeds     bool // it believes their length
	takesCCS   bool // before there are keys
	// cannotDecrypt is what it says to whatever it does not expect.
	cannotDecrypt bool
	unsecured     bool // it does not know RFC 5746
	renegotiates  bool
	tickets       bool
	overlong      bool // session ids that come back have 32 bytes
	// keyed answers a key: whether it was in good form. The alert is sent at
	// once; 0 for one like all others, after the Finished.
	keyed func(good bool) alert
	// malformed answers a record by what is wrong with it.
	malformed func(padding, mac, empty bool) []alert

	certificate tls.Certificate
}

const theSuite = 0x002f

// listen serves until the test ends.
func (h *handmade) listen(t *testing.T) int {
	t.Helper()
	h.certificate = leaf(t, rsaKey(), false, nil)
	return plain(t, func(c net.Conn) {
		l := &line{Conn: c, in: bufio.NewReader(c), end: func() {}}
		v := &visit{handmade: h, line: l}
		v.serve()
	})
}

// visit is one connection.
type visit struct {
	*handmade
	*line
	said           []byte // all handshake messages
	client, server []byte // randoms
	out, in        *protection
}

func (v *visit) say(messages ...[]byte) {
	for _, m := range messages {
		v.said = append(v.said, m...)
		v.Write(enclose(handshakeRecord, tls12, m))
	}
}

func (v *visit) alert(a alert) { v.Write(enclose(alertRecord, tls12, []byte{2, byte(a)})) }

func message(kind byte, body []byte) []byte {
	return slices.Concat([]byte{kind, 0}, prefixed16(body))
}

func (v *visit) serve() {
	kind, hello := v.next()
	if kind != handshakeRecord {
		return
	}
	resumed, ok := v.hello(hello)
	if !ok || resumed {
		return
	}
	v.say(message(certificate, func() []byte {
		der := v.certificate.Certificate[0]
		one := append([]byte{byte(len(der) >> 16)}, prefixed16(der)...)
		return append([]byte{byte(len(one) >> 16)}, prefixed16(one)...)
	}()), []byte{serverHelloDone, 0, 0, 0})
	v.key()
}

// hello answers a ClientHello. An answer to a ticket is the last: nobody here
// goes on with a resumed session.
func (v *visit) hello(m []byte) (resumed, ok bool) {
	v.said = m
	c := cursor{m[4:]}
	version := c.word()
	v.client = slices.Clone(c.bytes(32))
	id := c.bytes(int(c.byte()))
	suites := cursor{c.bytes(int(c.word()))}
	found := false
	for len(suites.rest) > 0 {
		found = suites.word() == theSuite || found
	}
	c.bytes(int(c.byte()))
	extensions := map[uint16][]byte{}
	for rest := (cursor{c.bytes(int(c.word()))}); len(rest.rest) > 0; {
		kind := rest.word()
		extensions[kind] = rest.bytes(int(rest.word()))
	}
	if version < tls12 || !v.speaks12(extensions) {
		v.alert(protocolVersion)
		return false, false
	}
	if !found {
		v.alert(40)
		return false, false
	}
	var answers []byte
	if !v.unsecured {
		answers = append(answers, extension(extRenegotiation, []byte{0})...)
	}
	if _, asked := extensions[extHeartbeat]; asked && v.heartbeats {
		answers = append(answers, extension(extHeartbeat, []byte{1})...)
	}
	ticket, asked := extensions[extTicket]
	if asked && v.tickets {
		answers = append(answers, extension(extTicket, nil)...)
	}
	v.server = make([]byte, 32)
	rand.Read(v.server)
	if resumed = len(ticket) > 0 && v.tickets; resumed && v.overlong {
		id = append(slices.Clone(id), make([]byte, 32-len(id))...)
	} else if !resumed {
		id = nil
	}
	v.say(message(serverHello, slices.Concat(words(tls12), v.server, []byte{byte(len(id))}, id, words(theSuite), []byte{0}, prefixed16(answers))))
	return resumed, true
}

// speaks12 is false of hellos that want TLS 1.3 alone.
func (v *visit) speaks12(extensions map[uint16][]byte) bool {
	offered, given := extensions[extVersions]
	return !given || slices.ContainsFunc(slices.Collect(slices.Chunk(offered[1:], 2)), func(b []byte) bool { return binary.BigEndian.Uint16(b) == tls12 })
}

// key reads the client's key and what may come before it.
func (v *visit) key() {
	for {
		kind, body := v.next()
		switch {
		case kind == heartbeatRecord:
			v.heartbeat(body)
		case kind == cipherRecord && v.takesCCS:
			v.next()
			v.alert(badRecordMAC)
			return
		case kind == handshakeRecord && body[0] == clientKeyExchange:
			v.said = append(v.said, body...)
			v.finish(body[6:])
			return
		case kind == hungUp || kind == silent:
			return
		case v.cannotDecrypt:
			v.alert(badRecordMAC)
			return
		default:
			v.alert(10)
			return
		}
	}
}

// heartbeat echoes what a request brings, or what it says that it brings.
func (v *visit) heartbeat(body []byte) {
	claims := int(binary.BigEndian.Uint16(body[1:]))
	memory := append(slices.Clone(body), "memory that is nobody's business"...)
	if 3+claims+16 > len(body) && !v.bleeds {
		return // RFC 6520, 4: discarded silently
	}
	v.Write(enclose(heartbeatRecord, tls12, slices.Concat([]byte{2}, words(uint16(claims)), memory[3:3+claims], make([]byte, 16))))
}

// finish goes on from the encrypted key to the end of the handshake.
func (v *visit) finish(sealed []byte) {
	secret, err := rsa.DecryptPKCS1v15(nil, v.certificate.PrivateKey.(*rsa.PrivateKey), sealed)
	good := err == nil && len(secret) == 48 && binary.BigEndian.Uint16(secret) == tls12
	if v.keyed != nil {
		if a := v.keyed(good); a != 0 {
			v.alert(a)
			return
		}
	}
	if !good {
		secret = make([]byte, 48)
	}
	master := prf(tls12, sha256.New, secret, slices.Concat([]byte("master secret"), v.client, v.server), 48)
	v.in, v.out = protect(suiteOf(theSuite), tls12, master, v.client, v.server)
	v.in.number, v.out.number = 0, 0
	if kind, _ := v.next(); kind != cipherRecord {
		return
	}
	_, body := v.next()
	finished, ok := v.unseal(handshakeRecord, body)
	if !ok {
		v.alert(badRecordMAC)
		return
	}
	v.said = append(v.said, finished...)
	if v.tickets {
		v.say(message(4, append([]byte{0, 0, 1, 0}, prefixed16([]byte("a ticket"))...)))
	}
	v.Write(enclose(cipherRecord, tls12, []byte{1}))
	sum := sha256.Sum256(v.said)
	v.seal(handshakeRecord, message(20, prf(tls12, sha256.New, master, append([]byte("server finished"), sum[:]...), 12)))
	v.talk()
}

func (v *visit) seal(kind byte, content []byte) {
	v.Write(enclose(kind, tls12, v.out.seal(kind, content, plainly)))
}

// unseal opens a record; ok is whether all of it is right, and told to
// malformed where it is not.
func (v *visit) unseal(kind byte, body []byte) (content []byte, ok bool) {
	padding, mac, content := v.check(kind, body)
	if padding && mac {
		v.in.number++
	}
	return content, padding && mac
}

func (v *visit) check(kind byte, body []byte) (padding, mac bool, content []byte) {
	size := v.in.block.BlockSize()
	if len(body) < 2*size {
		return false, false, nil
	}
	n := len(body) - size
	sealed := slices.Clone(body)
	content = v.in.open(kind, sealed)
	if content == nil {
		return false, false, nil
	}
	shadow := *v.in
	sum := shadow.sum(kind, content)
	whole := make([]byte, n)
	copy(whole, decrypted(v.in, body))
	got := whole[len(content) : len(content)+len(sum)]
	pad := whole[len(content)+len(sum):]
	padding = !slices.ContainsFunc(pad, func(b byte) bool { return b != pad[len(pad)-1] })
	return padding, hmac.Equal(sum, got), content
}

// talk is the session after its handshake.
func (v *visit) talk() {
	for {
		kind, body := v.next()
		switch kind {
		case hungUp, silent:
			return
		case handshakeRecord:
			if v.renegotiates {
				v.seal(handshakeRecord, message(serverHello, make([]byte, 40)))
			} else {
				v.seal(alertRecord, []byte{1, 100})
			}
		case applicationRecord:
			padding, mac, content := v.check(kind, body)
			answer := []alert{badRecordMAC}
			if v.malformed != nil {
				answer = v.malformed(padding, mac, content == nil || len(content) == 0)
			}
			if padding && mac || len(answer) == 0 {
				v.seal(applicationRecord, []byte("HTTP/1.0 204 No Content\r\n\r\n"))
				return
			}
			for _, a := range answer {
				v.seal(alertRecord, []byte{2, byte(a)})
			}
			return
		}
	}
}

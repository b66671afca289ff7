package tls

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"slices"
)

const ssl20 = 0x0002

// ssl2 is what a server answers to a hello of SSL 2: its certificate, and the
// kinds of ciphers that it has in common with us, which are all.
type ssl2 struct {
	certificate []byte
	kinds       []string
}

// helloOfSSL2 is a CLIENT-HELLO with all kinds of ciphers. Nothing follows it:
// the server's answer says all that there is to know.
func helloOfSSL2() []byte {
	var kinds []byte
	for _, k := range kindsOfSSL2 {
		kinds = append(kinds, byte(k.wire>>16), byte(k.wire>>8), byte(k.wire))
	}
	challenge := make([]byte, 16)
	rand.Read(challenge) // never fails
	const clientHello = 1
	body := slices.Concat([]byte{clientHello}, words(ssl20, uint16(len(kinds)), 0, uint16(len(challenge))), kinds, challenge)
	return append(words(0x8000|uint16(len(body))), body...)
}

// offersSSL2 is nil where the server does not answer in SSL 2. It returns an
// error where nothing was heard.
func (s *survey) offersSSL2(ctx context.Context) (*ssl2, error) {
	if err := s.turn(ctx); err != nil {
		return nil, err
	}
	defer func() { <-s.turns }()
	l, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if _, err := l.Write(helloOfSSL2()); err != nil {
		return nil, heard(err)
	}
	answer, err := readSSL2(l.in)
	return answer, heard(err)
}

// heard leaves of errors those that say nothing of what the server offers.
func heard(err error) error {
	if unheard(err) {
		return err
	}
	return nil
}

// readSSL2 reads a SERVER-HELLO.
func readSSL2(from io.Reader) (*ssl2, error) {
	var head [2]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint16(head[:])
	if size&0x8000 == 0 {
		return nil, errNotTLS // an alert of TLS, for example
	}
	body := make([]byte, size&0x7fff)
	if _, err := io.ReadFull(from, body); err != nil {
		return nil, err
	}
	c := cursor{body}
	const serverHello = 4
	if kind := c.byte(); kind != serverHello {
		return nil, errNotTLS
	}
	c.bytes(2) // whether the session is known, and the certificate's type
	version, certificate, kinds := c.word(), int(c.word()), int(c.word())
	c.word() // length of the connection's id
	answer := &ssl2{certificate: c.bytes(certificate)}
	if version != ssl20 || answer.certificate == nil && certificate > 0 {
		return nil, errMalformed
	}
	for rest := (cursor{c.bytes(kinds)}); len(rest.rest) >= 3; {
		wire := rest.size24()
		for _, k := range kindsOfSSL2 {
			if k.wire == wire {
				answer.kinds = append(answer.kinds, string(k.name))
			}
		}
	}
	return answer, nil
}

// ssl2 looks for SSL 2, which a server should not have had since 1996.
func (l *look) ssl2(ctx context.Context) {
	if l.skip(l.asked.Versions || l.asked.Suites, "protocol SSLv2") {
		return
	}
	defer l.step()
	if err := l.survey.noSSL2; err != nil {
		l.cover("protocol SSLv2", err)
		return
	}
	found := l.survey.ssl2
	l.cover("protocol SSLv2", nil)
	if l.asked.Versions {
		l.end.Protocols["SSLv2"] = found != nil
	}
	if found != nil && l.asked.Suites && len(found.kinds) > 0 {
		l.end.Ciphers["SSLv2"] = found.kinds
	}
}

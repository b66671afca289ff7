package tls

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// robot sends keys of RSA key exchange in five forms, one right and four wrong
// (https://robotattack.org/), and looks whether the answers differ: by them an
// attacker decrypts recorded traffic. Each goes on with a Finished, and once
// more with the end of the connection in its place. Differences must come back when they are asked for
// again, or they are chance.
func robot(ctx context.Context, s *survey) ([]string, error) {
	version, suites, err := s.old(suite.keyInRSA)
	if err != nil {
		return nil, err
	}
	h := hello{version: version, suites: suites}
	for _, whole := range []bool{true, false} {
		first, err := s.oracle(ctx, h, whole)
		if err != nil {
			return nil, err
		}
		if alike(first) {
			continue
		}
		again, err := s.oracle(ctx, h, whole)
		if err != nil {
			return nil, err
		}
		if slices.Equal(first, again) {
			return []string{"robot"}, nil
		}
	}
	return nil, nil
}

func alike(answers []string) bool {
	return !slices.ContainsFunc(answers, func(a string) bool { return a != answers[0] })
}

// oracle returns the answers to the five forms.
func (s *survey) oracle(ctx context.Context, h hello, whole bool) ([]string, error) {
	answers, faults := make([]string, forms), make([]error, forms)
	var works sync.WaitGroup
	for form := range forms {
		works.Go(func() { answers[form], faults[form] = s.keyed(ctx, h, form, whole) })
	}
	works.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// keyed sends one form of key and returns how the server reacts.
func (s *survey) keyed(ctx context.Context, h hello, form int, whole bool) (string, error) {
	if err := s.turn(ctx); err != nil {
		return "", err
	}
	defer func() { <-s.turns }()
	l, r, err := s.waiting(ctx, h)
	if err != nil {
		return "", err
	}
	defer l.Close()
	key, err := rsaKeyOf(r)
	if err != nil {
		return "", err
	}
	sealed := prefixed16(sealedKey(key, h.version, form))
	flight := enclose(handshakeRecord, h.version, slices.Concat([]byte{clientKeyExchange, 0}, prefixed16(sealed)))
	if !whole {
		const fatal, userCanceled = 2, 90
		flight = append(flight, enclose(alertRecord, h.version, []byte{fatal, userCanceled})...)
	} else {
		noise := make([]byte, 48)
		rand.Read(noise) // never fails
		flight = slices.Concat(flight, enclose(cipherRecord, h.version, []byte{1}), enclose(handshakeRecord, h.version, noise))
	}
	if _, err := l.Write(flight); err != nil {
		return "hangs up", nil
	}
	return l.reaction(s.patience(), func(_ byte, body []byte) []byte { return body }), nil
}

const clientKeyExchange = 16

func rsaKeyOf(r reply) (*rsa.PublicKey, error) {
	if len(r.chain) == 0 {
		return nil, errUnfinished
	}
	leaf, err := x509.ParseCertificate(r.chain[0])
	if err != nil {
		return nil, err
	}
	key, is := leaf.PublicKey.(*rsa.PublicKey)
	if !is || key.Size() < 11+48 {
		return nil, scanners.Skip("the certificate has no RSA key of 472 bits or more")
	}
	return key, nil
}

// forms is how many forms of a key there are.
const forms = 5

// sealedKey is a premaster secret in one of the forms, encrypted as it is. Form
// 0 is what RFC 8017, 7.2.1, and RFC 5246, 7.4.7.1, ask for.
func sealedKey(key *rsa.PublicKey, version uint16, form int) []byte {
	block := make([]byte, key.Size())
	rand.Read(block) // never fails
	for i, b := range block {
		block[i] = max(b, 1) // no zeros but those that are put there
	}
	at := len(block) - 48
	block[0], block[1], block[at-1] = 0, 2, 0
	copy(block[at:], words(version))
	switch form {
	case 1: // no block of type 2
		block[0], block[1] = 0x41, 0x17
	case 2: // the zero is where the secret would be too short
		block[at-1], block[len(block)-2] = 0x11, 0
		copy(block[at:], []byte{0x11, 0x11})
	case 3: // no zero at all
		block[at-1] = 0x11
		copy(block[at:], []byte{0x11, 0x11})
	case 4: // a version that nobody has offered
		copy(block[at:], words(0x0202))
	}
	sealed := new(big.Int).Exp(new(big.Int).SetBytes(block), big.NewInt(int64(key.E)), key.N)
	return sealed.FillBytes(make([]byte, key.Size()))
}

// reaction is what a server does from here on, in words that can be compared:
// the records that it sends, opened by open, and how it ends.
func (l *line) reaction(patience time.Duration, open func(kind byte, body []byte) []byte) string {
	l.SetReadDeadline(time.Now().Add(patience))
	var said []string
	const most = 8
	for range most {
		kind, body := l.next()
		switch kind {
		case hungUp:
			return strings.Join(append(said, "hangs up"), ", ")
		case silent:
			return strings.Join(append(said, "is silent"), ", ")
		case alertRecord:
			said = append(said, fmt.Sprintf("alert %x", open(kind, body)))
		default:
			said = append(said, fmt.Sprintf("record of type %d", kind))
		}
	}
	return strings.Join(said, ", ")
}

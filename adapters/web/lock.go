package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"

	"github.com/google/uuid"
)

// lock is what an Idempotency-Key opens. All of it is derived from the key and
// the installation's secret: who has only the store can neither read an answer
// nor try out what was asked for.
type lock struct {
	record string // the record's name
	print  []byte // key of fingerprints
	answer []byte // key of the answer
	shown  []byte // key of what is shown once
}

// kept is an answer as it is sealed.
type kept struct {
	Status int                 `json:"status"`
	Header map[string][]string `json:"header"`
	Body   []byte              `json:"body"`
}

// lockOf is the lock of a key. Each account has keys of its own; where there
// is no account, each address has.
func (g *Gate) lockOf(account uuid.UUID, address netip.Addr, key string) (lock, error) {
	scope := "account " + account.String()
	if account == uuid.Nil {
		scope = "address " + address.String()
	}
	const size = sha256.Size
	b, err := hkdf.Key(sha256.New, g.AnswerKey, nil, scope+"\n"+key, 4*size)
	if err != nil {
		return lock{}, fmt.Errorf("lock of an Idempotency-Key: %w", err)
	}
	return lock{
		record: base64.RawURLEncoding.EncodeToString(b[:size]),
		print:  b[size : 2*size], answer: b[2*size : 3*size], shown: b[3*size:],
	}, nil
}

// fingerprint tells requests apart by all their parts.
func (l lock) fingerprint(parts ...string) []byte {
	mac := hmac.New(sha256.New, l.print)
	for _, p := range parts {
		fmt.Fprintf(mac, "%d\n%s\n", len(p), p)
	}
	return mac.Sum(nil)
}

// seed is what secrets are made of that are shown once. The salt is gone with
// the first answer, and the seed with it.
func (l lock) seed(salt []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, l.shown, salt, "shown once", sha256.Size)
}

// seal encrypts an answer (AES-256-GCM, a fresh nonce), bound to its record.
func (l lock) seal(a kept, random func([]byte)) ([]byte, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	aead, err := l.aead()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	random(nonce)
	return aead.Seal(nonce, nonce, plain, []byte(l.record)), nil
}

func (l lock) open(sealed []byte) (a kept, err error) {
	aead, err := l.aead()
	if err != nil {
		return a, err
	}
	n := aead.NonceSize()
	if len(sealed) < n {
		return a, io.ErrUnexpectedEOF
	}
	plain, err := aead.Open(nil, sealed[:n], sealed[n:], []byte(l.record))
	if err != nil {
		return a, fmt.Errorf("kept answer: %w", err)
	}
	return a, json.Unmarshal(plain, &a)
}

func (l lock) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(l.answer)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

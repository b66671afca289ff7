package tls

import (
	"context"
	"crypto/rand"
	"errors"
	"time"
)

var errUnfinished = errors.New("the server broke its handshake off")

// The alerts of records that could not be decrypted.
const (
	badRecordMAC     alert = 20
	decryptionFailed alert = 21
)

// injection sends ChangeCipherSpec before any key was agreed on. A vulnerable
// server takes it, and then fails to decrypt what follows; a patched one turns
// it down. The control leaves ChangeCipherSpec out: who complains of decryption
// then too complains of it whatever comes.
func injection(ctx context.Context, s *survey) ([]string, error) {
	version, suites, err := s.old(func(suite) bool { return true })
	if err != nil {
		return nil, err
	}
	h := hello{version: version, suites: suites}
	early, err := s.undecryptable(ctx, h, enclose(cipherRecord, version, []byte{1}))
	if err != nil || !early {
		return nil, err
	}
	always, err := s.undecryptable(ctx, h, nil)
	if err != nil || always {
		return nil, err
	}
	return []string{"ccs_injection"}, nil
}

// undecryptable sends first and then a record that nobody can decrypt, in the
// middle of a handshake, and reports whether that is what the server says of it.
func (s *survey) undecryptable(ctx context.Context, h hello, first []byte) (bool, error) {
	l, _, err := s.waiting(ctx, h)
	if err != nil {
		return false, err
	}
	defer l.Close()
	noise := make([]byte, 64)
	rand.Read(noise)           // never fails
	noise[0], noise[1] = 20, 0 // as plain text it is a Finished
	if _, err := l.Write(append(first, enclose(handshakeRecord, h.version, noise)...)); err != nil {
		return false, nil
	}
	l.SetReadDeadline(time.Now().Add(s.patience()))
	for {
		kind, body := l.next()
		switch {
		case kind == hungUp || kind == silent:
			return false, nil
		case kind == alertRecord && len(body) == 2:
			return alert(body[1]) == badRecordMAC || alert(body[1]) == decryptionFailed, nil
		}
	}
}

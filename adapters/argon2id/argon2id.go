// Package argon2id hashes passwords and checks them.
package argon2id

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Passwords = (*Hasher)(nil)

// parameters of a hash.
type parameters struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

// present are the parameters of OWASP ASVS 5.0.0, appendix C: one pass over 46 MiB.
var present = parameters{memory: 46 * 1024, passes: 1, lanes: 1}

const (
	saltSize = 16
	hashSize = 32
)

// queue is how many wait for each processor at most, and comeBack what the
// others are told. A hash takes some 25 ms.
const (
	queue    = 8
	comeBack = time.Second
)

// Hasher makes as many hashes at once as there are processors, and so bounds
// their memory. It is safe for concurrent use.
type Hasher struct {
	waiting chan struct{} // those that work and those that wait
	working chan struct{}
}

// New returns a hasher for this process.
func New() *Hasher {
	n := runtime.NumCPU()
	return &Hasher{waiting: make(chan struct{}, n*(1+queue)), working: make(chan struct{}, n)}
}

// Hash implements commands.Passwords.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	sum, err := h.sum(ctx, present, password, salt)
	return present.phc(salt, sum), err
}

// Check implements commands.Passwords. A hash that cannot be read is nobody's.
func (h *Hasher) Check(ctx context.Context, hash, password string) (fits, outdated bool, err error) {
	p, salt, want, ok := parse(hash)
	if !ok {
		p, salt = present, make([]byte, saltSize)
	}
	sum, err := h.sum(ctx, p, password, salt)
	fits = err == nil && ok && subtle.ConstantTimeCompare(sum, want) == 1
	return fits, fits && p != present, err
}

// sum takes a turn, and refuses when too many wait already.
func (h *Hasher) sum(ctx context.Context, p parameters, password string, salt []byte) ([]byte, error) {
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, &domain.Error{Code: domain.Unavailable, Message: "Too many passwords are being checked. Try again in a moment.", Wait: comeBack}
	}
	defer func() { <-h.waiting }()
	select {
	case h.working <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.working }()
	return argon2.IDKey([]byte(password), salt, p.passes, p.memory, p.lanes, hashSize), nil
}

// phc writes a hash in the PHC string format.
func (p parameters) phc(salt, sum []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes, b64(salt), b64(sum))
}

// most bounds what a stored hash may ask for: one that was tampered with takes
// no more memory and time than a few of ours.
var most = parameters{memory: 256 * 1024, passes: 16, lanes: 16}

// parse reads a hash in the PHC string format; false for what is none.
func parse(phc string) (p parameters, salt, sum []byte, ok bool) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, false
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil || n != 3 {
		return p, nil, nil, false
	}
	salt, failed := base64.RawStdEncoding.DecodeString(parts[4])
	sum, wrong := base64.RawStdEncoding.DecodeString(parts[5])
	sound := failed == nil && wrong == nil && len(sum) == hashSize && p.passes >= 1 && p.lanes >= 1
	return p, salt, sum, sound && p.memory <= most.memory && p.passes <= most.passes && p.lanes <= most.lanes
}

// Package argon2id hashes passwords.
package argon2id

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime"

	"golang.org/x/crypto/argon2"
)

// Parameters of OWASP ASVS 5.0.0, appendix C: one pass over 46 MiB.
const (
	passes   = 1
	memory   = 46 * 1024 // KiB
	lanes    = 1
	saltSize = 16
	hashSize = 32
)

// working bounds how many hashes are made at once, and so their memory.
var working = make(chan struct{}, runtime.NumCPU())

// Hash returns a password's hash with its salt and parameters, in the PHC
// string format. It waits while as many hashes as there are processors are
// being made.
func Hash(password string) string {
	working <- struct{}{}
	defer func() { <-working }()
	salt := make([]byte, saltSize)
	rand.Read(salt)
	sum := argon2.IDKey([]byte(password), salt, passes, memory, lanes, hashSize)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, b64(salt), b64(sum))
}

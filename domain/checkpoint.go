package domain

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Checkpoint is what the installation signs at intervals: the heads of the
// streams that have changed since the checkpoint before, whose hash it holds.
//
// Who can write to the database, and nothing else, cannot change or remove an
// event that a checkpoint covers, or a checkpoint before the newest, without a
// trace. They can take away the newest checkpoints together with what those
// cover, which shows against any copy of them elsewhere, such as an exported
// bundle, and they can append events, which the installation then signs. Who
// has the signing key too can write another history from any point on; only
// checkpoints that were copied off the machine before then contradict it.
type Checkpoint struct {
	Number   int64     `json:"checkpoint"` // 1, 2, 3 without a gap
	At       time.Time `json:"at"`
	Key      string    `json:"kid"`      // of the key that signs it
	Before   string    `json:"before"`   // Hash of the checkpoint before; "" for the first
	Xid      string    `json:"xid"`      // with Position: the last event that is covered,
	Position int64     `json:"position"` // in the order of transactions
	Heads    []string  `json:"heads"`    // Leaf of each, in the order of the streams
}

// SignedCheckpoint is a checkpoint's statement, byte for byte, with the
// Ed25519 signature over a prefix and the statement.
type SignedCheckpoint struct {
	Statement []byte
	Signature []byte
}

// signingPrefix keeps the signature of a statement from being one of anything else.
const signingPrefix = "scanledger checkpoint v1\n"

// Leaf names a stream's head within a checkpoint: SHA-256 over the stream, the
// version and the head's hash in hex, a line each. It says nothing of a stream
// to who does not know it.
func (h Head) Leaf() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%x\n", h.Stream, h.Version, h.Hash))
	return hex.EncodeToString(sum[:])
}

// Sign writes the statement and signs it.
func (c Checkpoint) Sign(key ed25519.PrivateKey) (SignedCheckpoint, error) {
	statement, err := json.Marshal(c)
	if err != nil {
		return SignedCheckpoint{}, err
	}
	return SignedCheckpoint{statement, ed25519.Sign(key, append([]byte(signingPrefix), statement...))}, nil
}

// Hash is what the next checkpoint holds: SHA-256 of the statement.
func (s SignedCheckpoint) Hash() string { return string(HashOf(s.Statement)) }

// Read checks the signature and reads the statement.
func (s SignedCheckpoint) Read(key ed25519.PublicKey) (c Checkpoint, err error) {
	if err := json.Unmarshal(s.Statement, &c); err != nil {
		return c, fmt.Errorf("statement: %w", err)
	}
	if again, err := json.Marshal(c); err != nil || !bytes.Equal(again, s.Statement) {
		return c, fmt.Errorf("statement is not as checkpoints are written")
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, append([]byte(signingPrefix), s.Statement...), s.Signature) {
		return c, fmt.Errorf("signature does not fit the statement and the key %s", KeyID(key))
	}
	if c.Key != KeyID(key) {
		return c, fmt.Errorf("statement is of the key %s, not %s", c.Key, KeyID(key))
	}
	return c, nil
}

// Covers reads the statement and says whether it names a head: an error when
// it does not.
func (s SignedCheckpoint) Covers(h Head, key ed25519.PublicKey) (Checkpoint, error) {
	c, err := s.Read(key)
	if err == nil && !slices.Contains(c.Heads, h.Leaf()) {
		err = fmt.Errorf("the statement does not name version %d of %s with the hash %x", h.Version, h.Stream, h.Hash)
	}
	return c, err
}

// KeyID is an Ed25519 key's JWK thumbprint (RFC 7638, RFC 8037).
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + base64.RawURLEncoding.EncodeToString(key) + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// KeySet is a JSON Web Key Set (RFC 7517).
type KeySet struct {
	Keys []PublicKey `json:"keys"`
}

// PublicKey is an Ed25519 key as a JSON Web Key (RFC 8037).
type PublicKey struct {
	ID    string `json:"kid"`
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	X     string `json:"x"`
}

// PublicKeys is the key set of one key.
func PublicKeys(key ed25519.PublicKey) KeySet {
	return KeySet{[]PublicKey{{KeyID(key), "OKP", "Ed25519", base64.RawURLEncoding.EncodeToString(key)}}}
}

// Key reads the key of an id; an error when the set has none that is in order.
func (s KeySet) Key(id string) (ed25519.PublicKey, error) {
	for _, k := range s.Keys {
		key, err := base64.RawURLEncoding.DecodeString(k.X)
		if k.ID == id && err == nil && k.Type == "OKP" && k.Curve == "Ed25519" && len(key) == ed25519.PublicKeySize && KeyID(key) == id {
			return key, nil
		}
	}
	return nil, fmt.Errorf("there is no key %.64q", id)
}

package commands

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Passwords hashes passwords and checks them. Both answer Unavailable with
// Wait when too many others wait for the same.
type Passwords interface {
	// Hash returns what may be stored of a password, with its salt and
	// parameters in it (PHC string format).
	Hash(ctx context.Context, password string) (string, error)
	// Check says whether a hash is of a password, and whether it was made with
	// other parameters than new ones are. It takes as long for "", the hash of
	// nobody's password.
	Check(ctx context.Context, hash, password string) (fits, outdated bool, err error)
	// Common says whether a password is one of those that are tried first.
	Common(password string) bool
}

// Session is what a login opens.
type Session struct {
	ID      uuid.UUID
	Account uuid.UUID
	Epoch   string // the account's, when the session was opened
	Ends    time.Time
}

// Sessions keeps the sessions and their refresh tokens, of which it knows
// hashes alone. A session's refresh tokens are one family: each has one
// successor.
type Sessions interface {
	// Open begins a session with the hash of its first refresh token; one that
	// is there stays as it is. Those of the same account whose time was over at
	// now are forgotten.
	Open(ctx context.Context, s Session, token []byte, now time.Time) error
	// Session returns a session; NotFound for one that is unknown or was ended.
	Session(ctx context.Context, id uuid.UUID) (Session, error)
	// Rotate spends a refresh token and returns its session, with the salt that
	// its successor is made with: that of the rotation which spent it. A token
	// that is spent already gives the same answer to the rotation that spent it,
	// which its salt tells, but only as long as its successor is not spent. Else
	// it ends the session.
	// NotFound when the token is unknown, its session over or ended.
	Rotate(ctx context.Context, r Rotation) (s Session, salt []byte, err error)
}

// Rotation puts a refresh token's successor in its place.
type Rotation struct {
	Token     []byte // hash of the token that is shown
	Successor []byte // hash of what Salt makes of it
	Salt      []byte
	At        time.Time
}

// Tokens makes access tokens and reads them.
type Tokens interface {
	Sign(a Access) (string, error)
	// Read returns what a token says that was signed here and that holds at now.
	// It answers BadKey for any other.
	Read(token string, now time.Time) (Access, error)
}

// Access is what an access token says.
type Access struct {
	Account uuid.UUID
	Session uuid.UUID
	Issued  time.Time
	Expires time.Time
}

// Uses remembers when keys were last used.
type Uses interface {
	// Used notes the use of a key, at most once a minute.
	Used(ctx context.Context, account, key uuid.UUID, at time.Time) error
	// LastUses returns when an account's keys were last used, to the minute.
	LastUses(ctx context.Context, account uuid.UUID) (map[uuid.UUID]time.Time, error)
}

// How long what a login gives holds.
const (
	accessTime  = 15 * time.Minute
	sessionTime = 30 * 24 * time.Hour
)

// refreshPrefix begins every refresh token: it is told from all else that looks alike.
const refreshPrefix = "rt_"

// refreshToken writes 256 random bits.
func refreshToken(raw []byte) string {
	return refreshPrefix + base64.RawURLEncoding.EncodeToString(raw)
}

// successor is the refresh token that follows: whoever has only what is stored
// cannot make it, and whoever repeats the request is told the same.
func successor(token string, salt []byte) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(token))
	return refreshToken(mac.Sum(nil))
}

// sessionOf is the id of the session that a refresh token begins.
func sessionOf(token string) (id uuid.UUID) {
	copy(id[:], hashOf("session of "+token))
	return id
}

// hashOf is what is stored of a token that has 256 random bits.
func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// newEpoch begins a new epoch of an account: what earlier ones have opened is
// closed on every process, with the transaction that puts it down.
func (d Desk) newEpoch(account uuid.UUID) Secret {
	epoch := make([]byte, 16)
	d.Random(epoch)
	return Secret{Name: epochSecret(account), Owner: account, Value: []byte(base64.RawURLEncoding.EncodeToString(epoch))}
}

// epoch is an account's present epoch; NotFound for one that is no more.
func (d Desk) epoch(ctx context.Context, account uuid.UUID) (string, error) {
	s, err := d.Secrets.Secret(ctx, epochSecret(account))
	return string(s.Value), err
}

// stands refuses a session that is over, or of another epoch: NotFound.
func (d Desk) stands(ctx context.Context, s Session) error {
	epoch, err := d.epoch(ctx, s.Account)
	if err == nil && (epoch != s.Epoch || !d.Now().Before(s.Ends)) {
		return domain.Errorf(domain.NotFound, "the session is over")
	}
	return err
}

func epochSecret(account uuid.UUID) string { return "epoch:" + account.String() }

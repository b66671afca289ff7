// Package accesstoken signs access tokens and reads them: JSON Web Tokens by
// RFC 9068, with one algorithm and one key. Nothing that a token says chooses
// how it is verified.
package accesstoken

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Tokens = (*Signer)(nil)

const (
	issuer   = "scanledger"
	audience = "scanledger/api"
	typ      = "at+jwt"
	// skew is by how much the clocks of two processes may differ.
	skew = 30 * time.Second
	// longest is the longest token that is looked at, and lifetime the longest
	// that is believed, in case a key should ever sign anything else.
	longest  = 2048
	lifetime = 15 * time.Minute
)

// Signer signs and verifies with one key, by HMAC with SHA-256.
type Signer struct {
	key []byte
	kid string
}

// claims are what an access token says, and all that it may say.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

// New returns a signer with the installation's key, of 32 bytes or more.
func New(key []byte) (*Signer, error) {
	if len(key) < sha256.Size {
		return nil, fmt.Errorf("the key of access tokens has %d bytes, not %d", len(key), sha256.Size)
	}
	sum := sha256.Sum256(append([]byte("kid of access tokens: "), key...))
	return &Signer{key: key, kid: base64.RawURLEncoding.EncodeToString(sum[:9])}, nil
}

// Sign implements commands.Tokens.
func (s *Signer) Sign(a commands.Access) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: a.Account.String(),
			IssuedAt: jwt.NewNumericDate(a.Issued), NotBefore: jwt.NewNumericDate(a.Issued.Add(-skew)), ExpiresAt: jwt.NewNumericDate(a.Expires),
		},
		Session: a.Session.String(),
	})
	t.Header["typ"], t.Header["kid"] = typ, s.kid
	return t.SignedString(s.key)
}

// Read implements commands.Tokens.
func (s *Signer) Read(token string, now time.Time) (commands.Access, error) {
	bad := domain.Errorf(domain.BadKey, "The access token is unknown, revoked or expired")
	if len(token) > longest || strings.ContainsAny(token, "\r\n") { // which decoders of base64 pass over
		return commands.Access{}, bad
	}
	var c claims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(),
		jwt.WithTimeFunc(func() time.Time { return now }),
	).ParseWithClaims(token, &c, s.keyOf)
	if err != nil {
		return commands.Access{}, bad
	}
	account, wrong := uuid.Parse(c.Subject)
	session, failed := uuid.Parse(c.Session)
	if wrong != nil || failed != nil || c.IssuedAt == nil || len(c.Audience) != 1 || c.ExpiresAt.Sub(c.IssuedAt.Time) > lifetime {
		return commands.Access{}, bad
	}
	return commands.Access{Account: account, Session: session, Issued: c.IssuedAt.Time, Expires: c.ExpiresAt.Time}, nil
}

// keyOf is the key, for a token whose header is one that Sign writes: no other
// type, no other key, and no address to fetch a key from.
func (s *Signer) keyOf(t *jwt.Token) (any, error) {
	if len(t.Header) != 3 || t.Header["typ"] != typ || t.Header["kid"] != s.kid {
		return nil, errors.New("this header is none of ours")
	}
	return s.key, nil
}

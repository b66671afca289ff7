package accesstoken

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	now    = time.Date(2026, 4, 3, 12, 0, 0, 0, time.UTC)
	secret = []byte("a key of thirty-two bytes or so.")
	access = commands.Access{Account: uuid.UUID{1}, Session: uuid.UUID{2}, Issued: now, Expires: now.Add(15 * time.Minute)}
)

func signer(t *testing.T, key []byte) *Signer {
	t.Helper()
	s, err := New(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t *testing.T, s *Signer, a commands.Access) string {
	t.Helper()
	token, err := s.Sign(a)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestRead reads what was signed, on another process with the same key too, as
// long as it holds and where the clock is a little behind.
func TestRead(t *testing.T) {
	token := sign(t, signer(t, secret), access)
	for after, holds := range map[time.Duration]bool{
		0: true, 15*time.Minute - time.Second: true, 15 * time.Minute: false, -30 * time.Second: true, -31 * time.Second: false, time.Hour: false,
	} {
		got, err := signer(t, secret).Read(token, now.Add(after))
		if holds && (err != nil || !got.Issued.Equal(now) || !got.Expires.Equal(access.Expires) || got.Account != access.Account || got.Session != access.Session) {
			t.Errorf("after %s: %+v, %v", after, got, err)
		}
		if !holds && domain.CodeOf(err) != domain.BadKey {
			t.Errorf("after %s it still holds: %v", after, err)
		}
	}
	if _, err := New(secret[:31]); err == nil {
		t.Error("a short key is taken")
	}
}

// forge makes a token of any header and claims, by any method and key.
func forge(t *testing.T, method jwt.SigningMethod, key any, header, body map[string]any) string {
	t.Helper()
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := part(header) + "." + part(body)
	signature, err := method.Sign(text, key)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// but is a map with other values for some names; nil takes one away.
func but(m map[string]any, changes ...any) map[string]any {
	m = maps.Clone(m)
	for i := 0; i < len(changes); i += 2 {
		name, _ := changes[i].(string)
		if m[name] = changes[i+1]; changes[i+1] == nil {
			delete(m, name)
		}
	}
	return m
}

// TestForged accepts none of the ways in which a token can be wrong. Each is
// one change away from a token that is accepted.
func TestForged(t *testing.T) {
	s := signer(t, secret)
	head := map[string]any{"alg": "HS256", "typ": "at+jwt", "kid": s.kid}
	body := map[string]any{
		"iss": issuer, "aud": []string{audience}, "sub": access.Account.String(), "sid": access.Session.String(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	hs256 := jwt.SigningMethodHS256
	good := forge(t, hs256, secret, head, body)
	if _, err := s.Read(good, now); err != nil {
		t.Fatalf("the token that all others are made of: %v", err)
	}
	part := strings.Split(good, ".")
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	fatal(t, err)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(t, err)
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	fatal(t, err)
	headed := func(changes ...any) string { return forge(t, hs256, secret, but(head, changes...), body) }
	saying := func(changes ...any) string { return forge(t, hs256, secret, head, but(body, changes...)) }
	by := func(m jwt.SigningMethod, key any) string { return forge(t, m, key, but(head, "alg", m.Alg()), body) }
	none := func(alg string) string {
		return forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, but(head, "alg", alg), body)
	}
	tokens := map[string]string{
		"nothing": "", "no token": "x", "dots": "..", "an API key": "7AZ_x", "a refresh token": "rt_" + base64.RawURLEncoding.EncodeToString(secret),
		"alg none": none("none"), "alg None": none("None"), "alg NONE": none("NONE"), "alg nOnE": none("nOnE"),
		"alg HS256 unsigned": none("HS256"), "no alg": headed("alg", nil), "alg hs256": headed("alg", "hs256"), "alg empty": headed("alg", ""), "alg of a list": headed("alg", []string{"HS256"}),
		"alg HS384": by(jwt.SigningMethodHS384, secret), "alg HS512": by(jwt.SigningMethodHS512, secret),
		"alg EdDSA": by(jwt.SigningMethodEdDSA, ed), "alg ES256": by(jwt.SigningMethodES256, ec), "alg RS256": by(jwt.SigningMethodRS256, rs), "alg PS256": by(jwt.SigningMethodPS256, rs),
		"another key": forge(t, hs256, []byte("another key of thirty-two bytes."), head, body), "an empty key": forge(t, hs256, []byte{}, head, body),
		"its kid as key": forge(t, hs256, []byte(s.kid), head, body), "another installation's": sign(t, signer(t, []byte("another key of thirty-two bytes.")), access),
		"another kid": headed("kid", "x"), "no kid": headed("kid", nil), "a kid that is a path": headed("kid", "../../dev/null"), "a kid that is SQL": headed("kid", "' UNION SELECT ''"), "a kid that is a number": headed("kid", 1),
		"typ JWT": headed("typ", "JWT"), "typ rt+jwt": headed("typ", "rt+jwt"), "no typ": headed("typ", nil), "typ AT+JWT": headed("typ", "AT+JWT"),
		"jku": headed("jku", "https://evil.example/keys"), "x5u": headed("x5u", "https://evil.example/cert"), "jwk": headed("jwk", map[string]any{"kty": "oct", "k": "eA"}),
		"x5c": headed("x5c", []string{"x"}), "crit": headed("crit", []string{"exp"}), "b64": headed("b64", false), "zip": headed("zip", "DEF"), "cty": headed("cty", "JWT"),
		"another iss": saying("iss", "evil"), "no iss": saying("iss", nil), "another aud": saying("aud", []string{"other"}), "no aud": saying("aud", nil), "an aud more": saying("aud", []string{audience, "other"}), "no aud in the list": saying("aud", []string{}),
		"expired": saying("exp", now.Unix()), "expired long ago": saying("exp", 1), "no exp": saying("exp", nil), "exp null": forge(t, hs256, secret, head, withNull(body, "exp")), "exp far off": saying("exp", now.Add(time.Hour).Unix()), "exp beyond all": saying("exp", 1e300),
		"not yet": saying("nbf", now.Add(time.Second).Unix()), "no nbf": saying("nbf", nil), "no iat": saying("iat", nil),
		"no sub": saying("sub", nil), "a sub that is none": saying("sub", "ann"), "a sub that is a number": saying("sub", 1), "no sid": saying("sid", nil), "a sid that is none": saying("sid", "x"),
		"other claims": part[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"root"}`)) + "." + part[2], "no signature": part[0] + "." + part[1] + ".", "two parts": part[0] + "." + part[1],
		"four parts": good + ".x", "five parts": good + ".x.y", "a signature cut off": good[:len(good)-1], "a signature with more": good + "A", "a signature twice": good + part[2],
		"padding": good + "=", "another last bit": flipped(good, len(good)-1), "another first byte": flipped(good, 0), "another byte in the claims": flipped(good, len(part[0])+5), "a space before": " " + good, "a line break after": good + "\n", "a line break in it": good[:50] + "\r\n" + good[50:],
		"standard base64": part[0] + "." + strings.NewReplacer("-", "+", "_", "/").Replace(part[1]) + "x." + part[2], "a long one": saying("x", strings.Repeat("x", longest)), "NUL": "\x00" + good,
	}
	for name, token := range tokens {
		if got, err := s.Read(token, now); domain.CodeOf(err) != domain.BadKey || got != (commands.Access{}) {
			t.Errorf("%s is accepted: %+v, %v: %s", name, got, err, token)
		}
	}
	if len(tokens) < 25 {
		t.Errorf("only %d ways", len(tokens))
	}
}

func withNull(m map[string]any, name string) map[string]any {
	m = maps.Clone(m)
	m[name] = nil
	return m
}

// flipped has another character at one place.
func flipped(token string, at int) string {
	other := byte('A')
	if token[at] == other {
		other = 'B'
	}
	return token[:at] + string(other) + token[at+1:]
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzRead reads anything without a fault, and believes nothing that was not
// signed.
func FuzzRead(f *testing.F) {
	s, err := New(secret)
	if err != nil {
		f.Fatal(err)
	}
	good, err := s.Sign(access)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good, "", "..", "a.b.c", good[:40], strings.Replace(good, ".", "", 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if got, err := s.Read(token, now); err == nil && token != good {
			t.Errorf("%q says %+v", token, got)
		}
	})
}

package turn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net"

	"github.com/pion/stun/v4"
)

// realms are a word for each address, which nobody is told but who is heard from
// there. By UDP anybody can say that they are anybody: without the word of an address
// there is no relay for it, by which packets would go there that it never asked for.
type realms struct{ secret []byte }

// of is the word of an address. With it an answer is no larger than with our own name.
func (r realms) of(at net.Addr) string {
	sum := hmac.New(sha256.New, r.secret)
	sum.Write([]byte("realm " + addressOf(at).String()))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:8])
}

// told is a packet to an address, with its word where it has a realm. Those are answers
// to whoever has proven nothing yet, which are not signed.
func (r realms) told(p []byte, to net.Addr) []byte {
	if !refuses(p) {
		return p
	}
	answer := new(stun.Message)
	if stun.Decode(p, answer) != nil || !answer.Contains(stun.AttrRealm) {
		return p
	}
	named := stun.New()
	named.Type, named.TransactionID = answer.Type, answer.TransactionID
	named.WriteHeader()
	for _, a := range answer.Attributes {
		if a.Type == stun.AttrRealm {
			a.Value = []byte(r.of(to))
		}
		named.Add(a.Type, a.Value)
	}
	return named.Raw
}

// refuses says whether a packet is an answer of STUN that refuses something, by its
// first bytes (RFC 8489, 5): packets of visitors are many, and are not looked into.
func refuses(p []byte) bool {
	return stun.IsMessage(p) && p[0]&0xc1 == 1 && p[1]&0x10 != 0
}

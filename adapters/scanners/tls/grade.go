package tls

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// halfYear is the HSTS max-age that an A+ needs, in seconds.
const halfYear = 15552000

// scores are SSL Labs' protocol scores.
var scores = map[string]int{"SSLv2": 0, "SSLv3": 80, "TLSv1.0": 90, "TLSv1.1": 95, "TLSv1.2": 100, "TLSv1.3": 100}

// letters are the totals for each letter.
var letters = []struct {
	least  float64
	letter string
}{{80, "A"}, {65, "B"}, {50, "C"}, {35, "D"}, {20, "E"}, {0, "F"}}

// Grade applies SSL Labs' Server Rating Guide (2009r of May 2025): "A+" to
// "F", "T" for a certificate that is not trusted, "M" for one of another name,
// and why it is no better. It is empty where no certificate could be read or
// no protocol is offered. At is the time by which dates are judged.
//
// Where the guide caps what clients would negotiate, this caps what the server
// accepts, since no clients are simulated.
func Grade(e domain.TLSEndpoint, at time.Time) (letter string, why []string) {
	if e.Certificate == nil || len(suitesOf(e)) == 0 {
		return "", nil
	}
	letter = byScore(e)
	if letter != "A" {
		why = append(why, fmt.Sprintf("protocols, key exchange and ciphers together score %s", letter))
	}
	for _, c := range caps {
		if c.applies(e) {
			why = append(why, c.why)
			letter = max(letter, c.letter) // a later letter is a worse one
		}
	}
	trust, reason := distrust(*e.Certificate, at)
	if trust == "" && e.Features["revoked"] {
		trust, reason = "T", "the certificate is revoked"
	}
	switch {
	case trust != "":
		why = append(why, reason)
		if letter == "F" {
			return letter, why
		}
		return trust, why
	case letter != "A":
		return letter, why
	}
	for _, w := range warnings {
		if w.applies(e) {
			why = append(why, w.why)
		}
	}
	if len(why) > 0 {
		return "A-", why
	}
	if e.HSTS < halfYear {
		return "A", []string{"HSTS for at least six months was not seen"}
	}
	return "A+", nil
}

// byScore is the letter of the three weighted categories.
func byScore(e domain.TLSEndpoint) string {
	protocol, exchange, cipher := protocolScore(e), exchangeScore(e), cipherScore(e)
	total := 0.3*protocol + 0.3*exchange + 0.4*cipher
	if protocol == 0 || exchange == 0 || cipher == 0 {
		total = 0
	}
	for _, row := range letters {
		if total >= row.least {
			return row.letter
		}
	}
	return "F"
}

func protocolScore(e domain.TLSEndpoint) float64 {
	best, worst := 0, 100
	for name, offered := range e.Protocols {
		if offered {
			best, worst = max(best, scores[name]), min(worst, scores[name])
		}
	}
	return float64(best+worst) / 2
}

// step is a bound below which a score applies.
type step struct{ below, score int }

var (
	rsaSteps    = []step{{512, 20}, {1024, 40}, {2048, 80}, {4096, 90}}
	curveSteps  = []step{{110, 20}, {123, 40}, {163, 80}, {225, 90}}
	cipherSteps = []step{{1, 0}, {128, 20}, {256, 80}}
)

func scoreOf(bits int, steps []step) int {
	for _, s := range steps {
		if bits < s.below {
			return s.score
		}
	}
	return 100
}

func exchangeScore(e domain.TLSEndpoint) float64 {
	steps := curveSteps
	if e.Certificate.Key == "RSA" {
		steps = rsaSteps
	}
	score := scoreOf(e.Certificate.Bits, steps)
	if e.DHBits > 0 {
		score = min(score, scoreOf(e.DHBits, rsaSteps))
	}
	for _, s := range suitesOf(e) {
		switch {
		case s.anonymous():
			return 0
		case s.export():
			score = min(score, 40)
		}
	}
	return float64(score)
}

func cipherScore(e domain.TLSEndpoint) float64 {
	best, worst := 0, 256
	for _, s := range suitesOf(e) {
		best, worst = max(best, s.bits()), min(worst, s.bits())
	}
	return float64(scoreOf(best, cipherSteps)+scoreOf(worst, cipherSteps)) / 2
}

// rule is a condition and what it means.
type rule struct {
	letter  string
	why     string
	applies func(domain.TLSEndpoint) bool
}

var caps = []rule{
	{"F", "no protocol newer than SSL 3 is offered", func(e domain.TLSEndpoint) bool { return !newerThan(e, "SSLv3") }},
	{"F", "SSL 2 is offered (DROWN)", func(e domain.TLSEndpoint) bool { return e.Protocols["SSLv2"] }},
	{"F", "it is open to Heartbleed", has("heartbleed")},
	{"F", "it is open to CCS injection (CVE-2014-0224)", has("ccs_injection")},
	{"F", "it is open to Ticketbleed", has("ticketbleed")},
	{"F", "it is open to ROBOT", has("robot")},
	{"F", "it is open to POODLE with TLS", has("poodle_tls")},
	{"F", "its answers to wrong padding differ (GOLDENDOODLE, Zombie POODLE, CVE-2019-1559)", func(e domain.TLSEndpoint) bool {
		return has("golden_doodle")(e) || has("zombie_poodle")(e) || has("zero_length_oracle")(e)
	}},
	{"F", "it renegotiates with clients insecurely", injectable},
	{"F", "only RC4 is offered", func(e domain.TLSEndpoint) bool { return every(e, suite.rc4) }},
	{"F", "export or other ciphers below 112 bits are accepted", func(e domain.TLSEndpoint) bool {
		return some(e, "", func(s suite) bool { return s.export() || s.bits() < 112 })
	}},
	{"F", "anonymous key exchange is accepted", func(e domain.TLSEndpoint) bool { return some(e, "", suite.anonymous) }},
	{"F", "the certificate is signed with MD2 or MD5", func(e domain.TLSEndpoint) bool { return signedWith(*e.Certificate, "MD2", "MD5") }},
	{"F", "the certificate's key has less than 1024 bits", func(e domain.TLSEndpoint) bool { return weakKey(*e.Certificate, 1024) }},
	{"C", "SSL 3 with block ciphers is offered (POODLE)", func(e domain.TLSEndpoint) bool {
		return some(e, "SSLv3", func(s suite) bool { return !s.rc4() })
	}},
	{"C", "TLS compression is on (CRIME)", func(e domain.TLSEndpoint) bool { return e.Features["compression"] }},
	{"C", "RC4 is accepted with TLS 1.1 or later", func(e domain.TLSEndpoint) bool { return modern(e, suite.rc4) }},
	{"C", "ciphers with blocks of 64 bits are accepted with TLS 1.1 or later (Sweet32)",
		func(e domain.TLSEndpoint) bool { return modern(e, suite.shortBlock) }},
	{"C", "TLS 1.2 is not offered", func(e domain.TLSEndpoint) bool { return !e.Protocols["TLSv1.2"] && !e.Protocols["TLSv1.3"] }},
	{"B", "SSL 3 is offered", func(e domain.TLSEndpoint) bool { return e.Protocols["SSLv3"] }},
	{"B", "TLS 1.0 is offered", func(e domain.TLSEndpoint) bool { return e.Protocols["TLSv1.0"] }},
	{"B", "TLS 1.1 is offered", func(e domain.TLSEndpoint) bool { return e.Protocols["TLSv1.1"] }},
	{"B", "RC4 is accepted", func(e domain.TLSEndpoint) bool { return some(e, "", suite.rc4) }},
	{"B", "the certificate chain is incomplete", func(e domain.TLSEndpoint) bool { return e.Certificate.Incomplete }},
	{"B", "Diffie-Hellman parameters have less than 2048 bits", func(e domain.TLSEndpoint) bool { return e.DHBits > 0 && e.DHBits < 2048 }},
	{"B", "the certificate's key has less than 2048 bits", func(e domain.TLSEndpoint) bool { return weakKey(*e.Certificate, 2048) }},
	{"B", "no suite has forward secrecy", func(e domain.TLSEndpoint) bool { return !some(e, "", suite.forward) }},
	{"B", "no suite has authenticated encryption (AEAD)",
		func(e domain.TLSEndpoint) bool {
			return !some(e, "", func(s suite) bool { return s.aead() || s.onlyTLS13() })
		}},
}

// has is true of a feature that was seen.
func has(feature string) func(domain.TLSEndpoint) bool {
	return func(e domain.TLSEndpoint) bool { return e.Features[feature] }
}

// injectable is true where a handshake of another's can be put behind one's own.
func injectable(e domain.TLSEndpoint) bool {
	return e.Features["client_renegotiation"] && missing("secure_renegotiation")(e)
}

var warnings = []rule{
	{"A-", "TLS 1.3 is not offered", func(e domain.TLSEndpoint) bool {
		offered, tested := e.Protocols["TLSv1.3"]
		return tested && !offered
	}},
	{"A-", "secure renegotiation is not supported", func(e domain.TLSEndpoint) bool {
		secure, tested := e.Features["secure_renegotiation"]
		return tested && !secure
	}},
	{"A-", "HSTS lasts less than six months", func(e domain.TLSEndpoint) bool { return e.HSTS > 0 && e.HSTS < halfYear }},
}

// distrust is the letter for a certificate that browsers would not accept.
func distrust(c domain.Certificate, at time.Time) (letter, why string) {
	switch {
	case !c.NameMatch:
		return "M", "the certificate is for another name"
	case at.After(c.NotAfter):
		return "T", "the certificate has expired"
	case at.Before(c.NotBefore):
		return "T", "the certificate is not valid yet"
	case signedWith(c, "SHA1", "MD5", "MD2"):
		return "T", "a certificate of the chain is signed with SHA-1 or worse"
	case !c.Trusted:
		return "T", "the certificate is not trusted"
	}
	return "", ""
}

// suitesOf are all suites of all protocols.
func suitesOf(e domain.TLSEndpoint) []suite {
	var all []suite
	for _, names := range e.Ciphers {
		for _, name := range names {
			all = append(all, suite(name))
		}
	}
	return all
}

// some reports whether a suite is so, of one protocol or of all ("").
func some(e domain.TLSEndpoint, protocol string, so func(suite) bool) bool {
	if protocol == "" {
		return slices.ContainsFunc(suitesOf(e), so)
	}
	return slices.ContainsFunc(e.Ciphers[protocol], func(name string) bool { return so(suite(name)) })
}

func every(e domain.TLSEndpoint, so func(suite) bool) bool {
	return !some(e, "", func(s suite) bool { return !so(s) })
}

func modern(e domain.TLSEndpoint, so func(suite) bool) bool {
	return some(e, "TLSv1.1", so) || some(e, "TLSv1.2", so)
}

func newerThan(e domain.TLSEndpoint, protocol string) bool {
	for name, offered := range e.Protocols {
		if offered && scores[name] > scores[protocol] {
			return true
		}
	}
	return false
}

// signedWith is about the hash of the signatures in a chain, its root aside.
func signedWith(c domain.Certificate, hashes ...string) bool {
	signatures := c.IssuerSignatures
	if !c.SelfSigned {
		signatures = append(slices.Clone(signatures), c.Signature)
	}
	return slices.ContainsFunc(signatures, func(signature string) bool { // "SHA256-RSA", "ECDSA-SHA1"
		return slices.ContainsFunc(strings.Split(signature, "-"), func(part string) bool { return slices.Contains(hashes, part) })
	})
}

// weakKey compares an RSA key with a bound, and a curve with its equivalent.
func weakKey(c domain.Certificate, bits int) bool {
	if c.Key == "ECDSA" {
		return c.Bits > 0 && c.Bits < map[int]int{1024: 160, 2048: 224}[bits]
	}
	return c.Key == "RSA" && c.Bits < bits
}

package tls

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// weakness is an advisory and when it applies. Seen returns one sentence on
// what was seen, or "" where the rule is kept or could not be tested.
type weakness struct {
	advisory domain.Advisory
	seen     func(e domain.TLSEndpoint, at time.Time) string
}

// noForwardSecrecy is broken by what no suite of any version has.
const noForwardSecrecy = "tls/key-exchange/no-forward-secrecy"

// Weaknesses holds an endpoint against all rules, but for those that cannot be judged
// where one is blind to some of its versions or their suites.
func Weaknesses(e domain.TLSEndpoint, at time.Time, blind bool) []domain.Weakness {
	var found []domain.Weakness
	for _, w := range rules {
		if slices.Contains(Undecided(blind), w.advisory.ID) {
			continue
		}
		if detail := w.seen(e, at); detail != "" {
			found = append(found, domain.Weakness{Advisory: w.advisory, Where: fmt.Sprintf("%d/tcp", e.Port),
				Detail: detail, Evidence: e.Evidence})
		}
	}
	return found
}

// offers applies where a protocol is offered.
func offers(protocol string) func(domain.TLSEndpoint, time.Time) string {
	return func(e domain.TLSEndpoint, _ time.Time) string {
		if !e.Protocols[protocol] {
			return ""
		}
		if len(e.Ciphers[protocol]) == 0 {
			return protocol + " is offered."
		}
		return fmt.Sprintf("%s is offered with %s.", protocol, scanners.Count(len(e.Ciphers[protocol]), "cipher suite"))
	}
}

// lacks applies where a protocol was looked for and is not offered.
func lacks(protocol string) func(domain.TLSEndpoint, time.Time) string {
	return func(e domain.TLSEndpoint, _ time.Time) string {
		if offered, tested := e.Protocols[protocol]; offered || !tested {
			return ""
		}
		return protocol + " is not offered."
	}
}

// accepts applies where suites of a kind are accepted, and names them.
func accepts(so func(suite) bool) func(domain.TLSEndpoint, time.Time) string {
	return func(e domain.TLSEndpoint, _ time.Time) string {
		var names []string
		for _, s := range suitesOf(e) {
			if so(s) {
				names = append(names, string(s))
			}
		}
		slices.Sort(names)
		names = slices.Compact(names)
		if len(names) == 0 {
			return ""
		}
		const most = 5
		if n := len(names); n > most {
			names = append(names[:most], fmt.Sprintf("%d more", n-most))
		}
		return "Accepted: " + strings.Join(names, ", ") + "."
	}
}

// certified applies to the certificate, where there is one.
func certified(seen func(c domain.Certificate, at time.Time) string) func(domain.TLSEndpoint, time.Time) string {
	return func(e domain.TLSEndpoint, at time.Time) string {
		if e.Certificate == nil {
			return ""
		}
		return seen(*e.Certificate, at)
	}
}

// whenever says a fixed sentence where a condition holds.
func whenever(detail string, holds func(domain.TLSEndpoint) bool) func(domain.TLSEndpoint, time.Time) string {
	return func(e domain.TLSEndpoint, _ time.Time) string {
		if !holds(e) {
			return ""
		}
		return detail
	}
}

// missing is true of a feature that was looked for and is not there.
func missing(feature string) func(domain.TLSEndpoint) bool {
	return func(e domain.TLSEndpoint) bool {
		has, tested := e.Features[feature]
		return tested && !has
	}
}

// oracles names the differences that were seen in answers to wrong padding.
func oracles(e domain.TLSEndpoint, _ time.Time) string {
	var seen []string
	for _, o := range []struct{ feature, says string }{
		{"golden_doodle", "right MAC and wrong padding (GOLDENDOODLE)"}, {"zombie_poodle", "neither right (Zombie POODLE)"},
		{"zero_length_oracle", "no content and wrong padding (CVE-2019-1559)"},
	} {
		if e.Features[o.feature] {
			seen = append(seen, o.says)
		}
	}
	if len(seen) == 0 {
		return ""
	}
	return "Another answer than to a wrong MAC came to: " + strings.Join(seen, ", ") + "."
}

const soon = 14 * 24 * time.Hour

func expired(c domain.Certificate, at time.Time) string {
	if !at.After(c.NotAfter) {
		return ""
	}
	return "It expired on " + c.NotAfter.Format(time.DateOnly) + "."
}

func early(c domain.Certificate, at time.Time) string {
	if !at.Before(c.NotBefore) {
		return ""
	}
	return "It is valid from " + c.NotBefore.Format(time.DateOnly) + "."
}

func expiring(c domain.Certificate, at time.Time) string {
	if at.After(c.NotAfter) || c.NotAfter.Sub(at) > soon {
		return ""
	}
	return "It expires on " + c.NotAfter.Format(time.DateOnly) + "."
}

func ownSigned(c domain.Certificate, _ time.Time) string {
	if !c.SelfSigned || c.Trusted {
		return ""
	}
	return "Its issuer is itself."
}

// untrusted applies where no other rule explains why there is no trust.
func untrusted(c domain.Certificate, at time.Time) string {
	if c.Trusted || c.SelfSigned || expired(c, at) != "" || early(c, at) != "" || weakSignature(c, at) != "" {
		return ""
	}
	return fmt.Sprintf("Its chain of %s does not lead to a known authority.", scanners.Count(c.ChainLength, "certificate"))
}

func otherName(c domain.Certificate, _ time.Time) string {
	switch {
	case c.NameMatch:
		return ""
	case len(c.Names) == 0:
		return "It has no subject alternative names."
	}
	return fmt.Sprintf("It is for %s.", strings.Join(c.Names[:min(len(c.Names), 5)], ", "))
}

func incomplete(c domain.Certificate, _ time.Time) string {
	if !c.Incomplete {
		return ""
	}
	return fmt.Sprintf("The server sends %s, and leaves out an intermediate one.", scanners.Count(c.ChainLength, "certificate"))
}

func smallKey(c domain.Certificate, _ time.Time) string {
	if !weakKey(c, 2048) {
		return ""
	}
	return fmt.Sprintf("Its %s key has %d bits.", c.Key, c.Bits)
}

func weakSignature(c domain.Certificate, _ time.Time) string {
	if !signedWith(c, "SHA1", "MD5", "MD2") {
		return ""
	}
	return fmt.Sprintf("Signatures: %s.", strings.Join(append([]string{c.Signature}, c.IssuerSignatures...), ", "))
}

package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// FingerprintVersion is the version of the rules by which a weakness is known
// again. It rises whenever one would be given another fingerprint than before;
// all that was ever seen is given it by a replay of the sightings.
const FingerprintVersion = 1

// Fingerprint names a weakness in a place. Whatever sees the same one again gives
// it the same fingerprint: in a later scan, under another title, severity or
// wording, and by another scanner.
type Fingerprint string

// Fingerprinter is one version of the rules: what a scanner's rule that a target
// breaks somewhere is known again by.
type Fingerprinter func(t Target, rule, where string) Fingerprint

// FingerprintOf is the present version. It looks at what identifies a weakness
// and at nothing that is said about it: the rule, by the name that all scanners'
// rules for it have in common, and the place in its normal form.
func FingerprintOf(t Target, rule, where string) Fingerprint {
	w, known := canonical(rule)
	p := placeOf(t, where)
	scope := p.natural()
	if known {
		scope = w.scope(p)
	}
	sum := sha256.Sum256([]byte(w.name + "\n" + scope))
	return Fingerprint(fmt.Sprintf("v%d:%s", FingerprintVersion, hex.EncodeToString(sum[:16])))
}

// FindingID is what a lasting finding is asked for by: one of an account's target.
func FindingID(account uuid.UUID, target string, f Fingerprint) uuid.UUID {
	return uuid.NewSHA1(account, []byte(target+"\n"+string(f)))
}

// cve finds the one weakness that all the world has a number for in the name of
// a rule.
var cve = regexp.MustCompile(`(?i)\bCVE-[0-9]{4}-[0-9]{4,}\b`)

// canonical is the weakness that a rule looks for: by the table, else by the CVE
// that the rule is named for, else the rule itself. The list of CVEs beside a
// rule is none of it, for that grows.
func canonical(rule string) (w weakness, known bool) {
	if w, known = weaknessOf[rule]; known {
		return w, true
	}
	if number := strings.ToUpper(cve.FindString(rule)); number != "" {
		if w, known = weaknessOf[number]; known {
			return w, true
		}
		return weakness{name: number}, false
	}
	return weakness{name: rule}, false
}

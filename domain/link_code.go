package domain

import (
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// codeSymbols are those of codes that are drawn: no vowels and nothing that is
// read as one, so that hardly a word comes of them, and nothing that is taken for
// another symbol. In upper case they fit QR codes' alphanumeric mode.
const codeSymbols = "6789bcdfghjkmnpqrtwz"

// codeLength of 20 symbols is 43 bits: of a million links a guess finds one in
// ten million tries.
const codeLength = 10

// CodeDraw is how many random bytes a code is drawn from.
const CodeDraw = 24

// readAsWords are what is left of words that nobody wants on a poster.
var readAsWords = regexp.MustCompile("f[ckgq]{2}|fgt|c[kn]t|cck|dck|bch|btch|kkk|kk?z|n[gq]{1,2}r|nz[^0-9]|wnk|p[rn]{2}|prn|rp[dt]|crp|ttz|twt|tw9t|88|69|bnrd|hmpr|kcf")

// DrawCode makes a code of random bytes, at least CodeDraw of them; false for
// bytes of which none comes.
func DrawCode(random []byte) (code string, ok bool) {
	const fair = 256 / len(codeSymbols) * len(codeSymbols) // so that each symbol is as likely
	var b strings.Builder
	for _, r := range random {
		if int(r) < fair && b.Len() < codeLength {
			b.WriteByte(codeSymbols[int(r)%len(codeSymbols)])
		}
	}
	code = b.String()
	return code, len(code) == codeLength && !readAsWords.MatchString(code)
}

// How long a code is that is chosen.
const minCode, maxCode = 3, 64

var (
	codeForm     = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$`)
	looksLikeID  = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`)
	reservedCode = map[string]bool{"api": true, "stats": true, "admin": true}
)

// CheckCode refuses what cannot be a link's code: Invalid.
func CheckCode(code string) error {
	switch {
	case len(code) < minCode || len(code) > maxCode || !codeForm.MatchString(code):
		return Errorf(Invalid, "custom_code must have %d to %d letters of a to z, digits, hyphens and underscores, and begin and end with a letter or a digit", minCode, maxCode)
	case looksLikeID.MatchString(code):
		return Errorf(Invalid, "custom_code must not look like an id")
	case reservedCode[LinkKey(code)]:
		return Errorf(Invalid, "custom_code must be another one: %s is in use by the API itself", code)
	}
	return nil
}

// LinkKey is what a code is known by, however it is written.
func LinkKey(code string) string { return strings.ToLower(code) }

// LinkClaim names what only the one link that has a code may hold.
func LinkClaim(code string) string { return "link:" + LinkKey(code) }

// LinkTally counts the visits to a link that may have only so many.
func LinkTally(link uuid.UUID) string { return "link:" + link.String() }

// FirstLinkClaim names what the first link that had a code holds for good, so that
// no other account gets a code that is printed somewhere.
func FirstLinkClaim(code string) string { return "link-first:" + LinkKey(code) }

package speedtest

import (
	"strings"

	"github.com/google/uuid"
)

// crockford are the digits of ULIDs (github.com/ulid/spec), which LibreSpeed's
// results are known by. Their 128 bits are those of our ids.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ulid writes an id as LibreSpeed does.
func ulid(id uuid.UUID) string {
	var text [26]byte
	for i := range text { // five bits each, from the end; the first digit has three
		at := len(text) - 1 - i
		bit := 127 - 5*i
		var digit byte
		for b := range 5 {
			if n := bit - b; n >= 0 {
				digit |= (id[n/8] >> (7 - n%8) & 1) << b
			}
		}
		text[at] = crockford[digit]
	}
	return string(text[:])
}

// parseULID reads what ulid has written, in small letters too.
func parseULID(text string) (id uuid.UUID, ok bool) {
	if len(text) != 26 || text[0] > '7' {
		return id, false
	}
	for i := range text {
		at := len(text) - 1 - i
		digit := strings.IndexByte(crockford, upper(text[at]))
		if digit < 0 {
			return uuid.Nil, false
		}
		for b := range 5 {
			if n := 127 - 5*i - b; n >= 0 {
				id[n/8] |= byte(digit>>b&1) << (7 - n%8)
			}
		}
	}
	return id, true
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

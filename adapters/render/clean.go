package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The most characters of one text that a report shows. What is beyond is
// counted, so that a reader knows that there is more.
const (
	maxTitle = 200
	maxCell  = 600
	maxText  = 4000
)

// maxMarks is how many combining marks may sit on one letter: more of them
// than any script needs would be drawn over the neighbouring lines.
const maxMarks = 4

// clean makes text from anywhere fit to be shown: what no reader would see
// (control characters, bidirectional overrides, zero-width characters, code
// points that are no characters, bytes that are no UTF-8) becomes its code point in brackets, and what is longer
// than limit characters is cut.
func clean(s string, limit int) string {
	s = cut(strings.TrimSpace(s), limit)
	var b strings.Builder
	marks := 0
	for i, r := range s {
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, "[0x%02X]", s[i])
		case invisible(r) || marks > maxMarks:
			fmt.Fprintf(&b, "[U+%04X]", r)
		case unicode.IsSpace(r) && r != '\n':
			b.WriteRune(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// line is clean text without line breaks.
func line(s string, limit int) string {
	return strings.ReplaceAll(clean(s, limit), "\n", " ")
}

// cut shortens s to limit characters and says how many are left out.
func cut(s string, limit int) string {
	n := utf8.RuneCountInString(s)
	if n <= limit {
		return s
	}
	end, seen := 0, 0
	for end = range s {
		if seen == limit {
			break
		}
		seen++
	}
	return fmt.Sprintf("%s … [and %s]", s[:end], count(n-limit, "more character"))
}

func invisible(r rune) bool {
	if r == '\n' || r == '\t' || r == '\r' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point)
}

package observatory

import "strings"

// Characters of structured fields (RFC 8941, section 3).
const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
	// tokenChars may stand in a token, keyChars in the name of a parameter.
	tokenChars = lower + upper + digits + "!#$%&'*+-.^_`|~:/"
	keyChars   = lower + digits + "_-.*"
)

// fieldToken parses a header as a structured field (RFC 8941, section 4.2.3)
// and returns its token, with the parameters left out. It is "" when the
// header is not such a field, or its value is not a token.
func fieldToken(header string) string {
	rest := strings.Trim(header, " ")
	token, rest := span(rest, tokenChars)
	if token == "" || !strings.ContainsAny(token[:1], lower+upper+"*") {
		return ""
	}
	for rest != "" {
		var ok bool
		if rest, ok = parameter(rest); !ok {
			return ""
		}
	}
	return token
}

// span splits s where the first character not in set stands.
func span(s, set string) (head, tail string) {
	tail = strings.TrimLeft(s, set)
	return s[:len(s)-len(tail)], tail
}

// parameter reads one parameter and returns what follows it.
func parameter(s string) (rest string, ok bool) {
	s, ok = strings.CutPrefix(s, ";")
	if !ok {
		return "", false
	}
	key, s := span(strings.TrimLeft(s, " "), keyChars)
	if key == "" || !strings.ContainsAny(key[:1], lower+"*") {
		return "", false
	}
	if value, found := strings.CutPrefix(s, "="); found {
		return bareItem(value)
	}
	return s, true
}

// bareItem reads one value: a string, a byte sequence, a boolean, a number or
// a token.
func bareItem(s string) (rest string, ok bool) {
	if s == "" {
		return "", false
	}
	switch {
	case s[0] == '"':
		return quotedString(s[1:])
	case s[0] == ':':
		_, rest = span(s[1:], lower+upper+digits+"+/=")
		return strings.CutPrefix(rest, ":")
	case s[0] == '?':
		return s[min(2, len(s)):], strings.HasPrefix(s, "?0") || strings.HasPrefix(s, "?1")
	case strings.ContainsAny(s[:1], digits+"-"):
		number, rest := span(strings.TrimPrefix(s, "-"), digits+".")
		return rest, number != "" && number[0] != '.' && number[len(number)-1] != '.' && strings.Count(number, ".") < 2
	case strings.ContainsAny(s[:1], lower+upper+"*"):
		_, rest = span(s, tokenChars)
		return rest, true
	}
	return "", false
}

func quotedString(s string) (rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return s[i+1:], true
		case c == '\\':
			i++
			if i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", false
			}
		case c < ' ' || c > '~':
			return "", false
		}
	}
	return "", false
}

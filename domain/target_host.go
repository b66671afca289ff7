package domain

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a host name in octets of its ASCII form: RFC 1035 §2.3.4.
const (
	maxName  = 253
	maxLabel = 63
)

// parseHost returns the normal form of a host name (ASCII, lower case,
// without a trailing dot) or of an IP address (RFC 5952; an IPv4-mapped one as
// IPv4), and which of the two it is.
func parseHost(s string) (host string, kind TargetKind, err error) {
	s = strings.TrimSuffix(s, ".")
	if addr, err := netip.ParseAddr(s); err == nil {
		if addr.Zone() != "" {
			return "", "", Errorf(Invalid, "an address must not have a zone")
		}
		return addr.Unmap().String(), IPTarget, nil
	}
	if strings.Contains(s, ":") {
		return "", "", Errorf(Invalid, "give a host name or an IP address alone, without a port")
	}
	labels := strings.Split(s, ".")
	for i, label := range labels {
		if labels[i], err = parseLabel(label); err != nil {
			return "", "", err
		}
	}
	host = strings.Join(labels, ".")
	if len(host) > maxName {
		return "", "", Errorf(Invalid, "a host name must have at most %d characters", maxName)
	}
	if looksNumeric(labels[len(labels)-1]) {
		return "", "", Errorf(Invalid, "write an IPv4 address as four decimal numbers without leading zeros, such as 192.0.2.1")
	}
	return host, HostTarget, nil
}

// looksNumeric says whether a name with this last label would be taken for an
// IPv4 address in one of its old spellings by some resolver or browser (WHATWG
// URL Standard, "ends in a number"), or for several by nmap ("192.0.2.1-9").
func looksNumeric(label string) bool {
	if hex, found := strings.CutPrefix(label, "0x"); found {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789-_") == ""
}

func parseLabel(s string) (string, error) {
	if s == "" {
		return "", Errorf(Invalid, "the host name has an empty part between its dots")
	}
	ascii := true
	lower := make([]rune, 0, len(s))
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if !nameByte(byte(r)) {
				return "", Errorf(Invalid, "a host name may only have letters, digits, hyphens and dots")
			}
			r = unicode.ToLower(r)
		default:
			if r = unicode.ToLower(r); !idnaRune(r) {
				return "", Errorf(Invalid, "the host name has characters with more than one spelling: write it in its xn-- form")
			}
			ascii = false
		}
		lower = append(lower, r)
	}
	label := string(lower)
	if !ascii {
		label = "xn--" + punycode(lower)
	}
	switch {
	case len(label) > maxLabel:
		return "", Errorf(Invalid, "a part of a host name between dots must have at most %d characters", maxLabel)
	case label[0] == '-' || label[len(label)-1] == '-':
		return "", Errorf(Invalid, "a part of a host name must not begin or end with a hyphen")
	}
	return label, nil
}

// nameByte allows letters, digits and hyphen (RFC 952, RFC 1123 §2.1), and
// the underscore that real hosts have.
func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// idnaRune says whether r, in lower case, may stand in an international name
// as it is. Digits other than ASCII's, marks that compose with Latin letters
// and compatibility characters are left out, because RFC 5892 disallows them
// or UTS 46 maps them to something else.
func idnaRune(r rune) bool {
	return r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.Is(unicode.M, r)) && !unicode.Is(respelled, r)
}

// respelled are the letters and marks that UTS 46 maps to others.
var respelled = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00aa, Hi: 0x00aa, Stride: 1}, // ordinal indicators
		{Lo: 0x00ba, Hi: 0x00ba, Stride: 1},
		{Lo: 0x0132, Hi: 0x0133, Stride: 1}, // ligatures and digraphs
		{Lo: 0x013f, Hi: 0x0140, Stride: 1},
		{Lo: 0x0149, Hi: 0x0149, Stride: 1},
		{Lo: 0x017f, Hi: 0x017f, Stride: 1}, // long s
		{Lo: 0x01c4, Hi: 0x01cc, Stride: 1},
		{Lo: 0x01f1, Hi: 0x01f3, Stride: 1},
		{Lo: 0x02b0, Hi: 0x036f, Stride: 1}, // modifiers, combining marks
		{Lo: 0x1100, Hi: 0x11ff, Stride: 1}, // conjoining jamo
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // variation selectors
		{Lo: 0x1ab0, Hi: 0x1aff, Stride: 1},
		{Lo: 0x1d2c, Hi: 0x1dff, Stride: 1}, // phonetic modifiers, combining marks
		{Lo: 0x2000, Hi: 0x2bff, Stride: 1}, // letter-like symbols, number forms, enclosed
		{Lo: 0x2e80, Hi: 0x2fff, Stride: 1}, // radicals
		{Lo: 0x3000, Hi: 0x3004, Stride: 1}, // punctuation
		{Lo: 0x3099, Hi: 0x309c, Stride: 1}, // kana voicing marks
		{Lo: 0x3130, Hi: 0x33ff, Stride: 1}, // compatibility jamo, enclosed
		{Lo: 0xa69c, Hi: 0xa69d, Stride: 1},
		{Lo: 0xa770, Hi: 0xa770, Stride: 1},
		{Lo: 0xf900, Hi: 0xffff, Stride: 1}, // compatibility and presentation forms, full width
	},
	R32: []unicode.Range32{
		{Lo: 0x1d400, Hi: 0x1f9ff, Stride: 1}, // mathematical letters, enclosed
		{Lo: 0x2f800, Hi: 0x2fa1f, Stride: 1}, // compatibility ideographs
		{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}, // tags, variation selectors
	},
}

func blankOrControl(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

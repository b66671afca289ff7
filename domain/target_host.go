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

// respelled has the lower-case letters and marks that UTS 46 maps to others or
// that compose with their neighbours: ligatures, modifiers, combining marks,
// letter-like symbols, compatibility and presentation forms. Where a range has
// others too, these are refused along with them.
var respelled = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x00aa, 0x00aa, 1}, {0x00b5, 0x00b5, 1}, {0x00ba, 0x00ba, 1}, {0x0132, 0x0133, 1},
		{0x013f, 0x0140, 1}, {0x0149, 0x0149, 1}, {0x017f, 0x017f, 1}, {0x01c4, 0x01cc, 1},
		{0x01f1, 0x01f3, 1}, {0x02b0, 0x036f, 1}, {0x0374, 0x0374, 1}, {0x037a, 0x037a, 1},
		{0x03d0, 0x03d6, 1}, {0x03f0, 0x03f5, 1}, {0x0587, 0x0587, 1}, {0x0675, 0x0678, 1},
		{0x093c, 0x093c, 1}, {0x0958, 0x095f, 1}, {0x09bc, 0x09bc, 1}, {0x09dc, 0x09df, 1},
		{0x0a33, 0x0a33, 1}, {0x0a36, 0x0a36, 1}, {0x0a3c, 0x0a3c, 1}, {0x0a59, 0x0a5b, 1},
		{0x0a5e, 0x0a5e, 1}, {0x0b3c, 0x0b3c, 1}, {0x0b5c, 0x0b5d, 1}, {0x0e33, 0x0e33, 1},
		{0x0eb3, 0x0eb3, 1}, {0x0edc, 0x0edd, 1}, {0x0f43, 0x0fb9, 1}, {0x10fc, 0x10fc, 1},
		{0x1100, 0x11ff, 1}, {0x13f8, 0x13fd, 1}, {0x17b4, 0x17b5, 1}, {0x180b, 0x180f, 1},
		{0x1ab0, 0x1aff, 1}, {0x1c80, 0x1c88, 1}, {0x1d2c, 0x1dff, 1}, {0x1e9a, 0x1e9b, 1},
		{0x1f70, 0x1fff, 1}, {0x2000, 0x2bff, 1}, {0x2c7c, 0x2c7d, 1}, {0x2d6f, 0x2d6f, 1},
		{0x2e80, 0x3004, 1}, {0x3099, 0x309f, 1}, {0x30ff, 0x30ff, 1}, {0x3130, 0x33ff, 1},
		{0xa69c, 0xa69d, 1}, {0xa770, 0xa770, 1}, {0xa7f2, 0xa7f9, 1}, {0xab5c, 0xabbf, 1},
		{0xf900, 0xffff, 1},
	},
	R32: []unicode.Range32{
		{0x10780, 0x107ba, 1}, {0x1d400, 0x1f9ff, 1}, {0x2f800, 0x2fa1f, 1}, {0xe0000, 0xe0fff, 1},
	},
}

func blankOrControl(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

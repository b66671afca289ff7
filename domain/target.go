package domain

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Target is what a scan looks at, parsed and normalised. It is data only:
// whether its addresses may be reached is for the guard to say.
type Target struct {
	Kind   TargetKind `json:"kind"`
	Value  string     `json:"value"`            // the normal form, as shown and compared
	Host   string     `json:"host"`             // host name (ASCII, lower case) or IP address: where to connect; of a range, Value
	Domain string     `json:"domain"`           // the name to ask for in SNI and Host; Host unless given otherwise
	Scheme string     `json:"scheme,omitempty"` // "http" or "https"; empty unless Kind is URLTarget
	Port   int        `json:"port,omitempty"`   // of a URL, also where it is the scheme's default; else 0
	Path   string     `json:"path,omitempty"`   // of a URL, with its query, at least "/"
}

// TargetKind says what kind of thing a target is.
type TargetKind string

// The kinds of target.
const (
	URLTarget   TargetKind = "url"
	HostTarget  TargetKind = "hostname"
	IPTarget    TargetKind = "ip"
	RangeTarget TargetKind = "range"
)

// MaxTarget is the most bytes that a target may have, as given and in its
// normal form.
const MaxTarget = 2048

// maxRangeBits bounds a range to 65,536 addresses.
const maxRangeBits = 16

var defaultPorts = map[string]int{"http": 80, "https": 443}

// ParseURL reads an http or https URL; without a scheme it takes https. The
// fragment is dropped, as it never reaches a server. What is a range of addresses is
// no URL, though it could be read as one. Errors are *Error with the code Invalid.
func ParseURL(s string) (Target, error) {
	s, err := cleanText(s)
	if err != nil {
		return Target{}, err
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return Target{}, Errorf(Invalid, "a range of addresses is no URL")
	}
	scheme, rest := splitScheme(s)
	if defaultPorts[scheme] == 0 {
		return Target{}, Errorf(Invalid, "the URL must begin with http:// or https://")
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	t := Target{Kind: URLTarget, Scheme: scheme}
	if t.Host, t.Port, err = parseAuthority(rest[:end], scheme); err != nil {
		return Target{}, err
	}
	if t.Path, err = parsePath(rest[end:]); err != nil {
		return Target{}, err
	}
	t.Domain = t.Host
	t.Value = scheme + "://" + authority(t.Host, t.Port, scheme) + t.Path
	if len(t.Value) > MaxTarget {
		return Target{}, tooLong()
	}
	return t, nil
}

// ParseHost reads a host name or an IP address, without a port, path or
// brackets. Errors are *Error with the code Invalid.
func ParseHost(s string) (Target, error) {
	s, err := cleanText(s)
	if err != nil {
		return Target{}, err
	}
	host, kind, err := parseHost(s)
	if err != nil {
		return Target{}, err
	}
	return Target{Kind: kind, Value: host, Host: host, Domain: host}, nil
}

// ParseTarget reads what looks like a URL, an IP address, a host name or a
// range in CIDR notation of at most 65,536 addresses. Errors are *Error with
// the code Invalid.
func ParseTarget(s string) (Target, error) {
	s, err := cleanText(s)
	if err != nil {
		return Target{}, err
	}
	if prefix, err := netip.ParsePrefix(s); err == nil {
		return rangeTarget(prefix)
	}
	before, after, found := strings.Cut(s, "/")
	_, err = netip.ParseAddr(before)
	switch {
	case err == nil && found && strings.Trim(after, "0123456789") == "":
		return Target{}, Errorf(Invalid, "the number after the slash must be from 0 to 32 for IPv4, 128 for IPv6")
	case err != nil && strings.ContainsAny(s, "/:[?#"), found:
		return ParseURL(s)
	default:
		return ParseHost(s)
	}
}

func rangeTarget(p netip.Prefix) (Target, error) {
	if p.Addr().Is4In6() {
		return Target{}, Errorf(Invalid, "write a range of IPv4 addresses as in 192.0.2.0/24")
	}
	if p.Addr().BitLen()-p.Bits() > maxRangeBits {
		return Target{}, Errorf(Invalid, "the range must have at most 65536 addresses: /16 or smaller for IPv4, /112 for IPv6")
	}
	value := p.Masked().String()
	return Target{Kind: RangeTarget, Value: value, Host: value, Domain: value}, nil
}

// cleanText trims spaces and refuses what parsers are known to disagree on.
func cleanText(s string) (string, error) {
	s = strings.Trim(s, " ")
	switch {
	case s == "":
		return "", Errorf(Invalid, "the target must not be empty")
	case len(s) > MaxTarget:
		return "", tooLong()
	case !utf8.ValidString(s):
		return "", Errorf(Invalid, "the target must be valid UTF-8")
	case strings.ContainsFunc(s, blankOrControl):
		return "", Errorf(Invalid, "the target must not contain spaces or control characters")
	case strings.Contains(s, `\`):
		return "", Errorf(Invalid, `the target must not contain a backslash`)
	case s[0] == '-':
		return "", Errorf(Invalid, "the target must not begin with a hyphen")
	}
	return s, nil
}

func tooLong() error {
	return Errorf(Invalid, "the target must have at most %d characters", MaxTarget)
}

func splitScheme(s string) (scheme, rest string) {
	scheme, rest, found := strings.Cut(s, "://")
	if !found || strings.ContainsAny(scheme, "/?#:@[") {
		return "https", s
	}
	return strings.ToLower(scheme), rest
}

func parseAuthority(s, scheme string) (host string, port int, err error) {
	if strings.Contains(s, "@") {
		return "", 0, Errorf(Invalid, "the URL must not contain a user name or password")
	}
	host, digits, hasPort := splitPort(s)
	if strings.HasPrefix(host, "[") {
		addr, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		if err != nil || !addr.Is6() || !strings.HasSuffix(host, "]") {
			return "", 0, Errorf(Invalid, "the address in brackets is not an IPv6 address")
		}
		host = strings.TrimSuffix(host[1:], "]")
	} else if strings.Contains(host, ":") {
		return "", 0, Errorf(Invalid, "an IPv6 address in a URL must stand in brackets")
	}
	if host, _, err = parseHost(host); err != nil {
		return "", 0, err
	}
	if !hasPort {
		return host, defaultPorts[scheme], nil
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 {
		return "", 0, Errorf(Invalid, "the port must be a number from 1 to 65535")
	}
	return host, int(n), nil
}

// splitPort cuts at the last colon that does not belong to an address in
// brackets.
func splitPort(s string) (host, port string, found bool) {
	i := strings.LastIndexByte(s, ':')
	if i < strings.LastIndexByte(s, ']') || i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// parsePath returns path and query as they are sent: dot segments resolved,
// at least "/", ASCII only.
func parsePath(s string) (string, error) {
	s, _, _ = strings.Cut(s, "#")
	u, err := url.Parse("http://host/" + strings.TrimPrefix(s, "/"))
	if err != nil {
		return "", Errorf(Invalid, "the path of the URL has a %% that is not followed by two hexadecimal digits")
	}
	u = (&url.URL{}).ResolveReference(u)
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + EscapeQuery(u.RawQuery)
	}
	return path, nil
}

// EscapeQuery percent-encodes what must not stand raw in the query of a
// request line and leaves everything else as it is.
func EscapeQuery(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c > ' ' && c < 0x7f && !strings.ContainsRune("\"<>`", rune(c)) {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:]))
	}
	return b.String()
}

// authority writes host and port as they stand in a URL, without the port
// that the scheme implies.
func authority(host string, port int, scheme string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == defaultPorts[scheme] {
		return host
	}
	return host + ":" + strconv.Itoa(port)
}

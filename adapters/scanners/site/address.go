package site

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// special schemes have an authority, and backslashes that count as slashes;
// with their default ports.
var special = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21", "file": ""}

var schemeOf = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)

// ParseURL reads raw as a browser does (https://url.spec.whatwg.org), relative
// to base if there is one. Only a few things are no URL at all: a relative
// one without a base, and an authority that cannot be one.
func ParseURL(raw string, base *url.URL) (*url.URL, bool) {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	raw = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(raw)
	scheme, rest := "", raw
	if m := schemeOf.FindStringSubmatch(raw); m != nil {
		scheme, rest = strings.ToLower(m[1]), raw[len(m[0]):]
	}
	_, isSpecial := special[scheme]
	if scheme != "" && !isSpecial {
		return &url.URL{Scheme: scheme, Opaque: rest}, true
	}
	if scheme == "" && base == nil {
		return nil, false
	}
	rest, fragment, _ := strings.Cut(rest, "#")
	rest, query, hasQuery := strings.Cut(rest, "?")
	rest = strings.ReplaceAll(rest, `\`, "/")
	u := &url.URL{Scheme: scheme, Fragment: fragment, RawQuery: escapeInvalid(query), ForceQuery: hasQuery && query == ""}
	sameScheme := base != nil && (scheme == "" || scheme == base.Scheme)
	switch {
	case scheme == "file":
		u.Path = rest
		return u, true
	case strings.HasPrefix(rest, "//") || !sameScheme:
		if u.Scheme == "" {
			u.Scheme = base.Scheme
		}
		authority, path, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
		host, ok := parseAuthority(authority, u.Scheme)
		u.Host = host
		setPath(u, "/"+path)
		return u, ok
	default:
		relativeTo(base, u, rest, hasQuery)
		return u, true
	}
}

// relativeTo completes u from base by a path without an authority.
func relativeTo(base, u *url.URL, path string, hasQuery bool) {
	u.Scheme, u.Host = base.Scheme, base.Host
	switch {
	case path == "":
		u.Path, u.RawPath = base.Path, base.RawPath
		if !hasQuery {
			u.RawQuery = base.RawQuery
		}
	case path[0] == '/':
		setPath(u, path)
	default:
		dir := base.EscapedPath()
		setPath(u, dir[:strings.LastIndexByte(dir, '/')+1]+path)
	}
}

// setPath takes dot segments out and escapes what must be.
func setPath(u *url.URL, path string) {
	escaped := escapeInvalid(path)
	unescaped, err := url.PathUnescape(escaped)
	if err != nil {
		unescaped = path
	}
	u.Path, u.RawPath = unescaped, escaped
	*u = *u.ResolveReference(&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery, ForceQuery: u.ForceQuery, Fragment: u.Fragment})
	if u.Path == "" {
		u.Path = "/"
	}
}

// escapeInvalid percent-encodes what may not stand in a path or query, and
// percent signs that encode nothing.
func escapeInvalid(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])):
			b.WriteString("%25")
		case c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>`{}^|", c) >= 0:
			b.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// parseAuthority checks the host and port, without the user.
func parseAuthority(authority, scheme string) (host string, ok bool) {
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	host, port := authority, ""
	if at := strings.LastIndexByte(authority, ':'); at >= 0 && !strings.HasSuffix(authority, "]") {
		host, port = authority[:at], authority[at+1:]
	}
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || port[0] == '+' {
			return "", false
		} else {
			port = strconv.FormatUint(n, 10)
		}
	}
	if host, ok = parseHost(host); !ok {
		return "", false
	}
	if port != "" && port != special[scheme] {
		host += ":" + port
	}
	return host, true
}

// browserHost maps names as browsers do: UTS 46, without the rules for names
// that can be registered.
var browserHost = idna.New(idna.MapForLookup(), idna.StrictDomainName(false), idna.CheckHyphens(false), idna.VerifyDNSLength(false))

func parseHost(host string) (string, bool) {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		ip, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return "[" + ip.String() + "]", err == nil && ip.Is6() && ip.Zone() == "" && strings.HasSuffix(inner, "]")
	}
	if decoded, err := url.PathUnescape(host); err == nil {
		host = decoded
	}
	host, err := browserHost.ToASCII(host)
	if err != nil || host == "" || strings.ContainsAny(host, "\x00\t\n\r #/:<>?@[\\]^|%\x7f") {
		return "", false
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if last := labels[len(labels)-1]; last != "" && strings.Trim(last, "0123456789") == "" {
		if ip, err := netip.ParseAddr(host); err == nil {
			return ip.String(), true
		}
		return host, len(labels) <= 4 // an address in one of its older spellings
	}
	return host, true
}

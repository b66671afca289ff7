package observatory

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// Cookie is what a Set-Cookie line asks for. Its value is kept only to be sent
// back and is shown to nobody.
type Cookie struct {
	Name     string
	Domain   string // of the Domain attribute, without a leading dot; "" without one
	Path     string // of the Path attribute; "" without a usable one
	Secure   bool
	HTTPOnly bool
	SameSite string // "strict", "lax" or "none"; "" when absent or not one of them
	// BadSameSite is whether there is a SameSite attribute with another value.
	BadSameSite bool
	Answer      *scanners.Answer // that set it

	value   string
	expires time.Time // zero for the session's end
	gone    bool      // Max-Age says that it has run out
}

// maxCookie is how long name and value may be together, in bytes; browsers
// ignore what is longer (RFC 6265bis, section 5.7).
const maxCookie = 4096

// dashed is the one form of Expires that is common and not a date of HTTP.
const dashed = "Mon, 02-Jan-2006 15:04:05 MST"

// ParseCookie reads a Set-Cookie line as browsers do (RFC 6265, section 5.2,
// with what 6265bis adds). It is false for a line that they ignore, and for a
// cookie without a name.
func ParseCookie(line string) (Cookie, bool) {
	if strings.ContainsFunc(line, forbidden) {
		return Cookie{}, false
	}
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, found := strings.Cut(pair, "=")
	c := Cookie{Name: strings.Trim(name, " \t"), value: strings.Trim(value, " \t")}
	if !found || c.Name == "" || len(c.Name)+len(c.value) > maxCookie {
		return Cookie{}, false
	}
	c.Name = strings.ToValidUTF8(c.Name, "\uFFFD")
	var maxAge bool
	for attribute := range strings.SplitSeq(attributes, ";") {
		key, value, _ := strings.Cut(attribute, "=")
		key, value = strings.ToLower(strings.Trim(key, " \t")), strings.Trim(value, " \t")
		maxAge = c.set(key, value, maxAge)
	}
	return c, true
}

// set takes one attribute. Max-Age goes before Expires wherever it stands, so
// set is told and tells whether it has been seen.
func (c *Cookie) set(key, value string, maxAge bool) bool {
	switch key {
	case "secure":
		c.Secure = true
	case "httponly":
		c.HTTPOnly = true
	case "samesite":
		c.SameSite, c.BadSameSite = sameSite(value)
	case "domain":
		c.Domain = strings.ToLower(strings.TrimPrefix(value, "."))
	case "path":
		c.Path = ""
		if strings.HasPrefix(value, "/") {
			c.Path = value
		}
	case "max-age":
		if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
			c.expires, c.gone = time.Time{}, seconds <= 0
			return true
		}
	case "expires":
		if !maxAge {
			c.expires = expiry(value)
		}
	}
	return maxAge
}

func sameSite(value string) (known string, bad bool) {
	switch v := strings.ToLower(value); v {
	case "strict", "lax", "none":
		return v, false
	}
	return "", true
}

func expiry(value string) time.Time {
	if t, err := http.ParseTime(value); err == nil {
		return t
	}
	t, err := time.Parse(dashed, value)
	if err != nil {
		return time.Time{}
	}
	return t
}

// forbidden tells control characters, for which browsers drop the whole line.
func forbidden(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// Expired says whether the cookie only takes one away.
func (c Cookie) Expired(now time.Time) bool {
	return c.gone || !c.expires.IsZero() && !c.expires.After(now)
}

// Prefix returns the prefix of the name whose promise the cookie breaks,
// "__Host-" or "__Secure-", or "" (RFC 6265bis, section 4.1.3). Browsers do
// not store a cookie that breaks one.
func (c Cookie) Prefix() string {
	name := strings.ToLower(c.Name)
	secure := c.Answer != nil && c.Answer.URL.Scheme == "https" && c.Secure
	switch {
	case strings.HasPrefix(name, "__host-") && (!secure || c.Domain != "" || c.Path != "/"):
		return "__Host-"
	case strings.HasPrefix(name, "__secure-") && !secure:
		return "__Secure-"
	}
	return ""
}

// Session says whether the Observatory takes the cookie for a session's.
func (c Cookie) Session() bool { return c.named("login", "sess") }

// AntiCSRF says whether the Observatory takes the cookie for a token against
// cross-site request forgery.
func (c Cookie) AntiCSRF() bool { return c.named("csrf") }

func (c Cookie) named(parts ...string) bool {
	name := strings.ToLower(c.Name)
	for _, p := range parts {
		if strings.Contains(name, p) {
			return true
		}
	}
	return false
}

package observatory

import (
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// maxCookies is how many cookies a jar holds; browsers keep about as many of
// one site (Chromium 180).
const maxCookies = 180

// maxSent bounds the Cookie header that is sent back, in bytes.
const maxSent = 8 << 10

// Jar holds the cookies that a site has set, as a browser would (RFC 6265,
// section 5.3).
type Jar struct {
	Cookies  []Cookie // kept, in the order in which they were set first
	Broken   []Cookie // not kept, because they break their name's prefix
	Overflow bool     // whether there were more than a jar holds
}

// Take puts the cookies of an answer into the jar, and takes out those that
// the answer lets expire at now.
func (j *Jar) Take(a *scanners.Answer, now time.Time) {
	for _, line := range a.Header.Values("Set-Cookie") {
		c, ok := ParseCookie(line)
		if !ok || !c.claim(a) {
			continue
		}
		j.put(c, now)
	}
}

// claim ties the cookie to the answer that sets it. It is false when the
// answer's host may not set it.
func (c *Cookie) claim(a *scanners.Answer) bool {
	c.Answer = a
	if c.Path == "" && c.Prefix() == "" {
		c.Path = defaultPath(a.URL)
	}
	host := strings.ToLower(a.URL.Hostname())
	if c.Domain == "" || c.Domain == host {
		return true
	}
	suffix, _ := publicsuffix.PublicSuffix(c.Domain)
	return suffix != c.Domain && within(host, c.Domain)
}

// within says whether host is domain or below it (RFC 6265, section 5.1.3).
func within(host, domain string) bool {
	if host == domain {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err != nil && strings.HasSuffix(host, "."+domain)
}

// defaultPath is the path of a cookie without one (RFC 6265, section 5.1.4).
func defaultPath(u *url.URL) string {
	i := strings.LastIndexByte(u.EscapedPath(), '/')
	if i <= 0 {
		return "/"
	}
	return u.EscapedPath()[:i]
}

func (j *Jar) put(c Cookie, now time.Time) {
	if c.Prefix() != "" {
		j.reject(c)
		return
	}
	for i, old := range j.Cookies {
		if old.Name != c.Name || old.scope() != c.scope() || old.Path != c.Path {
			continue
		}
		if c.Expired(now) {
			j.Cookies = append(j.Cookies[:i], j.Cookies[i+1:]...)
		} else {
			j.Cookies[i] = c.since(old)
		}
		return
	}
	switch {
	case c.Expired(now):
	case len(j.Cookies) == maxCookies:
		j.Overflow = true
	default:
		j.Cookies = append(j.Cookies, c)
	}
}

// since returns the cookie with the answer that first set it so, which shows a
// reader more than one that repeats it.
func (c Cookie) since(old Cookie) Cookie {
	if c.Secure == old.Secure && c.HTTPOnly == old.HTTPOnly && c.SameSite == old.SameSite && c.BadSameSite == old.BadSameSite {
		c.Answer = old.Answer
	}
	return c
}

func (j *Jar) reject(c Cookie) {
	for _, old := range j.Broken {
		if old.Name == c.Name {
			return
		}
	}
	if len(j.Broken) == maxCookies {
		j.Overflow = true
		return
	}
	j.Broken = append(j.Broken, c)
}

// scope is the host or domain that the cookie belongs to.
func (c Cookie) scope() string {
	if c.Domain != "" {
		return c.Domain
	}
	return strings.ToLower(c.Answer.URL.Hostname())
}

// Send returns the Cookie header of a request to u, "" for none.
func (j *Jar) Send(u *url.URL) string {
	var b strings.Builder
	for _, c := range j.Cookies {
		if !c.belongs(u) || b.Len()+len(c.Name)+len(c.value)+3 > maxSent {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(c.Name + "=" + c.value)
	}
	return b.String()
}

func (c Cookie) belongs(u *url.URL) bool {
	host, path := strings.ToLower(u.Hostname()), u.EscapedPath()
	if path == "" {
		path = "/"
	}
	atHost := host == c.scope() || c.Domain != "" && within(host, c.Domain)
	atPath := path == c.Path || strings.HasPrefix(path, strings.TrimSuffix(c.Path, "/")+"/")
	return atHost && atPath && (!c.Secure || u.Scheme == "https")
}

package domain

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// place is where a weakness is, whichever way a scanner wrote it down.
type place struct {
	host     string
	port     int    // 0 where none is said
	protocol string // "tcp" or "udp", where a port alone is said
	path     string // with the names of its parameters; "" where none is said
	name     string // of a cookie, a record: whatever is no port and no address
}

// portPlace is "443/tcp", or "192.0.2.1:443/tcp" within a range of addresses.
var portPlace = regexp.MustCompile(`^(?:(.+):)?([0-9]{1,5})/(tcp|udp)$`)

// placeOf reads the place of a weakness of a target. What has no host of its own
// is on the target's.
func placeOf(t Target, where string) place {
	p := place{host: t.Host, port: t.Port}
	if m := portPlace.FindStringSubmatch(where); m != nil {
		if m[1] != "" {
			p.host = normalHost(m[1])
		}
		p.port, _ = strconv.Atoi(m[2]) // five digits
		p.protocol = m[3]
		return p
	}
	switch u, err := url.Parse(where); {
	case where == "":
	case err != nil || u.Scheme == "" && !strings.HasPrefix(where, "/"), u.Scheme != "" && u.Host == "":
		p.name = where
	default:
		if u.Host != "" {
			p.host, p.port = ownHost(t, normalHost(u.Hostname())), defaultPorts[strings.ToLower(u.Scheme)]
			if n, err := strconv.Atoi(u.Port()); err == nil {
				p.port = n
			}
		}
		p.path = normalPath(u)
	}
	return p
}

func normalHost(host string) string {
	if normal, _, err := parseHost(strings.Trim(host, "[]")); err == nil {
		return normal
	}
	return strings.ToLower(host)
}

// ownHost is the target's host for a name that the target is asked for by.
func ownHost(t Target, host string) string {
	if host == t.Domain {
		return t.Host
	}
	return host
}

// stamped is what a build puts into a file's name, and takes another of each time.
var stamped = regexp.MustCompile(`[0-9a-fA-F]{8,}`)

// normalPath is a path as every scanner would write it: dot segments and doubled
// slashes resolved, no slash at its end, escapes in one spelling, of its query
// the names alone, and without what changes with each release.
func normalPath(u *url.URL) string {
	p := path.Clean("/" + u.Path)
	p = stamped.ReplaceAllStringFunc(p, func(s string) string {
		if strings.ContainsAny(s, "0123456789") && strings.ContainsAny(strings.ToLower(s), "abcdef") {
			return "*"
		}
		return s
	})
	p = (&url.URL{Path: p}).EscapedPath()
	var names []string
	for _, part := range strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(part, "=")
		names = append(names, name)
	}
	if slices.Sort(names); len(names) == 0 {
		return p
	}
	return p + "?" + strings.Join(slices.Compact(names), "&")
}

// site is the web site that the place is on. One on both of the usual ports is
// one site.
func (p place) site() string {
	if p.port == 0 || p.port == 80 || p.port == 443 {
		return p.host
	}
	return p.host + ":" + strconv.Itoa(p.port)
}

// natural is the scope that goes by what the place says.
func (p place) natural() string {
	switch {
	case p.protocol != "":
		return onPort(p)
	case p.name != "":
		return onName(p)
	case p.path != "":
		return onPath(p)
	default:
		return onSite(p)
	}
}

// The scopes: how much of a place belongs to what a weakness is.

// onSite: there is one of it, wherever on the site it is seen.
func onSite(p place) string { return "site " + p.site() }

// onPort: each port has its own; where none is said, the one of https.
func onPort(p place) string {
	port, protocol := p.port, p.protocol
	if port == 0 {
		port = defaultPorts["https"]
	}
	if protocol == "" {
		protocol = "tcp"
	}
	return "port " + p.host + ":" + strconv.Itoa(port) + "/" + protocol
}

// onPath: each address has its own.
func onPath(p place) string { return "path " + p.site() + p.path }

// onFolder: the files of a folder belong together.
func onFolder(p place) string {
	address, _, _ := strings.Cut(p.path, "?")
	return "folder " + p.site() + path.Dir(address)
}

// onName: each cookie has its own, wherever it is set.
func onName(p place) string { return "name " + p.site() + " " + p.name }

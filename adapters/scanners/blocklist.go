package scanners

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// Blocklist is a list of what spreads malware, or is harmful otherwise.
type Blocklist struct {
	hosts  map[string]bool // with all below them
	urls   map[string]bool // without scheme and fragment
	hashes map[string]bool // SHA-256 of scripts, in lower-case hex
}

var listedHash = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// ReadBlocklist reads a list: on each line a host, a URL or a SHA-256, or a
// line of a hosts file ("0.0.0.0 host"), whose lines for the machine itself are
// none of a list's. What begins with # is a comment. A line that is none of these
// is an error, for nobody would look for it.
func ReadBlocklist(raw []byte) (*Blocklist, error) {
	b := &Blocklist{hosts: map[string]bool{}, urls: map[string]bool{}, hashes: map[string]bool{}}
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := ofHostsFile(strings.Fields(line))
		if len(words) == 0 {
			continue
		}
		if len(words) > 1 || !b.add(words[0]) {
			return nil, fmt.Errorf("line %d is neither a host, a URL nor a SHA-256", n)
		}
	}
	return b, lines.Err()
}

// ofHostsFile are a line's words without the address that a hosts file begins with,
// and none where it names the machine itself or its neighbours.
func ofHostsFile(words []string) []string {
	if len(words) != 2 {
		return words
	}
	ip, err := netip.ParseAddr(words[0])
	switch {
	case err != nil:
		return words
	case ip.IsLinkLocalUnicast(), ip.IsMulticast(), ip == broadcast:
		return nil
	case !ip.IsLoopback() && !ip.IsUnspecified():
		return words
	case !strings.Contains(words[1], ".") || words[1] == "localhost.localdomain":
		return nil
	default:
		return words[1:]
	}
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

func (b *Blocklist) add(word string) bool {
	if listedHash.MatchString(word) {
		b.hashes[strings.ToLower(word)] = true
		return true
	}
	if strings.Contains(word, "://") {
		if normal, err := domain.ParseDestination(word); err == nil {
			word = normal
		}
		u, err := url.Parse(word)
		if err != nil || u.Host == "" {
			return false
		}
		b.urls[urlKey(u)] = true
		return true
	}
	word = strings.TrimPrefix(word, "*.")
	if host, err := domain.ParseHost(word); err == nil {
		b.hosts[host.Host] = true
		return true
	}
	if _, err := domain.ParseHost(strings.ReplaceAll(word, "_", "x")); err == nil { // a name of the DNS, if none of a host
		b.hosts[strings.ToLower(word)] = true
		return true
	}
	return false
}

// urlKey is what a URL is known by, however it is written: without its scheme, the
// port that this has anyway and the dot behind its host, with "x" for "%78", and
// without dot segments, which browsers know when they are written "%2e" too.
func urlKey(u *url.URL) string {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if port := u.Port(); port != "" && port != usualPorts[u.Scheme] {
		host = net.JoinHostPort(host, port)
	}
	path := undotted(escape.ReplaceAllStringFunc(cmp.Or(u.EscapedPath(), "/"), plain))
	if u.RawQuery != "" {
		path += "?" + escape.ReplaceAllStringFunc(u.RawQuery, plain)
	}
	return host + path
}

var (
	usualPorts = map[string]string{"http": "80", "https": "443"}
	escape     = regexp.MustCompile("%[0-9A-Fa-f]{2}")
	unreserved = regexp.MustCompile("^[A-Za-z0-9._~-]$") // RFC 3986 §2.3
)

// undotted is a path without dot segments.
func undotted(path string) string {
	u, err := url.Parse("//host" + path)
	if err != nil {
		return path
	}
	return (&url.URL{}).ResolveReference(u).EscapedPath()
}

// plain is what an escape stands for, where that is the same in a URL.
func plain(escape string) string {
	if letter, err := url.PathUnescape(escape); err == nil && unreserved.MatchString(letter) {
		return letter
	}
	return strings.ToUpper(escape)
}

// Lists says whether a URL, its host or one above that is on the list.
func (b *Blocklist) Lists(u *url.URL) bool {
	if b.urls[urlKey(u)] {
		return true
	}
	for host := strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")); host != ""; {
		if b.hosts[host] {
			return true
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return false
}

// Hashed says whether a SHA-256 is on the list.
func (b *Blocklist) Hashed(sum [sha256.Size]byte) bool { return b.hashes[hex.EncodeToString(sum[:])] }

// OpenBlocklists reads the operator's lists, so that a fault in one is told at the
// start. They are read again whenever they have changed.
func OpenBlocklists(paths []string) (lists []*File[*Blocklist], err error) {
	for _, path := range paths {
		f := &File[*Blocklist]{Path: path, Read: func(raw []byte, _ time.Time) (*Blocklist, error) { return ReadBlocklist(raw) }}
		if _, err := f.Get(); err != nil {
			return nil, err
		}
		lists = append(lists, f)
	}
	return lists, nil
}

package scanners

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
// line of a hosts file ("0.0.0.0 host"). What begins with # is a comment. A
// line that is none of these is an error, for nobody would look for it.
func ReadBlocklist(raw []byte) (*Blocklist, error) {
	b := &Blocklist{hosts: map[string]bool{}, urls: map[string]bool{}, hashes: map[string]bool{}}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(line)
		if len(words) == 2 {
			if ip, err := netip.ParseAddr(words[0]); err == nil && (ip.IsLoopback() || ip.IsUnspecified()) {
				words = words[1:]
			}
		}
		if len(words) == 0 {
			continue
		}
		if len(words) > 1 || !b.add(words[0]) {
			return nil, fmt.Errorf("line %d is neither a host, a URL nor a SHA-256", n)
		}
	}
	return b, lines.Err()
}

func (b *Blocklist) add(word string) bool {
	if listedHash.MatchString(word) {
		b.hashes[strings.ToLower(word)] = true
		return true
	}
	if strings.Contains(word, "://") {
		u, err := url.Parse(word)
		if err != nil || u.Host == "" {
			return false
		}
		b.urls[urlKey(u)] = true
		return true
	}
	host, err := domain.ParseHost(strings.TrimPrefix(word, "*."))
	if err != nil {
		return false
	}
	b.hosts[host.Host] = true
	return true
}

func urlKey(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return strings.ToLower(u.Host) + path
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

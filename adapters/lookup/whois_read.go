package lookup

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// whoisAnswer is what a WHOIS server says.
type whoisAnswer struct {
	registration *domain.Registration // nil where it says nothing of the subject
	next         string               // host:port of the server that it names; "" where it names none
	rwhois       string               // URL of a server of another protocol that it names
	none         bool                 // it says that there is nothing
	quota        bool                 // it says that it was asked too often
}

// nothing are the words in which servers say that they know nothing.
var nothing = regexp.MustCompile(`(?im)^\W*(no match|not found|no entries found|no data found|no object found|nothing found|no information|the queried object does not exist|` +
	`domain not found|object does not exist|not registered|is available|status:\s*(free|available)|.{0,80}(no match for|not found|no entries found|is free\b|not been registered|` +
	`is not registered|does not exist|no matching record|is available for))`)

// readWHOIS reads an answer about a subject, in whatever form.
func readWHOIS(text string, s domain.LookupSubject) *whoisAnswer {
	a := &whoisAnswer{}
	fields := fieldsOf(text)
	reading := newReading(s)
	for _, block := range fields {
		reading.block(block)
		for _, f := range block {
			a.refer(f)
		}
	}
	if n := reading.found.Network; n != nil && elsewhere[n.Name] {
		a.none = true
		return a
	}
	if reading.says() {
		a.registration = reading.found
		return a
	}
	a.quota, a.none = saysQuota(remarksOf(text)), nothing.MatchString(text)
	if a.none {
		a.quota = false
	}
	return a
}

// elsewhere are the names of what stands in RIPE's database for networks that others
// have.
var elsewhere = map[string]bool{"NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK": true}

// remarksOf are an answer's first lines, where servers say that they do not answer.
func remarksOf(text string) string { return text[:min(len(text), 2048)] }

// referrers are the keys under which servers name the next one.
var referrers = map[string]bool{"refer": true, "whois": true, "referralserver": true, "registrar whois server": true, "whois server": true, "registrar whois": true}

// refer notes which server is to be asked next: the last one that is named. A
// server of another protocol is none.
func (a *whoisAnswer) refer(f field) {
	if !referrers[f.key] || f.value == "" {
		return
	}
	value := strings.ToLower(f.value)
	if scheme, rest, found := strings.Cut(value, "://"); found {
		if scheme == "rwhois" {
			a.rwhois = clip(value)
			return
		}
		value = rest
		if u, err := url.Parse("//" + rest); err == nil {
			value = u.Host
		}
	}
	if server, err := hostPort(strings.TrimSuffix(value, "/"), "43", "the server"); err == nil && strings.Contains(server, ".") {
		a.next = server
	}
}

// field is one thing that an answer says.
type field struct{ key, value string }

// bracketed is .jp's form: [Name Server] ns.example.jp, with a letter before it or
// without one.
var bracketed = regexp.MustCompile(`^\s*(?:[a-z]\.\s+)?\[([^\]]{1,40})\]\s*(.*)$`)

// headings stand without a colon, as .it has them, or with it above fields that are no
// deeper, as .ee has them.
var headings = map[string]bool{
	"registrant": true, "registrar": true, "admin contact": true, "administrative contact": true, "technical contacts": true, "technical contact": true, "nameservers": true,
	"holder": true, "domain": true, "domain servers": true, "name servers information": true,
}

// hostLists are those below which hosts stand, no deeper and behind an empty line.
var hostLists = map[string]bool{"domain servers": true, "name servers information": true}

// spoken are .tw's dates, which have no colon.
var spoken = regexp.MustCompile(`^(Record (?:created|expires) on) +(\d.*)$`)

// whoisLines is how many lines of an answer are read.
const whoisLines = 4000

// fieldsOf are the fields of an answer, in blocks that empty lines part. A line with
// a key alone is the heading of the deeper ones below it, each of which is its value
// or has a key of its own.
func fieldsOf(text string) [][]field {
	var r lineReader
	for n, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if n == whoisLines {
			break
		}
		switch trimmed := strings.TrimSpace(line); {
		case trimmed == "":
			r.end()
		case strings.HasPrefix(trimmed, "%"), strings.HasPrefix(trimmed, "#"), strings.HasPrefix(trimmed, ">>>"):
		default:
			r.line(line, trimmed)
		}
	}
	r.end()
	return r.blocks
}

// lineReader puts lines together.
type lineReader struct {
	blocks  [][]field
	block   []field
	heading string // the last one of this block
	depth   int    // how far in that stands
	bare    bool   // it has no colon: what is below it need not be deeper
}

func (r *lineReader) end() {
	if hostLists[r.heading] && len(r.block) > 0 && r.block[len(r.block)-1] == (field{r.heading, ""}) {
		return // it is still to come
	}
	if len(r.block) > 0 {
		r.blocks = append(r.blocks, r.block)
	}
	r.block, r.heading = nil, ""
}

func (r *lineReader) add(key, value string) { r.block = append(r.block, field{key, value}) }

func (r *lineReader) line(line, trimmed string) {
	if m := bracketed.FindStringSubmatch(line); m != nil {
		r.add(keyOf(m[1]), strings.TrimSpace(m[2]))
		return
	}
	if m := spoken.FindStringSubmatch(trimmed); m != nil {
		r.add(keyOf(m[1]), m[2])
		return
	}
	in := len(line) - len(strings.TrimLeft(line, " \t"))
	key, value, found := strings.Cut(strings.TrimPrefix(trimmed, "** "), ":")
	key, value = keyOf(key), strings.TrimSpace(value)
	deeper := r.heading != "" && in > r.depth
	switch under := deeper || r.bare && r.heading != ""; {
	case !found && !deeper && headings[keyOf(trimmed)]:
		r.heading, r.depth, r.bare = keyOf(trimmed), in, true
	case found && value == "" && len(key) <= 40 && !deeper:
		r.heading, r.depth, r.bare = key, in, false
		r.add(key, "")
	case (under || headings[r.heading]) && found && known(r.heading+" "+key):
		r.add(r.heading+" "+key, value)
	case under && found && known(key) && r.heading != "keys": // of which each line is one
		r.add(key, value)
	case r.heading == "registrar" && found && personal[key].part != "" && !strings.Contains(key, " "): // and none of the subject's people
	case deeper, hostLists[r.heading] && isHost(trimmed):
		r.add(r.heading, trimmed)
	case found && len(key) <= 60:
		if !headings[r.heading] {
			r.heading = ""
		}
		r.add(key, value)
	}
}

func isHost(s string) bool {
	_, is := hostAndAddresses(s)
	return is
}

// keyOf is a key as tables have it: in lower case, without what is in brackets behind
// it, and the dots and blanks that fill its column.
func keyOf(s string) string {
	s, _, _ = strings.Cut(s, "(")
	return strings.ToLower(strings.TrimRight(strings.TrimSpace(s), ". \t"))
}

// hostAndAddresses reads a name server with the addresses behind it.
func hostAndAddresses(s string) (n domain.Nameserver, is bool) {
	n.Addresses = []string{}
	for i, word := range strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '\t' || r == ',' || r == '[' || r == ']' || r == '(' || r == ')'
	}) {
		if addr, err := netip.ParseAddr(word); err == nil {
			n.Addresses = append(n.Addresses, addr.String())
			continue
		}
		if i > 0 {
			continue
		}
		target, err := domain.ParseHost(word)
		if err != nil || !strings.Contains(target.Host, ".") || net.ParseIP(target.Host) != nil {
			return n, false
		}
		n.Name = target.Host
	}
	return n, n.Name != ""
}

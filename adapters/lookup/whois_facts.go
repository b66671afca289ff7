package lookup

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// block reads one block of an answer: about the subject, about somebody who answers
// for it, or about something else.
func (r *reading) block(fields []field) {
	switch head := fields[0].key; {
	case heads[head] != "" || organisations.MatchString(head):
		r.somebody(fields)
	case head == "registrar" && r.named && fields[0].value != "":
		r.ofRegistrar(fields)
	case others[head] || !r.concerns(fields):
	default:
		for _, f := range fields {
			r.fact(f)
		}
	}
}

// others begin blocks about something else.
var others = map[string]bool{"route": true, "route6": true, "mntner": true, "key-cert": true, "as-set": true, "notice": true, "terms of use": true}

// fact reads one field about the subject.
func (r *reading) fact(f field) {
	if f.value == "" {
		return
	}
	if u := uses[f.key]; u != nil {
		u(r, f.value)
		return
	}
	if p := personal[f.key]; p.part != "" {
		c := r.contact(p.role)
		if f.key == "registrant" && c.Name != "" && c.Name != f.value { // who answers for it stood before
			p.part = "organization"
		}
		c.set(p.part, f.value)
		r.seen = true
	}
}

// concerns says whether a block is about the subject: one that names another is
// not. Of networks the smallest that has the address counts.
func (r *reading) concerns(fields []field) bool {
	for _, f := range fields {
		switch f.key {
		case "domain name", "domain", "domainname":
			if f.value != "" && !r.isSubject(f.value) {
				return false
			}
		case "inetnum", "inet6num", "netrange":
			range4, ok := rangeOf(f.value)
			return r.subject.Kind == domain.AddressSubject && ok && covers(range4[0], range4[1], r.subject.Addr()) && r.narrower(range4)
		case "aut-num", "asnumber":
			range32, ok := rangeOfNumbers(f.value)
			return r.subject.Kind == domain.ASSubject && ok && between(range32[0], range32[1], r.subject.Name)
		}
	}
	return true
}

func (r *reading) isSubject(name string) bool {
	target, err := domain.ParseHost(strings.ToLower(strings.Trim(name, "[]. ")))
	return err == nil && r.subject.Kind == domain.DomainSubject && target.Host == r.subject.Name
}

// narrower says whether a range is within the one that was read before, of which
// then nothing counts any more.
func (r *reading) narrower(ends [2]string) bool {
	n := r.found.Network
	if n == nil || n.First == "" {
		return true
	}
	first, err := netip.ParseAddr(ends[0])
	if err != nil || !covers(n.First, n.Last, first) {
		return false
	}
	handles := r.handles
	*r = *newReading(r.subject)
	r.handles = handles
	return true
}

// rangeOf reads "192.0.2.0 - 192.0.2.255" and "192.0.2/24", which LACNIC shortens so.
func rangeOf(s string) (ends [2]string, ok bool) {
	if from, to, found := strings.Cut(s, "-"); found {
		return [2]string{strings.TrimSpace(from), strings.TrimSpace(to)}, true
	}
	base, bits, found := strings.Cut(strings.TrimSpace(s), "/")
	if !found {
		return ends, false
	}
	for !strings.Contains(base, ":") && strings.Count(base, ".") < 3 {
		base += ".0"
	}
	prefix, err := netip.ParsePrefix(base + "/" + bits)
	if err != nil {
		return ends, false
	}
	prefix = prefix.Masked()
	return [2]string{prefix.Addr().String(), lastOf(prefix).String()}, true
}

// lastOf is the highest address of a range.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

func rangeOfNumbers(s string) (ends [2]string, ok bool) {
	from, to, found := strings.Cut(strings.ToUpper(s), "-")
	if !found {
		to = from
	}
	trim := func(s string) string { return strings.TrimPrefix(strings.TrimSpace(s), "AS") }
	return [2]string{trim(from), trim(to)}, true
}

func (r *reading) name(value string) {
	if r.isSubject(value) {
		r.named, r.found.Name = true, r.subject.Name
		if !strings.EqualFold(strings.Trim(value, "[]. "), r.subject.Name) {
			r.found.UnicodeName = strings.Trim(value, "[]. ")
		}
	}
}

func (r *reading) addresses(value string) {
	ends, ok := rangeOf(value)
	if n := r.network(); ok && n.First == "" {
		n.First, n.Last = ends[0], ends[1]
		if strings.Contains(value, "/") {
			n.CIDR = strings.TrimSpace(value)
		}
		r.named, r.seen = true, true
	}
}

func (r *reading) numbers(value string) {
	ends, ok := rangeOfNumbers(value)
	if n := r.network(); ok && n.First == "" {
		n.First, n.Last = ends[0], ends[1]
		r.named, r.seen = true, true
	}
}

// network is that of a subject which is in one.
func (r *reading) network() *domain.Network {
	if r.subject.Kind == domain.DomainSubject {
		return new(domain.Network)
	}
	if r.found.Network == nil {
		r.found.Network = new(domain.Network)
	}
	return r.found.Network
}

func (r *reading) country(value string) {
	if r.subject.Kind == domain.DomainSubject {
		r.contact("registrant").set("country", value)
		return
	}
	n := r.network()
	n.Country = first(n.Country, strings.ToUpper(value))
}

func (r *reading) registrar(value string) {
	value, _, _ = strings.Cut(value, "(http")
	value, _, _ = strings.Cut(value, "( http")
	if at := &r.found.Registrar.Name; *at == "" && !strings.HasPrefix(value, "http") {
		value = strings.TrimSpace(value)
		*at, r.seen = value, true
	}
}

// status reads words of a status, without the address or the text of their explanation.
func (r *reading) status(value string) {
	value, _, _ = strings.Cut(strings.Replace(value, " (http", " http", 1), " http")
	value, _, _ = strings.Cut(value, " - ")
	for _, word := range strings.Split(value, ",") {
		if word = strings.TrimSpace(word); word != "" && len(r.found.Status) < listLimit {
			r.found.Status, r.seen = append(r.found.Status, word), true
		}
	}
}

// hostOrName reads a name server, by a key under which .dk has the name itself.
func (r *reading) hostOrName(value string) {
	if !r.isSubject(value) {
		r.nameserver(value)
	}
}

func (r *reading) nameserver(value string) {
	n, is := hostAndAddresses(value)
	if !is || len(r.found.Nameservers) >= listLimit {
		return
	}
	for i := range r.found.Nameservers {
		if met := &r.found.Nameservers[i]; met.Name == n.Name { // some have a line for each address
			for _, addr := range n.Addresses {
				if !slices.Contains(met.Addresses, addr) && len(met.Addresses) < listLimit {
					met.Addresses = append(met.Addresses, addr)
				}
			}
			return
		}
	}
	r.found.Nameservers, r.seen = append(r.found.Nameservers, n), true
}

// unsigned are the words for a delegation without keys.
var unsigned = map[string]bool{"unsigned": true, "unsigned delegation": true, "no": true, "inactive": true, "not signed": true, "false": true}

func (r *reading) dnssec(value string) {
	if r.found.Delegation == nil {
		r.found.Delegation = &domain.SignedBy{DS: []string{}}
	}
	r.found.Delegation.Signed = r.found.Delegation.Signed || !unsigned[strings.ToLower(value)]
}

func (r *reading) ds(value string) {
	r.dnssec("signed")
	if d := r.found.Delegation; len(d.DS) < listLimit {
		d.DS = append(d.DS, value)
	}
}

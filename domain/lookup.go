package domain

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// LookupFamily is the aggregate of look-ups: each is a stream of its own.
const LookupFamily = "lookup"

// LookupSubject is what is looked up: data only, as a Target is.
type LookupSubject struct {
	Kind LookupKind `json:"kind"`
	Name string     `json:"name"` // the normal form: a name in ASCII and lower case, an address as RFC 5952 writes it, "AS64500"
}

// LookupKind says what kind of thing a subject is.
type LookupKind string

// The kinds of subject.
const (
	DomainSubject  LookupKind = "domain"
	AddressSubject LookupKind = "ip"
	ASSubject      LookupKind = "asn"
)

// LookupType is what of a subject is asked for.
type LookupType string

// The types.
const (
	LookupWHOIS LookupType = "whois" // what the registry says, whatever protocol it speaks
	LookupDNS   LookupType = "dns"
	LookupAll   LookupType = "all"
)

// LookupTypes are all of them.
var LookupTypes = []LookupType{LookupWHOIS, LookupDNS, LookupAll}

// LookupQuestion is what a look-up asks.
type LookupQuestion struct {
	Subject  LookupSubject
	Type     LookupType
	Resolver string // host:port of the resolver to ask; "" for the installation's own
}

// ParseSubject reads a domain name (an international one in any spelling that
// has one meaning), a top-level domain, an IP address (also in the brackets that it
// has in a URL) or an AS number. Errors are *Error with the code Invalid.
func ParseSubject(s string) (LookupSubject, error) {
	s = strings.TrimSpace(s)
	if number, is := asNumber(s); is {
		return LookupSubject{ASSubject, "AS" + strconv.FormatUint(number, 10)}, nil
	}
	if inner, is := strings.CutPrefix(s, "["); is {
		if addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]")); err == nil && addr.Is6() && strings.HasSuffix(s, "]") {
			s = strings.TrimSuffix(inner, "]")
		}
	}
	if err := noSubject(s); err != nil {
		return LookupSubject{}, err
	}
	target, err := ParseHost(s)
	if err != nil {
		return LookupSubject{}, err
	}
	if target.Kind == IPTarget {
		return LookupSubject{AddressSubject, target.Host}, nil
	}
	return LookupSubject{DomainSubject, target.Host}, nil
}

// noSubject says of what people have at hand, and is no subject, what to give instead.
func noSubject(s string) error {
	_, number := strconv.ParseUint(s, 10, 64)
	_, network := netip.ParsePrefix(s)
	digits := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(s), "as"), "n")
	switch before, name, at := strings.Cut(s, "@"); {
	case number == nil:
		return Errorf(Invalid, "a number alone may be an address or an AS: write an AS number as AS64500, and an IPv4 address as 192.0.2.1")
	case len(digits) < len(s) && strings.Trim(digits, "0123456789.") == "" && strings.Trim(digits, ".") != "":
		return Errorf(Invalid, "an AS number is from AS0 to AS4294967295, or from AS0.0 to AS65535.65535")
	case network == nil:
		return Errorf(Invalid, "give one address of a range, such as %s: the answer has the range that it is in", s[:strings.Index(s, "/")])
	case strings.Contains(s, "://"):
		return Errorf(Invalid, "give the domain name of a URL alone, such as example.com, without what stands before and behind it")
	case at && before != "" && name != "":
		return Errorf(Invalid, "give the domain name of an e-mail address alone, which stands behind the @")
	default:
		return nil
	}
}

// TopLevel says whether a subject is a name of one label, as top-level domains are.
func (s LookupSubject) TopLevel() bool {
	return s.Kind == DomainSubject && !strings.Contains(s.Name, ".")
}

// asNumber reads "AS64500" and "asn64500", and "AS1.10" for AS65546: RFC 5396's plain
// notation of 32 bits, and that of two halves.
func asNumber(s string) (uint64, bool) {
	lower := strings.ToLower(s)
	digits, found := strings.CutPrefix(lower, "asn")
	if !found {
		digits, found = strings.CutPrefix(lower, "as")
	}
	digits = strings.TrimSpace(digits)
	if high, low, halves := strings.Cut(digits, "."); halves {
		above, err := strconv.ParseUint(high, 10, 16)
		below, also := strconv.ParseUint(low, 10, 16)
		return above<<16 + below, found && err == nil && also == nil
	}
	number, err := strconv.ParseUint(digits, 10, 32)
	return number, found && err == nil
}

// Addr is the address of a subject that is one; the zero Addr of others.
func (s LookupSubject) Addr() netip.Addr {
	addr, err := netip.ParseAddr(s.Name)
	if s.Kind != AddressSubject || err != nil {
		return netip.Addr{}
	}
	return addr
}

// Lookup is the state behind a look-up's stream.
type Lookup struct {
	Account uuid.UUID
	State   LookupState // "" before anything is known
}

// LookupState is where a look-up stands.
type LookupState string

// The states.
const (
	LookedUp     LookupState = "looked_up"
	ErasedLookup LookupState = "erased"
)

// Apply folds one event into the state.
func (l *Lookup) Apply(e Envelope) {
	l.Account, l.State = e.Owner, LookedUp
	if _, gone := e.Event.(LookupErased); gone {
		l.State = ErasedLookup
	}
}

// Note notes what a look-up has found out: its record as it can be stored,
// within MaxLookup.
func (l *Lookup) Note(e LookupCompleted) ([]Event, error) {
	if l.State != "" {
		return nil, Errorf(Conflict, "the look-up is noted already")
	}
	e.Record = e.Record.fit()
	return []Event{e}, nil
}

// Erase takes away what the stream has said; only the first time is an event.
func (l *Lookup) Erase(reason string) []Event {
	if l.State != LookedUp {
		return nil
	}
	return []Event{LookupErased{Reason: reason}}
}

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
// has one meaning), an IP address or an AS number. Errors are *Error with the
// code Invalid.
func ParseSubject(s string) (LookupSubject, error) {
	if number, is := asNumber(strings.TrimSpace(s)); is {
		return LookupSubject{ASSubject, "AS" + strconv.FormatUint(number, 10)}, nil
	}
	other := Errorf(Invalid, "give a domain name such as example.com, an IP address, or an AS number such as AS64500")
	if _, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32); err == nil {
		return LookupSubject{}, other // of an address or of an AS
	}
	target, err := ParseHost(s)
	if err != nil {
		return LookupSubject{}, err
	}
	switch {
	case target.Kind == IPTarget:
		return LookupSubject{AddressSubject, target.Host}, nil
	case !strings.Contains(target.Host, "."):
		return LookupSubject{}, other
	default:
		return LookupSubject{DomainSubject, target.Host}, nil
	}
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

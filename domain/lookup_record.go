package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// MaxLookup is how many bytes a look-up's record has as JSON, at most: a message
// has to hold it.
const MaxLookup = 256 << 10

// The actions of RegistryEvent that a short answer has.
const (
	Registered = "registration"
	Expires    = "expiration"
	Changed    = "last changed"
)

// Date is when something happened by the registry, or will; false where it is not
// said, or in a way that cannot be read.
func (r *Registration) Date(action string) (time.Time, bool) {
	if r == nil {
		return time.Time{}, false
	}
	for _, e := range r.Events {
		if e.Action == action && e.At != nil {
			return *e.At, true
		}
	}
	return time.Time{}, false
}

// Complete says whether every part that was asked was answered.
func (r LookupRecord) Complete() bool {
	return !slices.ContainsFunc(r.Parts, func(p LookupPart) bool { return !p.Outcome.Known() && p.Outcome != PartSkipped })
}

// fit returns the record as it can be stored: texts tidied, lists never null, and
// what is too much for MaxLookup cut off from the longest lists' ends, which a
// part then says.
func (r LookupRecord) fit() LookupRecord {
	r, _ = tidyValue(reflect.ValueOf(r)).Interface().(LookupRecord)
	room := MaxLookup - 64<<10 // for what is around the lists
	var cut int
	if r.DNS != nil {
		r.DNS.Records, room, cut = within(r.DNS.Records, room)
		r.cut("dns", cut, "records")
	}
	if r.Registration != nil {
		g := r.Registration
		g.Nameservers, room, cut = within(g.Nameservers, room)
		r.cut(g.Protocol, cut, "name servers")
		g.Contacts, room, cut = within(g.Contacts, room)
		r.cut(g.Protocol, cut, "contacts")
		g.Events, room, cut = within(g.Events, room)
		r.cut(g.Protocol, cut, "events")
		g.Status, room, cut = within(g.Status, room)
		r.cut(g.Protocol, cut, "words of its status")
		g.Notices, _, cut = within(g.Notices, room)
		r.cut(g.Protocol, cut, "notices")
	}
	r.Parts, _, _ = within(r.Parts, 48<<10)
	return r
}

// cut says of a part what was too much of it.
func (r *LookupRecord) cut(part string, n int, what string) {
	if n == 0 {
		return
	}
	for i := range r.Parts {
		if p := &r.Parts[i]; p.Part == part && p.Outcome == PartFound {
			p.Reason = fmt.Sprintf("%d %s are left out: the record is too large", n, what)
			return
		}
	}
}

// within is as much of a list's beginning as there is room for, the room that is
// left then, and how many were cut off.
func within[T any](list []T, room int) (kept []T, left, cut int) {
	for i, one := range list {
		raw, err := json.Marshal(one)
		if room -= len(raw) + 1; err != nil || room < 0 {
			return list[:i], max(room+len(raw)+1, 0), len(list) - i
		}
	}
	return list, room, 0
}

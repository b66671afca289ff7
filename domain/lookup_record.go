package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"
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

// What a text of a record has as JSON, at most: there an answer's character may be
// six bytes.
const (
	maxLookupWord   = 1 << 10
	maxLookupReason = 512 // of a part, of which there are many
)

// fit returns the record as it can be stored: texts tidied, lists never null, and
// what is too much for MaxLookup cut off from the longest lists' ends, which a
// part then says.
func (r LookupRecord) fit() LookupRecord {
	r, _ = tidyValue(reflect.ValueOf(r)).Interface().(LookupRecord)
	for i := range r.Parts {
		p := &r.Parts[i]
		p.Source, p.Reason = brief(p.Source, maxLookupReason), brief(p.Reason, maxLookupReason)
	}
	room := MaxLookup - 96<<10 // for what is around the lists
	var cut int
	if r.DNS != nil {
		r.DNS.DNSSEC.Reason = brief(r.DNS.DNSSEC.Reason, maxLookupWord)
		r.DNS.Records, room, cut = within(r.DNS.Records, room)
		r.cut("dns", cut, "records")
	}
	if g := r.Registration; g != nil {
		g.brief()
		g.Nameservers, room, cut = within(g.Nameservers, room)
		r.cut(g.Protocol, cut, "name servers")
		if g.Delegation != nil {
			g.Delegation.DS, room, cut = within(g.Delegation.DS, room)
			r.cut(g.Protocol, cut, "keys")
		}
		g.Contacts, room, cut = within(g.Contacts, room)
		r.cut(g.Protocol, cut, "contacts")
		g.Events, room, cut = within(g.Events, room)
		r.cut(g.Protocol, cut, "events")
		g.Status, room, cut = within(g.Status, room)
		r.cut(g.Protocol, cut, "words of its status")
		g.Notices, _, cut = within(g.Notices, room)
		r.cut(g.Protocol, cut, "notices")
	}
	r.Parts, _, _ = within(r.Parts, 64<<10)
	return r
}

// brief makes those texts short that are in no list.
func (r *Registration) brief() {
	texts := []*string{&r.Handle, &r.Name, &r.UnicodeName, &r.Registrar.Name, &r.Registrar.IANAID, &r.Registrar.URL, &r.Registrar.AbuseEmail, &r.Registrar.AbusePhone}
	if n := r.Network; n != nil {
		texts = append(texts, &n.First, &n.Last, &n.CIDR, &n.Name, &n.Type, &n.Country, &n.Parent)
	}
	for _, t := range texts {
		*t = brief(*t, maxLookupWord)
	}
}

// brief is as much of a text's beginning as has so many bytes as JSON.
func brief(s string, most int) string {
	size := func(s string) int {
		raw, err := json.Marshal(s)
		if err != nil {
			return most + 1
		}
		return len(raw)
	}
	if size(s) <= most {
		return s
	}
	kept := 0
	for at, r := range s {
		if most -= size(string(r)) - 2; most < len(`"…"`) {
			break
		}
		kept = at + utf8.RuneLen(r)
	}
	return s[:kept] + "…"
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

package projections

import (
	"maps"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// LookupDifference is what has become another between two look-ups of a subject.
type LookupDifference struct {
	Changes     []LookupChange     // by field
	NotCompared []LookupUncompared // what one of the two could not say
}

// LookupChange is a field that has other values.
type LookupChange struct {
	Field   string   `json:"field"` // "registrar", "nameservers", "dns.MX"
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
}

// LookupUncompared is a field that cannot be compared.
type LookupUncompared struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// CompareLookups compares a look-up with an earlier one of the same subject. What
// one of them was not told is not taken for gone. Invalid where the other is none of
// the same subject, or not earlier.
func CompareLookups(now, then LookupRow) (LookupDifference, error) {
	switch {
	case now.Subject != then.Subject:
		return LookupDifference{}, domain.Errorf(domain.Invalid, "against must be a look-up of %s, as this one is", now.Subject)
	case then.Number >= now.Number:
		return LookupDifference{}, domain.Errorf(domain.Invalid, "against must be an earlier look-up than the one that is compared")
	}
	d := LookupDifference{Changes: []LookupChange{}, NotCompared: []LookupUncompared{}}
	d.registration(now.Record, then.Record)
	d.dns(now.Record, then.Record)
	return d, nil
}

// compare adds the fields of which the values are others.
func (d *LookupDifference) compare(now, then facts) {
	fields := maps.Clone(now)
	maps.Copy(fields, then)
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		c := LookupChange{Field: field, Added: without(now[field], then[field]), Removed: without(then[field], now[field])}
		if len(c.Added)+len(c.Removed) > 0 {
			d.Changes = append(d.Changes, c)
		}
	}
}

// without are the values of one list that are not in the other, in order, each once.
func without(list, other []string) []string {
	left := slices.DeleteFunc(slices.Clone(list), func(v string) bool { return slices.Contains(other, v) })
	slices.Sort(left)
	return append([]string{}, slices.Compact(left)...)
}

func (d *LookupDifference) unlike(field, reason string) {
	d.NotCompared = append(d.NotCompared, LookupUncompared{field, reason})
}

// registration compares what registries say. By another protocol the same is said in
// other words: then those facts are compared alone that have one form.
func (d *LookupDifference) registration(now, then domain.LookupRecord) {
	for _, r := range []struct {
		domain.LookupRecord
		called string
	}{{now, "this look-up"}, {then, "the earlier one"}} {
		if known, reason := registered(r.LookupRecord); !known {
			d.unlike("registration", r.called+": "+reason)
			return
		}
	}
	a, b := now.Registration, then.Registration
	plain := a != nil && b != nil && a.Protocol != b.Protocol
	if plain {
		d.unlike("contacts, status, handles", "one look-up has them by "+a.Protocol+", the other by "+b.Protocol)
	}
	of, and := registryFacts(a, plain), registryFacts(b, plain)
	d.spare(of, and, "this look-up", now)
	d.spare(and, of, "the earlier one", then)
	d.compare(of, and)
}

// spare takes out of both what only one has, where the other's registrar did not
// answer, who may have it.
func (d *LookupDifference) spare(silent, other facts, called string, r domain.LookupRecord) {
	at := slices.IndexFunc(r.Parts, func(p domain.LookupPart) bool {
		return strings.HasSuffix(p.Part, " of the registrar") && !p.Outcome.Known() && p.Outcome != domain.PartSkipped
	})
	if at < 0 || r.Registration == nil {
		return
	}
	for _, field := range slices.Sorted(maps.Keys(other)) {
		if len(silent[field]) == 0 {
			d.unlike(field, called+": "+r.Parts[at].Part+": "+r.Parts[at].Reason)
			delete(other, field)
		}
	}
}

// registered says whether a record tells of a registration, be it that there is none.
func registered(r domain.LookupRecord) (known bool, reason string) {
	reason = "it was not asked for"
	for _, p := range r.Parts {
		switch isRegistry := p.Part == "rdap" || p.Part == "whois"; {
		case isRegistry && p.Outcome.Known():
			return true, ""
		case isRegistry:
			reason = p.Part + ": " + p.Reason
		}
	}
	return false, reason
}

// dns compares records type by type: of a type that one resolver did not answer for
// nothing is known.
func (d *LookupDifference) dns(now, then domain.LookupRecord) {
	if now.DNS == nil || then.DNS == nil {
		d.unlike("dns", "it was not asked for in both look-ups")
		return
	}
	lost := map[string]string{}
	for _, r := range []domain.LookupRecord{now, then} {
		for _, p := range r.Parts {
			part, isDNS := strings.CutPrefix(p.Part, "dns")
			part = strings.TrimSpace(part)
			if isDNS && part != "sec" && (part != "" || !p.Outcome.Known()) { // a type has a part where something of it is missing
				lost[part] = p.Reason
			}
		}
		if s := r.DNS.DNSSEC; s.Status == "indeterminate" {
			lost["dnssec"] = s.Reason
		}
	}
	if reason, all := lost[""]; all {
		d.unlike("dns", reason)
		return
	}
	for _, kind := range slices.Sorted(maps.Keys(lost)) {
		field := "dns." + kind
		if kind == "dnssec" {
			field = kind
		}
		d.unlike(field, lost[kind])
	}
	spared := func(field string, _ []string) bool {
		_, is := lost[strings.TrimPrefix(field, "dns.")]
		return is
	}
	a, b := dnsFacts(now.DNS), dnsFacts(then.DNS)
	maps.DeleteFunc(a, spared)
	maps.DeleteFunc(b, spared)
	d.compare(a, b)
}

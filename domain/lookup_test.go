package domain

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestParseSubject(t *testing.T) {
	for text, want := range map[string]LookupSubject{
		"Example.COM":         {DomainSubject, "example.com"},
		" www.example.com. ":  {DomainSubject, "www.example.com"},
		"bücher.example":      {DomainSubject, "xn--bcher-kva.example"},
		"xn--bcher-kva.de":    {DomainSubject, "xn--bcher-kva.de"},
		"whitehouse.gov":      {DomainSubject, "whitehouse.gov"},
		"192.0.2.1":           {AddressSubject, "192.0.2.1"},
		"::ffff:192.0.2.1":    {AddressSubject, "192.0.2.1"},
		"2001:DB8:0:0::1":     {AddressSubject, "2001:db8::1"},
		"AS64500":             {ASSubject, "AS64500"},
		"as 15169":            {ASSubject, "AS15169"},
		"asn007":              {ASSubject, "AS7"},
		"AS4294967295":        {ASSubject, "AS4294967295"},
		"AS1.10":              {ASSubject, "AS65546"},
		"as65535.65535":       {ASSubject, "AS4294967295"},
		"as64500.example.com": {DomainSubject, "as64500.example.com"},
		"[2001:db8::1]":       {AddressSubject, "2001:db8::1"},
		"DE.":                 {DomainSubject, "de"},
		"as":                  {DomainSubject, "as"}, // American Samoa
		"рф":                  {DomainSubject, "xn--p1ai"},
	} {
		got, err := ParseSubject(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", " ", "AS4294967296", "64500", "[192.0.2.1]", "[2001:db8::1", "[2001:db8::1]:53", ".", "AS1.65536", "AS1.", "AS1.2.3", "a b.example", "https://example.com/", "example.com/24", "192.0.2.0/24", "fe80::1%eth0",
		"-a.example", "a..example", "127.1", "0x7f.1", "exa\x00mple.com", "a\\.example", "example.com:80", strings.Repeat("a.", 130) + "com",
	} {
		if got, err := ParseSubject(text); CodeOf(err) != Invalid {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
}

// TestNoSubject has what people have at hand and cannot be looked up: they are told
// what to give instead.
func TestNoSubject(t *testing.T) {
	for text, says := range map[string]string{
		"https://example.com/a": "domain name of a URL", "ann@example.com": "behind the @", "192.0.2.0/24": "such as 192.0.2.0:", "2001:db8::/32": "such as 2001:db8:::",
		"64500": "AS number as AS64500", "99999999999": "AS number as AS64500", "AS4294967296": "AS4294967295", "asn1.65536": "AS65535.65535", "example.com:53": "without a port",
	} {
		if _, err := ParseSubject(text); CodeOf(err) != Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for name, top := range map[LookupSubject]bool{{DomainSubject, "de"}: true, {DomainSubject, "a.de"}: false, {ASSubject, "AS1"}: false, {AddressSubject, "::1"}: false} {
		if name.TopLevel() != top {
			t.Errorf("%+v is a top-level domain: %v", name, !top)
		}
	}
}

// TestLookupFits has records of every size: none is larger than can be stored, and
// what was cut off is told.
func TestLookupFits(t *testing.T) {
	for _, n := range []int{0, 1, 100, 1000, 5000} {
		r := LookupRecord{
			Registration: &Registration{Protocol: "rdap"}, DNS: &DNSAnswers{},
			Parts: []LookupPart{{Part: "rdap", Outcome: PartFound}, {Part: "dns", Outcome: PartFound}},
		}
		for i := range n {
			text := fmt.Sprintf("%d %s", i, strings.Repeat("x", 500))
			r.DNS.Records = append(r.DNS.Records, DNSRecord{Data: text})
			r.Registration.Contacts = append(r.Registration.Contacts, Contact{Name: text})
			r.Registration.Notices = append(r.Registration.Notices, text)
			r.Parts = append(r.Parts, LookupPart{Part: "dns X", Reason: text})
		}
		events, err := new(Lookup).Note(LookupCompleted{Record: r})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(events[0])
		if err != nil || len(raw) > MaxLookup {
			t.Errorf("%d of each are %d bytes, %v", n, len(raw), err)
		}
		kept := events[0].(LookupCompleted).Record
		if cut := len(kept.DNS.Records) < n; cut != strings.Contains(kept.Parts[1].Reason, "left out") {
			t.Errorf("%d of %d records are kept, and the part says %q", len(kept.DNS.Records), n, kept.Parts[1].Reason)
		}
	}
}

// TestLookupFitsHostile has all texts of an answer as long as they can be, of a
// character that JSON writes in six bytes: the record is no larger than can be
// stored, and all parts are still there.
func TestLookupFitsHostile(t *testing.T) {
	long := strings.Repeat("<", maxText)
	r := LookupRecord{
		DNS: &DNSAnswers{Name: "example.com", DNSSEC: DNSSEC{Reason: long}},
		Registration: &Registration{
			Protocol: "rdap", Handle: long, Name: long, UnicodeName: long, Registrar: Registrar{long, long, long, long, long},
			Network: &Network{long, long, long, long, long, long, long}, Delegation: &SignedBy{Signed: true},
		},
	}
	for range 64 {
		g := r.Registration
		g.Delegation.DS, g.Status = append(g.Delegation.DS, long), append(g.Status, long)
		g.Contacts = append(g.Contacts, Contact{Roles: []string{long}, Name: long, Address: long})
		r.DNS.Records = append(r.DNS.Records, DNSRecord{Data: long})
	}
	for range 48 {
		r.Parts = append(r.Parts, LookupPart{Part: "rdap", Source: long, Outcome: PartFound, Reason: long})
	}
	r.Parts[47].Outcome = PartFailed
	events, err := new(Lookup).Note(LookupCompleted{Record: r})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(events[0])
	if err != nil || len(raw) > MaxLookup {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
	kept := events[0].(LookupCompleted).Record
	if len(kept.Parts) != len(r.Parts) || kept.Complete() {
		t.Errorf("%d parts are kept, complete %v", len(kept.Parts), kept.Complete())
	}
	if g := kept.Registration; !strings.HasPrefix(g.Handle, "<<") || !strings.HasSuffix(g.Handle, "<…") || len(kept.DNS.Records) == 0 {
		t.Errorf("%q, %d records", g.Handle, len(kept.DNS.Records))
	}
	for text, want := range map[string]string{"abc": "abc", "": "", "äöü": "äöü", "abcdefghij": "abcde…", "<<<<": "…"} {
		if got := brief(text, 10); got != want {
			t.Errorf("of %q %q is kept, want %q", text, got, want)
		}
	}
}

func TestLookupDate(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := &Registration{Events: []RegistryEvent{{Action: Expires, Text: "never"}, {Action: Registered, At: &at}}}
	if got, known := r.Date(Registered); !known || got != at {
		t.Errorf("registered %v, %v", got, known)
	}
	for _, none := range []*Registration{nil, {}, r} {
		if got, known := none.Date(Expires); known {
			t.Errorf("expires %v", got)
		}
	}
}

func TestLookupComplete(t *testing.T) {
	for outcome, complete := range map[LookupOutcome]bool{
		PartFound: true, PartNone: true, PartSkipped: true, PartTimedOut: false, PartRefused: false, PartLimited: false, PartFailed: false,
	} {
		r := LookupRecord{Parts: []LookupPart{{Outcome: PartFound}, {Outcome: outcome}}}
		if r.Complete() != complete {
			t.Errorf("with a part that is %s: complete %v", outcome, r.Complete())
		}
	}
}

// TestLookupErased folds a history that is gone: it has its owner, and is erased once.
func TestLookupErased(t *testing.T) {
	owner := uuid.UUID{1}
	l := Fold(new(Lookup), []Envelope{{Owner: owner, Event: Erased{LookupCompleted{}}}})
	if l.Account != owner || l.State != LookedUp || len(l.Erase(ForRetention)) != 1 {
		t.Errorf("%+v", l)
	}
	l.Apply(Envelope{Owner: owner, Event: LookupErased{Reason: ForAccount}})
	if _, err := l.Note(LookupCompleted{}); l.Erase(ForAccount) != nil || CodeOf(err) != Conflict {
		t.Errorf("%+v, %v", l, err)
	}
}

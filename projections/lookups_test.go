package projections

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// lookedUp is a row of example.com.
func lookedUp(number int64, r domain.LookupRecord) LookupRow {
	return LookupRow{Number: number, Subject: "example.com", Record: r}
}

func ended(part string, outcome domain.LookupOutcome, reason string) domain.LookupPart {
	return domain.LookupPart{Part: part, Outcome: outcome, Reason: reason}
}

func TestLookups(t *testing.T) {
	account, moment := uuid.UUID{1}, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	stream := domain.NewStream(domain.LookupFamily, uuid.UUID{7})
	e := domain.Envelope{Position: 5, Stream: stream, Version: 1, At: moment, Event: domain.LookupCompleted{
		Account: account, Subject: domain.LookupSubject{Kind: domain.ASSubject, Name: "AS1"}, Type: domain.LookupDNS, Resolver: "r:53",
	}}
	want := LookupRow{ID: uuid.UUID{7}, Number: 5, Version: 1, Account: account, Subject: "AS1", Kind: domain.ASSubject, Type: domain.LookupDNS, Resolver: "r:53", At: moment}
	rows := Lookups.Rows(map[string]LookupRow{}, []domain.Envelope{e})
	if !reflect.DeepEqual(rows, map[string]LookupRow{string(stream): want}) {
		t.Errorf("%+v", rows)
	}
	erased := domain.Envelope{Stream: stream, Version: 2, Event: domain.LookupErased{Reason: domain.ForAccount}}
	if rows = Lookups.Rows(rows, []domain.Envelope{erased}); len(rows) != 0 {
		t.Errorf("erased, and there is %+v", rows)
	}
}

// TestCompareLookups has what can be compared and what cannot.
func TestCompareLookups(t *testing.T) {
	rdap := func(status ...string) domain.LookupRecord {
		return domain.LookupRecord{Registration: &domain.Registration{Protocol: "rdap", Registrar: domain.Registrar{Name: "R"}, Status: status}, Parts: []domain.LookupPart{ended("rdap", domain.PartFound, "")}}
	}
	whois := domain.LookupRecord{
		Registration: &domain.Registration{Protocol: "whois", Registrar: domain.Registrar{Name: "R"}, Status: []string{"clientHold"}},
		Parts:        []domain.LookupPart{ended("rdap", domain.PartSkipped, "none is known"), ended("whois", domain.PartFound, "")},
	}
	gone := domain.LookupRecord{Parts: []domain.LookupPart{ended("rdap", domain.PartNone, "")}}
	away := domain.LookupRecord{Parts: []domain.LookupPart{ended("rdap", domain.PartTimedOut, "no answer in time"), ended("whois", domain.PartLimited, "too often")}}
	dns := func(status string, records ...domain.DNSRecord) domain.LookupRecord {
		return domain.LookupRecord{DNS: &domain.DNSAnswers{Name: "example.com", Records: records, DNSSEC: domain.DNSSEC{Status: status}}, Parts: []domain.LookupPart{ended("dns", domain.PartFound, "")}}
	}
	const noDNS = "it was not asked for in both look-ups"
	a, b := domain.DNSRecord{Name: "example.com", Type: "A", TTL: 1, Data: "192.0.2.1"}, domain.DNSRecord{Name: "example.com", Type: "A", TTL: 300, Data: "192.0.2.1"}
	dead := dns("indeterminate")
	dead.Parts = []domain.LookupPart{ended("dns", domain.PartTimedOut, "no answer in time")}
	unsure, short := dns("indeterminate", a), dns("secure", a)
	unsure.DNS.DNSSEC.Reason = "no answer in time"
	short.Parts = append(short.Parts, ended("dns TXT", domain.PartFound, "9 more records are left out"))
	full := rdap("a")
	full.Registration.Contacts = []domain.Contact{{Roles: []string{"registrant"}, Name: "Ann"}}
	full.Registration.Nameservers = []domain.Nameserver{{Name: "NS1.example.net"}, {Name: "ns2.example.net"}}
	full.Registration.Delegation = &domain.SignedBy{Signed: true, DS: []string{"1 13 2 ab", "2 13 2 cd"}}
	noisy := rdap(" a ")
	noisy.Registration.Contacts = []domain.Contact{{Roles: []string{"registrant"}, Name: "Ann "}}
	noisy.Registration.Registrar.Name = "R\t"
	noisy.Registration.Nameservers = []domain.Nameserver{{Name: "ns2.example.net"}, {Name: "ns1.example.net"}}
	noisy.Registration.Delegation = &domain.SignedBy{Signed: true, DS: []string{"2 13 2 CD", "1 13  2 AB"}}
	silent := rdap("b")
	silent.Parts = append(silent.Parts, ended("rdap of the registrar", domain.PartTimedOut, "no answer in time"))
	mx := func(names ...string) (all []domain.DNSRecord) {
		for _, n := range names {
			all = append(all, domain.DNSRecord{Name: "example.com", Type: "MX", Data: n})
		}
		return all
	}
	silence := func(whose string) []LookupUncompared {
		return []LookupUncompared{{"contacts.registrant", whose + ": rdap of the registrar: no answer in time"}, {"nameservers", whose + ": rdap of the registrar: no answer in time"},
			{"secure_dns.ds", whose + ": rdap of the registrar: no answer in time"}, {"secure_dns.signed", whose + ": rdap of the registrar: no answer in time"}, {"dns", noDNS}}
	}
	const noRegistry = "it was not asked for"
	for name, c := range map[string]struct {
		then, now domain.LookupRecord
		changes   []LookupChange
		not       []LookupUncompared
	}{
		"the same":                {rdap("a"), rdap("a"), nil, []LookupUncompared{{"dns", noDNS}}},
		"another status":          {rdap("a", "b"), rdap("b", "c"), []LookupChange{{"status", []string{"c"}, []string{"a"}}}, []LookupUncompared{{"dns", noDNS}}},
		"in another protocol":     {rdap("client hold"), whois, nil, []LookupUncompared{{"contacts, status, handles", "one look-up has them by whois, the other by rdap"}, {"dns", noDNS}}},
		"gone":                    {rdap(), gone, []LookupChange{{"registered", []string{"no"}, []string{"yes"}}, {"registrar", []string{}, []string{"R"}}}, []LookupUncompared{{"dns", noDNS}}},
		"away now":                {rdap("a"), away, nil, []LookupUncompared{{"registration", "this look-up: whois: too often"}, {"dns", noDNS}}},
		"away then":               {away, rdap("a"), nil, []LookupUncompared{{"registration", "the earlier one: whois: too often"}, {"dns", noDNS}}},
		"another time to live":    {dns("secure", a), dns("secure", b), nil, []LookupUncompared{{"registration", "this look-up: " + noRegistry}}},
		"a signature is broken":   {dns("secure", a), dns("bogus", a), []LookupChange{{"dnssec", []string{"bogus"}, []string{"secure"}}}, []LookupUncompared{{"registration", "this look-up: " + noRegistry}}},
		"a record is gone":        {dns("", a), dns(""), []LookupChange{{"dns.A", []string{}, []string{"192.0.2.1"}}}, []LookupUncompared{{"registration", "this look-up: " + noRegistry}}},
		"noise":                   {full, noisy, nil, []LookupUncompared{{"dns", noDNS}}},
		"a silent registrar":      {full, silent, []LookupChange{{"status", []string{"b"}, []string{"a"}}}, silence("this look-up")},
		"a registrar was silent":  {silent, full, []LookupChange{{"status", []string{"a"}, []string{"b"}}}, silence("the earlier one")},
		"signatures are not sure": {dns("secure", a), unsure, nil, []LookupUncompared{{"registration", "this look-up: " + noRegistry}, {"dnssec", "no answer in time"}}},
		"some are left out":       {dns("secure", a, domain.DNSRecord{Name: "example.com", Type: "TXT", Data: "x"}), short, nil, []LookupUncompared{{"registration", "this look-up: " + noRegistry}, {"dns.TXT", "9 more records are left out"}}},
		"order and case of hosts": {dns("secure", mx("10 A.example.", "20 b.example.")...), dns("secure", mx("20 B.example.", "10 a.example.")...), nil, []LookupUncompared{{"registration", "this look-up: " + noRegistry}}},
		"the resolver is away":    {dns("secure", a), dead, nil, []LookupUncompared{{"registration", "this look-up: " + noRegistry}, {"dns", "no answer in time"}}},
	} {
		d, err := CompareLookups(lookedUp(2, c.now), lookedUp(1, c.then))
		if err != nil || len(d.Changes)+len(c.changes) > 0 && !reflect.DeepEqual(d.Changes, c.changes) || !reflect.DeepEqual(d.NotCompared, c.not) {
			t.Errorf("%s: %v\n got %+v\n     %+v\nwant %+v\n     %+v", name, err, d.Changes, d.NotCompared, c.changes, c.not)
		}
	}
	for _, other := range []LookupRow{lookedUp(2, gone), lookedUp(3, gone), {Number: 1, Subject: "other.example"}} {
		if _, err := CompareLookups(lookedUp(2, gone), other); domain.CodeOf(err) != domain.Invalid {
			t.Errorf("against %+v: %v", other, err)
		}
	}
}

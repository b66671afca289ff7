package sevenazzani_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// known is what the directory says of example.com: the published event's example.
func known(t *testing.T) domain.LookupRecord {
	t.Helper()
	raw, err := os.ReadFile("../../../schemas/events/lookup.completed.v1.example.json")
	if err != nil {
		t.Fatal(err)
	}
	var e domain.LookupCompleted
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e.Record
}

func lookUp(s *webtest.Server, body string) string {
	return s.Post("/lookup/api/lookup/", body).Is(200).Field("id")
}

// TestLookups reads what was looked up again: alone, in the history, and only by
// whoever asked.
func TestLookups(t *testing.T) {
	s := unlimited(t)
	s.Record("example.com", known(t))
	first := lookUp(s, `{"domain": "EXAMPLE.com.", "lookup_type": null, "resolver": "192.0.2.53"}`)
	lookUp(s, `{"domain": "AS64500"}`)
	lookUp(s, `{"domain": "2001:DB8::1", "lookup_type": "dns"}`)
	s.Get("/lookup/" + first).Is(200).Like(`{"domain": "example.com", "kind": "domain", "lookup_type": "all", "resolver": "192.0.2.53", "complete": false,
		"record": {"registration": {"registrar": {"iana_id": "9999"}, "contacts": [{"name": "Jane Doe"}]}, "dns": {"dnssec": {"status": "secure"}}}}`)
	s.Get("/lookup/history?page_size=2").Is(200).Like(`{"count": 3, "results": [{"domain": "2001:db8::1", "kind": "ip"}, {"domain": "AS64500", "kind": "asn"}]}`)
	s.Get("/lookup/history/?domain=Example.COM").Is(200).Like(`{"count": 1, "results": [{"lookup_url": "/lookup/` + first + `/"}]}`)
	s.Get("/7azzani/lookup/history/?domain=other.example").Is(200).Like(`{"count": 0, "results": []}`)
	s.Get("/lookup/history/?domain=a%20b").Is(400)
	key, _ := s.Issue(s.Register("bob@example.com"))
	bob := "Authorization: Bearer " + key
	s.Get("/lookup/"+first, bob).Is(404).Like(`{"message": "Look-up not found"}`)
	s.Get("/lookup/"+first+"/diff/", bob).Is(404)
	s.Get("/lookup/history/", bob).Is(200).Like(`{"count": 0}`)
	s.Get("/lookup/nothing/").Is(404)
	s.Get("/lookup/").Is(404).Like(`{"error": "Not Found"}`)
}

func TestLookupsRefused(t *testing.T) {
	s := unlimited(t)
	s.Refuse("printer.local", domain.Forbidden)
	for body, says := range map[string]string{
		`{"domain": ""}`: "Domain is required",
		`{"domain": 7}`:  "domain must be a string, not a number",
		`{"domain": "example.com", "lookup_type": "any"}`: "lookup_type must be whois, dns or all",
		`{"domain": "64500"}`:                             "a number alone may be an address or an AS: write an AS number as AS64500, and an IPv4 address as 192.0.2.1",
		`{"domain": "http://example.com/"}`:               "give the domain name of a URL alone, such as example.com, without what stands before and behind it",
		`{"domain": "printer.local"}`:                     "printer.local is refused",
		`{"domain": "` + strings.Repeat("a", 3000) + `"}`: "the target must have at most 2048 characters",
	} {
		s.Post("/lookup/api/lookup/", body).Is(400).Like(fmt.Sprintf(`{"error": "Invalid request", "message": %q}`, says))
	}
}

// TestLookupTexts are what TXT records say, without the signs by which a zone file
// writes it; what would move a terminal stays as it is there.
func TestLookupTexts(t *testing.T) {
	s := unlimited(t)
	record := domain.LookupRecord{DNS: &domain.DNSAnswers{Name: "example.com"}, Parts: []domain.LookupPart{}}
	for _, data := range []string{`"v=spf1 -all"`, `"say \"hi\""`, `"a\\b; c"`, `"gr\195\188n"`, `"part one " "part two"`, `"\027[31mred"`, `"\255"`, `"\\065"`, `""`} {
		record.DNS.Records = append(record.DNS.Records, domain.DNSRecord{Name: "example.com", Type: "TXT", Data: data})
	}
	s.Record("example.com", record)
	s.Get("/lookup/" + lookUp(s, `{"domain": "example.com"}`)).Is(200).Like(`{"dns_records": {"TXT":
		["v=spf1 -all", "say \"hi\"", "a\\b; c", "grün", "part one part two", "\\027[31mred", "\\255", "\\065", ""]}}`)
}

// TestLookupDiff compares look-ups: what one of them was not told is not gone.
func TestLookupDiff(t *testing.T) {
	s := unlimited(t)
	record := known(t)
	s.Record("example.com", record)
	first := lookUp(s, `{"domain": "example.com"}`)
	s.Get("/lookup/" + first + "/diff/").Is(404).Like(`{"message": "There is no earlier look-up of example.com to compare with"}`)
	other := lookUp(s, `{"domain": "other.example"}`)
	registration, dns := *record.Registration, *record.DNS
	registration.Registrar.Name, registration.Nameservers = "Another Registrar", nil
	dns.Records = []domain.DNSRecord{{Name: "example.com", Type: "A", Data: "192.0.2.9"}, {Name: "_dmarc.example.com", Type: "TXT", Data: `"v=DMARC1"`}}
	s.Record("example.com", domain.LookupRecord{Registration: &registration, DNS: &dns, Parts: append(record.Parts[:0:0], record.Parts[0], record.Parts[3],
		domain.LookupPart{Part: "dns MX", Outcome: domain.PartTimedOut, Reason: "no answer in time"})})
	second := lookUp(s, `{"domain": "example.com"}`)
	want := `{"id": "` + second + `", "against": "` + first + `", "domain": "example.com", "changed": true, "changes": [
		{"field": "nameservers", "added": [], "removed": ["ns1.example.net"]},
		{"field": "registrar", "added": ["Another Registrar"], "removed": ["Example Registrar Inc."]},
		{"field": "dns.A", "added": ["192.0.2.9"], "removed": ["93.184.216.34"]},
		{"field": "dns._dmarc TXT", "added": ["\"v=DMARC1\""], "removed": []}],
		"not_compared": [{"field": "dns.CAA", "reason": "the resolver answers SERVFAIL to example.com. CAA"}, {"field": "dns.MX", "reason": "no answer in time"}]}`
	for _, against := range []string{"", "?against=previous", "?against=" + first} {
		s.Get("/lookup/" + second + "/diff/" + against).Is(200).Like(want)
	}
	third := lookUp(s, `{"domain": "example.com", "lookup_type": "whois"}`)
	s.Get("/lookup/" + third + "/diff/").Is(200).Like(`{"changed": false, "changes": []}`)
	for against, says := range map[string]string{
		"x": "against must be the id of a look-up, or previous", third: "against must be an earlier look-up than the one that is compared",
		other: "against must be a look-up of example.com, as this one is", nobody: "against must be a look-up of example.com, as this one is",
	} {
		s.Get("/lookup/" + second + "/diff/?against=" + against).Is(400).Like(fmt.Sprintf(`{"message": %q}`, says))
	}
}

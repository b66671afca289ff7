package conformance

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// LookupStory is the history of one look-up of owner's. A look-up has one event:
// these are a dozen, of every kind of subject, so that tables have something to fold.
func LookupStory(name string) []domain.Event {
	at := began.Add(-time.Hour)
	whole := domain.LookupRecord{
		Registration: &domain.Registration{
			Protocol: "rdap", Name: name, Registrar: domain.Registrar{Name: "R \u003c\"ü\"\u003e", IANAID: "9999"}, Status: []string{"ok"},
			Nameservers: []domain.Nameserver{{Name: "ns." + name, Addresses: []string{"192.0.2.53", "2001:db8::53"}}},
			Events:      []domain.RegistryEvent{{Action: domain.Registered, At: &at, Text: "as it came"}, {Action: domain.Expires, Text: "never"}},
			Delegation:  &domain.SignedBy{Signed: true, DS: []string{"1 13 2 AB"}},
			Contacts:    []domain.Contact{{Roles: []string{"registrant"}, Name: "😀", Country: "US"}}, Notices: []string{"a 'quote' and a \\"},
		},
		DNS: &domain.DNSAnswers{
			Name: name, Records: []domain.DNSRecord{{Name: name, Type: "TXT", TTL: 300, Data: `"a\"b\\"`}}, Empty: []string{"A"},
			DNSSEC: domain.DNSSEC{Status: "bogus", Reason: "it does not verify"},
		},
		Parts: []domain.LookupPart{{Part: "rdap", Source: "https://r.example/", Outcome: domain.PartFound, At: began, SHA256: "00"}, {Part: "dns", Outcome: domain.PartTimedOut, Reason: "late", At: began}},
	}
	none := domain.LookupRecord{Parts: []domain.LookupPart{{Part: "whois", Outcome: domain.PartNone, At: began}}}
	network := domain.LookupRecord{Parts: []domain.LookupPart{}, Registration: &domain.Registration{
		Protocol: "whois", Network: &domain.Network{First: "192.0.2.0", Last: "192.0.2.255", Country: "DE"}, Status: []string{}, Nameservers: []domain.Nameserver{},
		Events: []domain.RegistryEvent{}, Contacts: []domain.Contact{}, Notices: []string{},
	}}
	var events []domain.Event
	for i := range 4 {
		events = append(events,
			domain.LookupCompleted{Account: owner, Subject: domain.LookupSubject{Kind: domain.DomainSubject, Name: name}, Type: domain.LookupAll, Resolver: fmt.Sprintf("192.0.2.%d:53", i), Record: whole},
			domain.LookupCompleted{Account: owner, Subject: domain.LookupSubject{Kind: domain.AddressSubject, Name: "192.0.2.1"}, Type: domain.LookupWHOIS, Record: network},
			domain.LookupCompleted{Account: owner, Subject: domain.LookupSubject{Kind: domain.ASSubject, Name: "AS64500"}, Type: domain.LookupDNS, Record: none})
	}
	return events
}

// LookupsUnderTest is a reader of look-ups, the log behind it, and the table
// between them.
type LookupsUnderTest struct {
	Log    commands.Log
	Reader projections.LookupReader
	Apply  func(context.Context, []domain.Envelope) error
}

// Lookups holds a reader of look-ups to its promises. open returns one over an
// empty log.
func Lookups(t *testing.T, open func(t *testing.T) LookupsUnderTest) {
	for name, property := range map[string]func(*testing.T, LookupsUnderTest){
		"a look-up is never older than the log":    lookupsNeverBehind,
		"a history is never older than the log":    lookupsListed,
		"a stranger's look-up is as one unknown":   lookupsUnknown,
		"an erased look-up is as one unknown":      lookupsErased,
		"the newest before one is not a later one": lookupsBefore,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

func newLookup() domain.Stream { return domain.NewStream(domain.LookupFamily, uuid.New()) }

// lookUps appends one look-up each of some subjects, every third by a stranger.
func lookUps(t *testing.T, log commands.Log, n int) (all []domain.Envelope) {
	t.Helper()
	for i := range n {
		s := newLookup()
		event, _ := LookupStory(fmt.Sprintf("%d.example", i%4))[i%3].(domain.LookupCompleted)
		w := write(s, 0, event)
		if i%3 == 2 {
			event.Account, w.Owner = stranger, stranger
			w.Events[0].Event, w.Events[0].Owner = event, stranger
		}
		mustAppend(t, log, w)
		all = append(all, mustRead(t, log, s, 0)...)
	}
	return all
}

func lookupsNeverBehind(t *testing.T, u LookupsUnderTest) {
	all := lookUps(t, u.Log, 2)
	for _, when := range []string{"in the log", "in the table"} {
		for _, e := range all {
			got, err := u.Reader.Lookup(t.Context(), owner, e.Stream.ID())
			if want := projections.LookupOf(e); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v\n got %+v\nwant %+v", when, err, got, want)
			}
		}
		apply(t, u.Apply, all)
	}
}

func lookupsListed(t *testing.T, u LookupsUnderTest) {
	all := lookUps(t, u.Log, 13)
	u.wantLookups(t, "nothing is in the table", all)
	apply(t, u.Apply, all[3:7])
	u.wantLookups(t, "some are in the table", all)
	apply(t, u.Apply, all)
	u.wantLookups(t, "all are in the table", all)
}

// wantLookups compares pages with what a fold of everything would show.
func (u LookupsUnderTest) wantLookups(t *testing.T, when string, all []domain.Envelope) {
	t.Helper()
	for _, f := range []projections.LookupFilter{
		{Account: owner}, {Account: stranger}, {Account: uuid.New()}, {Account: owner, Subject: "0.example"}, {Account: owner, Subject: "192.0.2.1"},
		{Account: owner, Subject: "none.example"}, {Account: owner, Before: all[6].Position}, {Account: owner, Subject: "192.0.2.1", Before: all[4].Position},
	} {
		want := chosen(projections.Lookups.Rows(map[string]projections.LookupRow{}, all), f.Matches, func(r projections.LookupRow) int64 { return r.Number })
		wantPages(t, fmt.Sprintf("%s: %+v", when, f), want, func(offset, limit int) ([]projections.LookupRow, int, error) {
			f.Offset, f.Limit = offset, limit
			return u.Reader.Lookups(t.Context(), f)
		})
	}
}

func lookupsUnknown(t *testing.T, u LookupsUnderTest) {
	all := lookUps(t, u.Log, 3)
	scan := newStream()
	mustAppend(t, u.Log, write(scan, 0, Story(scan.ID(), w0)...))
	for range 2 {
		_, unknown := u.Reader.Lookup(t.Context(), owner, uuid.New())
		wantCode(t, "an id of nothing", unknown, domain.NotFound)
		for _, id := range []uuid.UUID{uuid.Nil, scan.ID(), all[2].Stream.ID()} {
			_, err := u.Reader.Lookup(t.Context(), owner, id)
			wantSame(t, id.String(), err, unknown)
		}
		apply(t, u.Apply, all)
	}
}

func lookupsErased(t *testing.T, u LookupsUnderTest) {
	all := lookUps(t, u.Log, 2)
	apply(t, u.Apply, all[:1])
	last := mustAppend(t, u.Log, erase(all[0].Stream, 1))
	for _, late := range [][]domain.Envelope{nil, all[:1], last} {
		apply(t, u.Apply, late)
		_, err := u.Reader.Lookup(t.Context(), owner, all[0].Stream.ID())
		wantCode(t, "look-up", err, domain.NotFound)
		page, total, err := u.Reader.Lookups(t.Context(), projections.LookupFilter{Account: owner, Limit: 10})
		if err != nil || total != 1 || len(page) != 1 || page[0].ID != all[1].Stream.ID() {
			t.Errorf("history %+v of %d, %v", page, total, err)
		}
	}
}

func lookupsBefore(t *testing.T, u LookupsUnderTest) {
	all := lookUps(t, u.Log, 13) // of 192.0.2.1 are the second and each third after it
	apply(t, u.Apply, all[:5])
	for i := 4; i < len(all); i += 3 {
		page, _, err := u.Reader.Lookups(t.Context(), projections.LookupFilter{Account: owner, Subject: "192.0.2.1", Before: all[i].Position, Limit: 1})
		if err != nil || len(page) != 1 || page[0].ID != all[i-3].Stream.ID() {
			t.Errorf("before the %d.: %+v, %v", i, page, err)
		}
	}
}

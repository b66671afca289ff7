package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestAuditOfCredits has ledgers and scans that do not fit, each in an account
// of its own.
func TestAuditOfCredits(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log := openLog(t, pool)
	put := func(stream domain.Stream, owner uuid.UUID, events ...domain.Event) {
		w := commands.Write{Stream: stream, Owner: owner}
		for n, e := range events {
			w.Events = append(w.Events, domain.Envelope{ID: uuid.New(), Stream: stream, Version: n + 1, Owner: owner, At: time.Now(), Actor: "operator", Event: e})
		}
		mustAppend(t, log, w)
	}
	requested := domain.ScanRequested{Profile: domain.ZAPFull, Probes: domain.ZAPFull.Tools()}
	open, ended := []domain.Event{requested}, []domain.Event{requested, domain.ScanFailed{Reason: "broken"}}
	split := domain.Split{Purchased: 10}
	granted := domain.CreditsGranted{Pool: domain.PurchasedPool, Amount: 20}
	held := func(scan uuid.UUID) domain.Event {
		return domain.CreditsHeld{Scan: scan, Profile: domain.ZAPFull, Split: split}
	}
	back := func(scan uuid.UUID) domain.Event { return domain.CreditsReleased{Scan: scan, Split: split} }
	want := map[domain.Stream]string{}
	for says, c := range map[string]struct {
		scan  []domain.Event // nil for none
		after func(scan uuid.UUID) []domain.Event
	}{
		"":                                   {open, func(s uuid.UUID) []domain.Event { return []domain.Event{granted, held(s)} }},
		"held though the scan is over":       {ended, func(s uuid.UUID) []domain.Event { return []domain.Event{granted, held(s)} }},
		"closed though the scan is not over": {open, func(s uuid.UUID) []domain.Event { return []domain.Event{granted, held(s), back(s)} }},
		"none of this id":                    {nil, func(s uuid.UUID) []domain.Event { return []domain.Event{granted, held(s)} }},
		"is charged more than once":          {open, func(s uuid.UUID) []domain.Event { return []domain.Event{granted, held(s), held(s)} }},
		"closed more than once":              {ended, func(s uuid.UUID) []domain.Event { return []domain.Event{granted, held(s), back(s), back(s)} }},
		"leaves 0 monthly and -10 purchased": {open, func(s uuid.UUID) []domain.Event { return []domain.Event{held(s)} }},
	} {
		account, scan := uuid.New(), uuid.New()
		stream := domain.NewStream(domain.AccountFamily, account)
		put(stream, account, append([]domain.Event{domain.AccountRegistered{Account: account}}, c.after(scan)...)...)
		if c.scan != nil {
			put(domain.NewStream(domain.ScanFamily, scan), account, c.scan...)
		}
		if says != "" {
			want[stream] = says
		}
	}
	i := domain.NewInvariant(domain.CreditsInvariant)
	if err := NewAuditor(pool).Credits(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	for _, v := range i.Violations {
		if says, ok := want[v.Stream]; !ok || !strings.Contains(v.Found, says) {
			t.Errorf("%+v, want %q", v, says)
		}
		delete(want, v.Stream)
	}
	if len(want) > 0 || i.Counts["accounts"] != 7 || i.Counts["charges"] != 7 {
		t.Errorf("not found: %q; looked at %v", want, i.Counts)
	}
	newest := NewAuditor(pool)
	if err := pool.QueryRow(t.Context(), "SELECT max(position) FROM events").Scan(&newest.After); err != nil {
		t.Fatal(err)
	}
	i = domain.NewInvariant(domain.CreditsInvariant)
	if err := newest.Credits(t.Context(), i); err != nil || i.Checked != 0 {
		t.Errorf("nothing is new, and %d things are looked at: %v", i.Checked, err)
	}
}

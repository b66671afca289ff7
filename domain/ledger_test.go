package domain

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// ledgerOf folds a history that begins in may, a second an event.
func ledgerOf(events ...Event) *Ledger {
	l := new(Ledger)
	for i, e := range events {
		l.Apply(Envelope{Version: i + 1, At: may.Add(time.Duration(i) * time.Second), Cause: fmt.Sprintf("request-%d", i+1), Event: e})
	}
	return l
}

func TestLedger(t *testing.T) {
	one, two := uuid.UUID{1}, uuid.UUID{2}
	l := ledgerOf(
		AccountRegistered{}, CreditsGranted{Pool: PurchasedPool, Amount: 5, Reason: "sealed"}, PlanChanged{}, monthly("2026-05", 10),
		CreditsHeld{Scan: one, Profile: ZAPFull, Split: Split{"2026-05", 10, 0}},
		CreditsHeld{Scan: two, Profile: ZAPBaseline, Split: Split{"", 0, 5}},
		CreditsSettled{Scan: two, Amount: 5},
		CreditsReleased{Scan: one, Split: Split{"2026-05", 10, 0}},
		CreditsLapsed{"2026-05", 10},
	)
	at := func(i int) time.Time { return may.Add(time.Duration(i) * time.Second) }
	want := []LedgerEntry{
		{5, "granted", at(1), "request-2", "sealed"}, {10, "granted", at(3), "2026-05", ""},
		{-10, "held", at(4), one.String(), ""}, {-5, "held", at(5), two.String(), ""},
		{0, "settled", at(6), two.String(), ""}, {10, "released", at(7), one.String(), ""}, {-10, "lapsed", at(8), "2026-05", ""},
	}
	if !reflect.DeepEqual(l.Entries, want) {
		t.Errorf("entries\n got %+v\nwant %+v", l.Entries, want)
	}
	charges := map[uuid.UUID]Charge{one: {ZAPFull, 10, 0, 10}, two: {ZAPBaseline, 5, 5, 0}}
	if !reflect.DeepEqual(l.Charges, charges) || len(l.Faults) > 0 || l.Balance() != 0 || l.Credits.Balance() != 0 {
		t.Errorf("ledger %+v", l)
	}
}

// TestLedgerFaults has what no ledger may have.
func TestLedgerFaults(t *testing.T) {
	scan := uuid.UUID{1}
	hold := CreditsHeld{Scan: scan, Profile: ZAPBaseline, Split: Split{"", 0, 5}}
	settle, back := CreditsSettled{Scan: scan, Amount: 5}, CreditsReleased{Scan: scan, Split: hold.Split}
	for says, events := range map[string][]Event{
		"":                                  {purchased(5), hold, settle},
		"version 1 leaves 0 monthly and -5": {hold, purchased(5), settle},
		"version 2 leaves -1 monthly":       {monthly("2026-05", 10), CreditsLapsed{"2026-05", 11}, purchased(1), monthly("2026-05", 1)},
		"is charged more than once":         {purchased(10), hold, settle, hold},
		"closed that it never had":          {purchased(5), settle},
		"is closed more than once":          {purchased(5), hold, settle, settle},
		"of scan " + scan.String() + " is closed more than once": {purchased(5), hold, back, settle},
		"5 credits for, and 4 are closed":                        {purchased(5), hold, CreditsSettled{Scan: scan, Amount: 4}},
	} {
		l := ledgerOf(events...)
		if found := strings.Join(l.Faults, "; "); (says == "") != (found == "") || !strings.Contains(found, says) {
			t.Errorf("want %q, got %q", says, found)
		}
	}
}

// TestLedgerOfDecisions lets decisions follow each other at random over months
// and plans: whatever happens, the ledger is sound, and its sum is what the
// decisions went by.
func TestLedgerOfDecisions(t *testing.T) {
	profiles := []Profile{Quick, NmapFull, NucleiQuick, ZAPBaseline, ZAPFull, OpenVASFullFast, OpenVASDeep}
	ends := []Event{ScanCompleted{}, ScanFailed{}, ScanCancelled{}}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		account, ledger, now := new(Account), new(Ledger), may
		account.Apply(Envelope{Event: AccountRegistered{Account: uuid.UUID{1}}})
		var scans []uuid.UUID
		accepted := map[uuid.UUID]int{}
		for range 300 {
			var events []Event
			var err error
			plan := account.Plan(SecAbly)
			switch r.IntN(8) {
			case 0:
				events = []Event{PlanChanged{Contract: SecAbly, Plan: []string{"free", "indie", "startup", "internal"}[r.IntN(4)]}}
			case 1:
				events = []Event{purchased(1 + r.IntN(30))}
			case 2:
				now = now.Add(time.Duration(r.IntN(20*24)-24) * time.Hour)
			case 3, 4, 5:
				scan, profile := uuid.UUID{2, byte(len(scans) >> 8), byte(len(scans))}, profiles[r.IntN(len(profiles))]
				if events, err = account.Credits.Hold(scan, profile, plan, now); err == nil && len(events) > 0 {
					scans, accepted[scan] = append(scans, scan), profile.Cost()
				}
			default:
				if len(scans) > 0 {
					was := []State{Requested, Started}[r.IntN(2)]
					events = account.Credits.Close(scans[r.IntN(len(scans))], was, ends[r.IntN(len(ends))], plan, now)
				}
			}
			for _, e := range events {
				account.Apply(Envelope{Event: e})
				ledger.Apply(Envelope{Event: e})
			}
			if b := account.Credits.Balance(); b < 0 || b != ledger.Balance() || CodeOf(err) != "" && CodeOf(err) != Payment {
				t.Fatalf("seed %d: balance %d, ledger %d, %v", seed, b, ledger.Balance(), err)
			}
		}
		for scan, cost := range accepted {
			if c := ledger.Charges[scan]; c.Held != cost || len(ledger.Charges) != len(accepted) {
				t.Fatalf("seed %d: scan %s has the charge %+v, want %d", seed, scan, c, cost)
			}
		}
		if len(ledger.Faults) > 0 {
			t.Fatalf("seed %d: %q", seed, ledger.Faults)
		}
	}
}

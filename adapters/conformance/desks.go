package conformance

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// desks are two processes that take commands over one store, as desks over the
// two instances of a log.
type desks [2]commands.Desk

// anywhere is a guard that allows all targets.
type anywhere struct{}

func (anywhere) Check(context.Context, domain.Target) error { return nil }

// Judge implements commands.Destinations.
func (anywhere) Judge(context.Context, string, string) (domain.BlockReason, error) { return "", nil }

// Onward implements commands.Destinations.
func (anywhere) Onward(context.Context, string, string) (string, domain.BlockReason, error) {
	return "", "", nil
}

// all are the tools of an installation that lacks none.
type all struct{}

func (all) Tools(_ context.Context, p domain.Profile) ([]domain.Tool, error) { return p.Tools(), nil }

// unproven says of nothing that it is anybody's.
type unproven struct{}

func (unproven) Proven(context.Context, uuid.UUID, []string, time.Time) (bool, error) {
	return false, nil
}

// noProbes is an inbox of which these suites need nothing: they run no probe
// that was leased.
type noProbes struct{ commands.Inbox }

func (noProbes) Drop(context.Context, uuid.UUID) error { return nil }

// Commands holds what is decided under contention to its promises, on two
// processes at once. open returns a log that is empty.
func Commands(t *testing.T, open func(t *testing.T) LogUnderTest) {
	for name, property := range map[string]func(*testing.T, desks){
		"ten credits buy ten scans of one":             tenForTen,
		"credits are exact whatever becomes of scans":  creditsExact,
		"one scan of a target and account runs":        oneRuns,
		"a scan that is closed twice is settled once":  settledOnce,
		"a month's credits come once":                  monthOnce,
		"a hundred who write to an account all get on": allGetOn,
		"a list has as many targets as the plan says":  targetsExact,
		"a run that is due begins once":                runsOnce,
		"what a key opens is seen everywhere at once":  seenAtOnce,
		"an account that is deleted is gone at once":   deletedAtOnce,
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			var d desks
			for i, log := range []commands.Log{l.Log, l.Twin} {
				d[i] = commands.Desk{
					Log: log, Secrets: l.Secrets, Accounts: new(commands.Accounts), Inbox: noProbes{}, Targets: anywhere{}, Proofs: unproven{}, Engines: all{}, Calendar: eachHour{}, Directory: silent{},
					Now: func() time.Time { return began }, NewID: uuid.New, Random: func(b []byte) { rand.Read(b) },
					Passwords: passwords{}, Destinations: anywhere{},
				}
			}
			property(t, d)
		})
	}
}

// register opens an account and grants it credits.
func (d desks) register(t *testing.T, credits int) commands.Caller {
	t.Helper()
	account, err := d[0].RegisterAccount(t.Context(), commands.RegisterAccount{Email: "ann@example.com", Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	if credits > 0 {
		if err := d[1].GrantCredits(t.Context(), commands.GrantCredits{Account: account, Amount: credits}); err != nil {
			t.Fatal(err)
		}
	}
	return commands.Caller{Account: account, Request: "suite"}
}

// ask asks one of the two for a scan.
func (d desks) ask(t *testing.T, i int, by commands.Caller, c domain.Contract, p domain.Profile) (uuid.UUID, error) {
	target, err := domain.ParseTarget(w0)
	if err != nil {
		t.Error(err)
	}
	requested, err := d[i%2].RequestScan(t.Context(), commands.RequestScan{By: by, Contract: c, Target: target, Profile: p})
	return requested.Stream.ID(), err
}

// run takes a scan's one probe and ends it, on the other desk than it was asked for.
func (d desks) run(t *testing.T, i int, scan uuid.UUID, p domain.Profile, o domain.Outcome) error {
	lease := commands.Lease{Scan: scan, Tool: p.Tools()[0], Token: 1, Attempt: 1}
	probe, err := d[(i+1)%2].TakeProbe(t.Context(), lease, "w")
	if err != nil {
		return err
	}
	return probe.Finish(t.Context(), o, "", nil)
}

// ledger reads a ledger that has to be sound.
func (d desks) ledger(t *testing.T, by commands.Caller) *domain.Ledger {
	t.Helper()
	l, err := d[0].Ledger(t.Context(), by, by.Account)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Faults) > 0 || l.Balance() != l.Credits.Balance() {
		t.Errorf("the ledger sums to %d and stands at %d; faults %q", l.Balance(), l.Credits.Balance(), l.Faults)
	}
	return l
}

// oneRuns submits one target a hundred times.
func oneRuns(t *testing.T, d desks) {
	by := d.register(t, 0)
	scans, errs := make([]uuid.UUID, 100), make([]error, 100)
	atOnce(len(errs), func(i int) { scans[i], errs[i] = d.ask(t, i, by, domain.ScannerAPI, domain.Quick) })
	winner := -1
	for i, err := range errs {
		if err == nil && winner >= 0 {
			t.Errorf("%d and %d are both accepted", winner, i)
		} else if err == nil {
			winner = i
		}
	}
	if winner < 0 {
		t.Fatal("none is accepted")
	}
	for i, err := range errs {
		if i != winner {
			wantExisting(t, err, domain.NewStream(domain.ScanFamily, scans[winner]))
		}
	}
}

// eachHour is a calendar on which everything is due every hour.
type eachHour struct{}

func (eachHour) Times(string, string) (commands.Times, error) { return eachHour{}, nil }
func (eachHour) Every() time.Duration                         { return 24 * time.Hour }
func (eachHour) After(moment time.Time) time.Time             { return moment.Truncate(time.Hour).Add(time.Hour) }

// runsOnce starts a run from both sides at once: one scan begins, and those who come
// later, as one that was long away, find nothing to do.
func runsOnce(t *testing.T, d desks) {
	by := d.register(t, 0)
	target, err := domain.ParseTarget("a.example")
	if err != nil {
		t.Fatal(err)
	}
	added, err := d[0].AddTarget(t.Context(), commands.AddTarget{By: by, Target: target, Frequency: domain.Daily})
	if err != nil {
		t.Fatal(err)
	}
	id := added[0].Stream.ID()
	for i := range d {
		d[i].Now = func() time.Time { return began.Add(time.Hour) }
	}
	run := func(i int) {
		if err := d[i%2].RunSchedule(t.Context(), commands.RunSchedule{By: commands.Caller{Worker: "w"}, Target: id}); err != nil {
			t.Errorf("run: %v", err)
		}
	}
	atOnce(20, run)
	run(0)
	history, scans := mustRead(t, d[1].Log, added[0].Stream, 2), map[uuid.UUID]bool{}
	for _, e := range history {
		started, ok := e.Event.(domain.RunStarted)
		if !ok {
			t.Errorf("it says %+v", e.Event)
		}
		scans[started.Scan] = true
	}
	for scan := range scans {
		if len(mustRead(t, d[1].Log, domain.NewStream(domain.ScanFamily, scan), 0)) != 1 {
			t.Errorf("there is no scan %s", scan)
		}
	}
	if len(history) != 1 {
		t.Errorf("%d runs have begun", len(history))
	}
}

// passwords has no need of any.
type passwords struct{ commands.Passwords }

func (passwords) Hash(context.Context, string) (string, error) { return "", nil }

// targetsExact adds and removes targets from both sides at once, some of them
// the same: there are never more than five, and none twice.
func targetsExact(t *testing.T, d desks) {
	by := d.register(t, 0)
	var mu sync.Mutex
	codes := map[domain.Code]int{}
	add := func(i, n int) uuid.UUID {
		target, err := domain.ParseTarget(fmt.Sprintf("%d.example", n))
		if err != nil {
			t.Error(err)
		}
		added, err := d[i%2].AddTarget(t.Context(), commands.AddTarget{By: by, Target: target})
		mu.Lock()
		defer mu.Unlock()
		codes[domain.CodeOf(err)]++
		if err != nil {
			return uuid.Nil
		}
		return added[0].Stream.ID()
	}
	atOnce(30, func(i int) { add(i, i%3) })
	if codes[""] != 3 || codes[domain.Conflict] != 27 {
		t.Errorf("three targets by thirty: %v", codes)
	}
	clear(codes)
	added := make([]uuid.UUID, 20)
	atOnce(20, func(i int) { added[i] = add(i, 10+i) })
	if codes[""] != 2 || codes[domain.Denied] != 18 {
		t.Errorf("two more by twenty: %v", codes)
	}
	clear(codes)
	gone := 0
	for _, id := range added {
		if id == uuid.Nil {
			continue
		}
		atOnce(4, func(i int) {
			err := d[i%2].RemoveTarget(t.Context(), commands.RemoveTarget{By: by, ID: id})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				gone++
			} else if domain.CodeOf(err) != domain.NotFound {
				t.Errorf("remove: %v", err)
			}
		})
	}
	atOnce(10, func(i int) { add(i, 40+i) })
	if gone != 2 || codes[""] != 2 {
		t.Errorf("%d were removed, and then %v", gone, codes)
	}
}

// silent knows nothing of anything.
type silent struct{}

func (silent) LookUp(context.Context, domain.LookupQuestion) (domain.LookupRecord, error) {
	return domain.LookupRecord{}, nil
}

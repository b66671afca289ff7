package commands_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// ask asks for a scan of a profile through SecAbly.
func ask(by commands.Caller, profile domain.Profile, site domain.Target) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.RequestScan(s.t.Context(), commands.RequestScan{By: by, Contract: domain.SecAbly, Target: site, Profile: profile})
		return err
	}
}

// asked is what ask leads to.
func asked(scan uuid.UUID, profile domain.Profile) domain.ScanRequested {
	return domain.ScanRequested{Scan: scan, Account: ann, Contract: domain.SecAbly, Target: siteA, Profile: profile, Probes: profile.Tools(), Options: domain.DefaultOptions(profile)}
}

func grant(n int) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.GrantCredits(s.t.Context(), commands.GrantCredits{Account: ann, Amount: n})
	}
}

// ended ends the one probe of a scan, and so the scan.
func ended(scan uuid.UUID, tool domain.Tool, o domain.Outcome, reason string) func(*scenario) error {
	return func(s *scenario) error {
		run, err := s.desk.TakeProbe(s.t.Context(), commands.Lease{Scan: scan, Tool: tool, Token: 1, Attempt: 1}, "w")
		if err != nil {
			return err
		}
		return run.Finish(s.t.Context(), o, reason, nil)
	}
}

func begun(scan uuid.UUID, tool domain.Tool) step {
	return did(func(s *scenario) error {
		_, err := s.desk.TakeProbe(s.t.Context(), commands.Lease{Scan: scan, Tool: tool, Token: 1, Attempt: 1}, "w")
		return err
	})
}

func TestGrantCredits(t *testing.T) {
	given(t).when(grant(7)).then(domain.CreditsGranted{Pool: domain.PurchasedPool, Amount: 7})
	given(t).when(grant(0)).refused(domain.Invalid)
	given(t).when(grant(-1)).refused(domain.Invalid)
	given(t).when(grant(1_000_001)).refused(domain.Invalid)
	given(t).when(func(s *scenario) error {
		return s.desk.GrantCredits(s.t.Context(), commands.GrantCredits{Account: id(9), Amount: 1})
	}).refused(domain.NotFound)
}

// TestChargedScan asks for scans that cost credits: what they cost is held in
// the append that opens them.
func TestChargedScan(t *testing.T) {
	held := func(p domain.Profile, split domain.Split) domain.Event {
		return domain.CreditsHeld{Scan: id(2), Profile: p, Split: split}
	}
	startup := onPlan(ann, domain.SecAbly, "startup")
	given(t, did(grant(10))).when(ask(byAnn, domain.ZAPFull, siteA)).
		then(asked(id(2), domain.ZAPFull), held(domain.ZAPFull, domain.Split{Purchased: 10}))
	given(t, startup, did(grant(10))).when(ask(byAnn, domain.NmapFull, siteA)).then(
		asked(id(2), domain.NmapFull), domain.CreditsGranted{Pool: domain.MonthlyPool, Month: "2026-05", Amount: 50},
		held(domain.NmapFull, domain.Split{Month: "2026-05", Monthly: 1}))
	given(t, did(grant(1))).when(ask(byAnn, domain.NmapQuick, siteA)).then(asked(id(2), domain.NmapQuick))
	given(t, onPlan(ann, domain.SecAbly, domain.InternalPlan), did(grant(1))).when(ask(byAnn, domain.OpenVASDeep, siteA)).
		then(asked(id(2), domain.OpenVASDeep))
	given(t, did(grant(9))).when(ask(byAnn, domain.ZAPFull, siteA)).refused(domain.Payment)
	given(t, did(grant(9))).when(ask(byBob, domain.NmapFull, siteA)).refused(domain.Payment)
	given(t, did(grant(9))).when(ask(commands.Caller{Account: id(99)}, domain.NmapFull, siteA)).refused(domain.NotFound)

	s := given(t, did(grant(9))).when(ask(byAnn, domain.OpenVASDiscovery, siteA))
	var e *domain.Error
	want := domain.Shortfall{Profile: domain.OpenVASDiscovery, Required: 10, Available: 9, Purchased: 9}
	if !errors.As(s.err, &e) || e.Short == nil || *e.Short != want {
		t.Errorf("refused with %+v, want %+v", e.Short, want)
	}
}

// TestRefusedScanHoldsNothing has refusals that are found in the append itself.
func TestRefusedScanHoldsNothing(t *testing.T) {
	scanner := func(s *scenario) error {
		_, err := s.desk.RequestScan(s.t.Context(), commands.RequestScan{By: byAnn, Contract: domain.ScannerAPI, Target: siteA, Profile: domain.ZAPFull})
		return err
	}
	given(t, did(grant(20)), did(scanner)).when(scanner).refused(domain.Conflict)
	given(t, did(grant(20)), limited(1, 0), did(request(byBob, domain.ScannerAPI, siteA))).when(scanner).refused(domain.Quota)
}

func TestSettlement(t *testing.T) {
	scan := id(2)
	split := domain.Split{Purchased: 10}
	paid, back := domain.CreditsSettled{Scan: scan, Amount: 10}, domain.CreditsReleased{Scan: scan, Split: split}
	zap := domain.Tool("zap")
	end := func(o domain.Outcome, reason string) domain.Event {
		return domain.ProbeFinished{Tool: zap, Lease: 1, Attempt: 1, Outcome: o, Reason: reason, Coverage: []domain.Coverage{}}
	}
	cancel := domain.ScanCancelled{By: "account:" + ann.String()}
	open := []step{did(grant(30)), did(ask(byAnn, domain.ZAPFull, siteA))}
	for name, c := range map[string]struct {
		given []step
		when  func(*scenario) error
		then  []domain.Event
		left  int
	}{
		"completed": {
			append(open, begun(scan, zap)), ended(scan, zap, domain.Tested, ""),
			[]domain.Event{end(domain.Tested, ""), domain.ScanCompleted{Scores: domain.Grade(domain.Measured{})}, paid}, 20,
		},
		"failed": {
			append(open, begun(scan, zap)), ended(scan, zap, domain.Failed, "broken"),
			[]domain.Event{end(domain.Failed, "broken"), domain.ScanFailed{Reason: "nothing could be tested: broken"}, back}, 30,
		},
		"cancelled before it started": {open, cancelled(byAnn, scan), []domain.Event{cancel, back}, 30},
		"cancelled after it started":  {append(open, begun(scan, zap)), cancelled(byAnn, scan), []domain.Event{cancel, paid}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, c.given...).when(c.when)
			s.then(c.then...)
			s.sound(c.left)
			s.when(c.when).refused(domain.Over)
		})
	}
	given(t, onPlan(ann, domain.SecAbly, domain.InternalPlan), did(ask(byAnn, domain.ZAPFull, siteA))).
		when(cancelled(byAnn, id(1))).then(cancel)
}

// sound expects a ledger without faults whose sum is a balance.
func (s *scenario) sound(balance int) *domain.Ledger {
	s.t.Helper()
	l, err := s.desk.Ledger(s.t.Context(), byAnn, ann)
	if err != nil {
		s.t.Fatal(err)
	}
	if l.Balance() != balance || l.Credits.Balance() != balance || len(l.Faults) > 0 {
		s.t.Errorf("the ledger sums to %d and stands at %d, want %d; faults %q", l.Balance(), l.Credits.Balance(), balance, l.Faults)
	}
	return l
}

// TestLedgerOpensMonths has the month's credits come when the ledger is read,
// once a month.
func TestLedgerOpensMonths(t *testing.T) {
	s := given(t, onPlan(ann, domain.SecAbly, "startup"), did(grant(3)), did(ask(byAnn, domain.ZAPBaseline, siteA)))
	s.sound(48)
	later(2 * time.Hour)(s)
	s.when(func(s *scenario) error {
		s.sound(53)
		return nil
	}).then(domain.CreditsLapsed{Month: "2026-05", Amount: 45}, domain.CreditsGranted{Pool: domain.MonthlyPool, Month: "2026-06", Amount: 50})
	s.when(func(s *scenario) error {
		s.sound(53)
		return nil
	}).then()
	s.when(cancelled(byAnn, id(2))).then(
		domain.ScanCancelled{By: "account:" + ann.String()},
		domain.CreditsReleased{Scan: id(2), Split: domain.Split{Month: "2026-05", Monthly: 5}}, domain.CreditsLapsed{Month: "2026-05", Amount: 5})
	var kinds []string
	for _, e := range s.sound(53).Entries {
		kinds = append(kinds, e.Kind)
	}
	if want := []string{"granted", "granted", "held", "lapsed", "granted", "released", "lapsed"}; !slices.Equal(kinds, want) {
		t.Errorf("entries %q, want %q", kinds, want)
	}
	given(t).when(func(s *scenario) error {
		_, err := s.desk.Ledger(s.t.Context(), commands.Caller{}, id(9))
		return err
	}).refused(domain.NotFound)
}

// TestAttemptsAreChargedOnce asks for a scan that costs credits, and cancels it,
// each in two attempts at one request.
func TestAttemptsAreChargedOnce(t *testing.T) {
	s := given(t, did(grant(10)))
	for range 2 {
		if err := ask(s.attempt(), domain.NmapFull, siteA)(s); err != nil {
			t.Fatal(err)
		}
	}
	if l := s.sound(9); len(l.Charges) != 1 {
		t.Errorf("charges %+v", l.Charges)
	}
	for range 2 {
		if err := cancelled(s.attempt(), id(2))(s); err != nil {
			t.Fatal(err)
		}
	}
	s.sound(10)
}

// TestRetestIsCharged has a scan run again for the same price.
func TestRetestIsCharged(t *testing.T) {
	s := given(t, did(grant(19)), did(ask(byAnn, domain.ZAPFull, siteA)), did(cancelled(byAnn, id(2))), did(ask(byAnn, domain.ZAPFull, siteA)))
	s.when(func(s *scenario) error {
		_, err := s.desk.RetestScan(s.t.Context(), commands.RetestScan{By: byAnn, Contract: domain.ScannerAPI, Scan: id(2)})
		return err
	}).refused(domain.Payment)
}

// counting counts what is read of a log.
type counting struct {
	commands.Log
	read []int // events, by reading
}

func (c *counting) Read(ctx context.Context, s domain.Stream, after int) ([]domain.Envelope, error) {
	history, err := c.Log.Read(ctx, s, after)
	c.read = append(c.read, len(history))
	return history, err
}

// TestAccountsAreReadOnce has a key shown again and again: what its account has
// done is read once, and what others add to it is seen at once.
func TestAccountsAreReadOnce(t *testing.T) {
	s := given(t, did(grant(1)), did(grant(1)))
	key, log := s.issue(ann, 0), &counting{Log: s.log}
	s.desk.Log = log
	plan := func(want string) {
		t.Helper()
		g, err := s.desk.GrantOf(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if p := g.Standing.Plan(domain.SecAbly); p.Name != want {
			t.Errorf("plan %q, want %q", p.Name, want)
		}
	}
	plan("free")
	plan("free")
	onPlan(ann, domain.SecAbly, "indie")(s)
	plan("indie")
	plan("indie")
	if want := []int{4, 1}; !reflect.DeepEqual(log.read, want) {
		t.Errorf("read %d events, want %d", log.read, want)
	}
}

// TestAccountsForget has more accounts than are kept.
func TestAccountsForget(t *testing.T) {
	s := given(t)
	for n := range 4200 {
		account := id(uint32(1000 + n))
		happened(domain.NewStream(domain.AccountFamily, account), domain.AccountRegistered{Account: account})(s)
	}
	log := &counting{Log: s.log}
	s.desk.Log = log
	for range 2 {
		for n := range 4200 {
			if err := s.desk.OpenMonth(t.Context(), commands.OpenMonth{Account: id(uint32(1000 + n))}); err != nil {
				t.Fatal(err)
			}
		}
	}
	again := 0
	for _, n := range log.read[4200:] {
		again += n
	}
	if again == 0 || again == 4200 {
		t.Errorf("%d of 4200 accounts are read again", again)
	}
}

// TestTurnsEnd gives up waiting for a turn when the caller does.
func TestTurnsEnd(t *testing.T) {
	s := given(t, did(grant(9)))
	ctx, cancel := context.WithCancel(t.Context())
	held := make(chan struct{})
	release := make(chan struct{})
	s.desk.Log = &holding{Log: s.log, held: held, release: release}
	first := make(chan error, 1)
	go func() { first <- ask(byAnn, domain.NmapFull, siteA)(s) }()
	<-held
	cancel()
	_, err := s.desk.RequestScan(ctx, commands.RequestScan{By: byAnn, Contract: domain.SecAbly, Target: siteB, Profile: domain.NmapFull})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("waited for a turn: %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
	s.sound(8)
}

// holding is a log whose first append waits.
type holding struct {
	commands.Log
	held, release chan struct{}
}

func (h *holding) Append(ctx context.Context, writes ...commands.Write) ([]domain.Envelope, error) {
	select {
	case <-h.release:
	default:
		close(h.held)
		<-h.release
	}
	return h.Log.Append(ctx, writes...)
}

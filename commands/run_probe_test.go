package commands_test

import (
	"reflect"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// scanned has one scan of ann's with these probes, id(1), that a worker has
// begun.
func scanned(target domain.Target, probes ...domain.Tool) step {
	r := requested(id(1), ann, domain.ScannerAPI, target)
	r.Probes = probes
	return happened(domain.NewStream(domain.ScanFamily, id(1)), r, domain.ScanStarted{Worker: "first"})
}

func lease(tool domain.Tool, token int) commands.Lease {
	return commands.Lease{Scan: id(1), Account: ann, Tool: tool, Token: token, Attempt: token, Cause: "cause"}
}

// take begins a probe that can be begun.
func (s *scenario) take(l commands.Lease) *commands.Run {
	s.t.Helper()
	run, err := s.desk.TakeProbe(s.t.Context(), l, "w")
	if err != nil {
		s.t.Fatalf("take: %v", err)
	}
	return run
}

// finished has a probe finished.
func finished(tool domain.Tool, o domain.Outcome, reason string) step {
	return happened(domain.NewStream(domain.ScanFamily, id(1)), domain.ProbeFinished{Tool: tool, Lease: 1, Outcome: o, Reason: reason})
}

var (
	port80  = domain.Port{Port: 80, Protocol: "tcp"}
	noHSTS  = domain.Weakness{Advisory: domain.Advisory{ID: "headers/hsts", Severity: domain.Medium}, Where: "443/tcp"}
	visited = domain.Visit{URL: "https://a.example/", Status: 200, Protocol: "HTTP/1.1"}
)

func TestTakeProbe(t *testing.T) {
	take := func(l commands.Lease) func(*scenario) error {
		return func(s *scenario) error {
			run, err := s.desk.TakeProbe(s.t.Context(), l, "w")
			if err == nil && !reflect.DeepEqual(run.Request(), requestOf(s, l.Scan)) {
				t.Errorf("request %+v", run.Request())
			}
			return err
		}
	}
	asked := did(request(byAnn, domain.ScannerAPI, siteA))
	given(t, asked).when(take(lease(domain.Ports, 1))).then(domain.ScanStarted{Worker: "w"})
	given(t, asked, worked(id(1))).when(take(lease(domain.TLS, 1))).then()
	given(t, asked, did(cancelled(byAnn, id(1)))).when(take(lease(domain.TLS, 1))).refused(domain.Over)
	given(t).when(take(lease(domain.TLS, 1))).refused(domain.Over)
	given(t, scanned(siteA, domain.Ports, domain.TLS), finished(domain.Ports, domain.Tested, "")).
		when(take(lease(domain.Ports, 2))).refused(domain.Over)
}

func requestOf(s *scenario, scan uuid.UUID) domain.ScanRequested {
	history, err := s.log.Read(s.t.Context(), domain.NewStream(domain.ScanFamily, scan), 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return history[0].Event.(domain.ScanRequested)
}

func TestRecord(t *testing.T) {
	s := given(t, scanned(siteA, domain.Ports, domain.Headers))
	run := s.take(lease(domain.Headers, 3))
	see := func(seen ...domain.Observation) func(*scenario) error {
		return func(s *scenario) error { return run.Record(s.t.Context(), seen) }
	}
	found := domain.PortFound{Tool: domain.Headers, Lease: 3, Port: port80}
	raised := domain.FindingRaised{
		Tool: domain.Headers, Lease: 3, Finding: "headers/hsts", Where: "443/tcp", Severity: domain.Medium, CVE: []string{}, CVSS: []domain.Rating{}, References: []string{},
	}
	recorded := domain.ObservationRecorded{
		Tool: domain.Headers, Lease: 3, Name: "site.visit", Value: []byte(`{"url":"https://a.example/","status":200,"protocol":"HTTP/1.1"}`),
	}
	s.when(see(port80, noHSTS, port80, visited)).then(found, raised, recorded)
	s.when(see(visited, noHSTS, port80)).then()
	s.when(see()).then()
	elsewhere := noHSTS
	elsewhere.Where = "8443/tcp"
	raised.Where = "8443/tcp"
	s.when(see(elsewhere)).then(raised)
	s.when(func(s *scenario) error {
		return s.take(lease(domain.Ports, 1)).Record(t.Context(), []domain.Observation{port80})
	}).then()
	events := s.log.Stored(0)
	if e := events[len(events)-1]; e.Actor != "worker:w" || e.Cause != "cause" || e.Owner != ann {
		t.Errorf("written by %q because of %q for %s", e.Actor, e.Cause, e.Owner)
	}
}

// TestRecordRefused writes with a lease that was taken over, after the probe
// and after the scan.
func TestRecordRefused(t *testing.T) {
	see := func(run *commands.Run) func(*scenario) error {
		return func(s *scenario) error { return run.Record(s.t.Context(), []domain.Observation{visited}) }
	}
	s := given(t, scanned(siteA, domain.Ports, domain.Headers))
	dead, heir := s.take(lease(domain.Headers, 1)), s.take(lease(domain.Headers, 2))
	s.when(func(s *scenario) error { return heir.Record(t.Context(), []domain.Observation{port80}) }).
		then(domain.PortFound{Tool: domain.Headers, Lease: 2, Port: port80})
	s.when(see(dead)).refused(domain.Lost)
	s.when(func(*scenario) error { return dead.Finish(t.Context(), domain.Tested, "", nil) }).refused(domain.Lost)
	finished(domain.Headers, domain.Tested, "")(s)
	s.when(see(heir)).refused(domain.Over)
	other := s.take(lease(domain.Ports, 1))
	did(cancelled(byAnn, id(1)))(s)
	s.when(see(other)).refused(domain.Over)
	s.when(func(*scenario) error { return other.Finish(t.Context(), domain.Tested, "", nil) }).refused(domain.Over)
}

func TestFinish(t *testing.T) {
	finish := func(tool domain.Tool, o domain.Outcome, reason string) func(*scenario) error {
		return func(s *scenario) error {
			return s.take(lease(tool, 1)).Finish(s.t.Context(), o, reason, []domain.Coverage{{What: "all", Outcome: o, Reason: reason}})
		}
	}
	end := func(tool domain.Tool, o domain.Outcome, reason string) domain.ProbeFinished {
		return domain.ProbeFinished{
			Tool: tool, Lease: 1, Attempt: 1, Outcome: o, Reason: reason, Coverage: []domain.Coverage{{What: "all", Outcome: o, Reason: reason}},
		}
	}
	host, err := domain.ParseHost("a.example")
	if err != nil {
		t.Fatal(err)
	}
	clean := domain.ScanCompleted{Scores: domain.Grade(domain.Measured{})}
	for name, c := range map[string]struct {
		given []step
		when  func(*scenario) error
		then  []domain.Event
	}{
		"others still run": {
			[]step{scanned(siteA, domain.Ports, domain.Headers)},
			finish(domain.Ports, domain.Tested, ""), []domain.Event{end(domain.Ports, domain.Tested, "")},
		},
		"the last one completes the scan": {
			[]step{scanned(siteA, domain.Ports, domain.Headers), finished(domain.Ports, domain.TimedOut, "slow")},
			finish(domain.Headers, domain.Tested, ""), []domain.Event{end(domain.Headers, domain.Tested, ""), clean},
		},
		"none could look": {
			[]step{scanned(host, domain.Ports, domain.TLS), finished(domain.Ports, domain.Refused, "not allowed")},
			finish(domain.TLS, domain.Failed, "broken"),
			[]domain.Event{end(domain.TLS, domain.Failed, "broken"), domain.ScanFailed{Reason: "nothing could be tested: not allowed"}},
		},
		"a dead site has no grade": {
			[]step{scanned(siteA, domain.Ports, domain.DNS, domain.Headers), finished(domain.Ports, domain.Tested, ""), finished(domain.DNS, domain.Tested, "")},
			finish(domain.Headers, domain.Failed, "no answer"),
			[]domain.Event{end(domain.Headers, domain.Failed, "no answer"), domain.ScanFailed{Reason: "nothing could be tested: no answer"}},
		},
		"a host on which nothing stands open has no grade": {
			[]step{scanned(host, domain.Ports, domain.Headers), finished(domain.Ports, domain.Tested, "")},
			finish(domain.Headers, domain.Skipped, "no web server"),
			[]domain.Event{end(domain.Headers, domain.Skipped, "no web server"), domain.ScanCompleted{Scores: domain.Grade(domain.Measured{
				Target: domain.HostTarget, Probes: map[domain.Tool]domain.Outcome{domain.Ports: domain.Tested, domain.Headers: domain.Skipped},
			})}},
		},
	} {
		t.Run(name, func(t *testing.T) { given(t, c.given...).when(c.when).then(c.then...) })
	}
	given(t, scanned(siteA, domain.Ports)).when(finish(domain.TLS, domain.Tested, "")).refused(domain.Invalid)
}

// TestFinishScores grades what the scan has seen, its findings once each.
func TestFinishScores(t *testing.T) {
	s := given(t, scanned(siteA, domain.Headers))
	run := s.take(lease(domain.Headers, 1))
	test := domain.ObservatoryTest{Name: "cookies", Result: "cookies-not-found", Pass: true}
	if err := run.Record(t.Context(), []domain.Observation{noHSTS, test, noHSTS, test}); err != nil {
		t.Fatal(err)
	}
	measured := domain.Measured{Findings: map[domain.Severity]int{domain.Medium: 1}, Observatory: []domain.ObservatoryTest{test}}
	s.when(func(*scenario) error { return run.Finish(t.Context(), domain.Tested, "", nil) }).then(
		domain.ProbeFinished{Tool: domain.Headers, Lease: 1, Attempt: 1, Outcome: domain.Tested, Coverage: []domain.Coverage{}},
		domain.ScanCompleted{Scores: domain.Grade(measured)},
	)
}

// TestFinishReleasesTarget lets Scanner scan a target again after the end.
func TestFinishReleasesTarget(t *testing.T) {
	s := given(t, did(request(byAnn, domain.ScannerAPI, siteA)))
	for _, tool := range domain.Quick.Tools() {
		if err := s.take(lease(tool, 1)).Finish(t.Context(), domain.Tested, "", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := request(byAnn, domain.ScannerAPI, siteA)(s); err != nil {
		t.Errorf("the target is not free: %v", err)
	}
}

// TestProbesAtOnce lets all probes of a scan write at the same time.
func TestProbesAtOnce(t *testing.T) {
	s := given(t, did(request(byAnn, domain.ScannerAPI, siteA)))
	var wg sync.WaitGroup
	for _, tool := range domain.Quick.Tools() {
		wg.Go(func() {
			run, err := s.desk.TakeProbe(t.Context(), lease(tool, 1), string(tool))
			if err != nil {
				t.Errorf("take: %v", err)
				return
			}
			for port := range 20 {
				if err := run.Record(t.Context(), []domain.Observation{domain.Port{Port: port + 1, Protocol: "tcp"}}); err != nil {
					t.Errorf("record: %v", err)
				}
			}
			if err := run.Finish(t.Context(), domain.Tested, "", nil); err != nil {
				t.Errorf("finish: %v", err)
			}
		})
	}
	wg.Wait()
	count := map[string]int{}
	for _, e := range s.log.Stored(0) {
		count[e.Type]++
	}
	want := map[string]int{
		"account.registered": 2, "scan.requested": 1, "scan.started": 1, "port.found": 20,
		"probe.finished": len(domain.Quick.Tools()), "scan.completed": 1,
	}
	if !reflect.DeepEqual(count, want) {
		t.Errorf("events %v, want %v", count, want)
	}
}

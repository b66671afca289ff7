package scanners_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// stage is one scan of a host in a log and an inbox of memory. Every test
// plays in a bubble of testing/synctest: its clock stands still while anybody
// has something to do, so that minutes pass at once.
type stage struct {
	t     *testing.T
	log   *memory.Log
	inbox *memory.Inbox
	desk  commands.Desk
	scan  domain.ScanRequested
}

// play opens a scan with these probes and runs a test on it.
func play(t *testing.T, profile domain.Profile, probes []domain.Tool, test func(*stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, log: memory.NewLog(), inbox: &memory.Inbox{Now: time.Now}}
		s.desk = commands.Desk{Log: s.log, Secrets: s.log, Inbox: s.inbox, Now: time.Now, NewID: uuid.New}
		target, err := domain.ParseHost("a.example")
		if err != nil {
			t.Fatal(err)
		}
		s.scan = domain.ScanRequested{
			Scan: uuid.New(), Account: uuid.New(), Contract: domain.IsSafeSite, Target: target, Profile: profile, Probes: probes,
		}
		_, err = s.log.Append(t.Context(), commands.Write{Stream: s.stream(), Owner: s.scan.Account, Events: []domain.Envelope{
			{ID: uuid.New(), Stream: s.stream(), Version: 1, Owner: s.scan.Account, At: time.Now(), Event: s.scan},
		}})
		if err != nil {
			t.Fatal(err)
		}
		s.enqueue()
		test(s)
	})
}

func (s *stage) enqueue() {
	s.t.Helper()
	if err := s.inbox.Enqueue(s.t.Context(), s.scan, "cause"); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) stream() domain.Stream { return domain.NewStream(domain.ScanFamily, s.scan.Scan) }

// work is a scanner in a test.
type work func(ctx context.Context, job scanners.Job, see func(domain.Observation)) error

type fake struct {
	tool domain.Tool
	work
}

func (f fake) Tool() domain.Tool { return f.tool }
func (f fake) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	return f.work(ctx, job, see)
}

// worker runs fakes; it can be changed before it starts.
func (s *stage) worker(fakes ...fake) *scanners.Worker {
	w := &scanners.Worker{
		Name: "w", Desk: s.desk, Scanners: map[domain.Tool]scanners.Scanner{}, Guard: scanners.NewGuard(scanners.Policy{}),
		Log: slog.New(slog.DiscardHandler), Slots: len(fakes),
		Keep: func(context.Context, uuid.UUID, string, []byte) (domain.Hash, error) { return "kept", nil },
	}
	for _, f := range fakes {
		w.Scanners[f.tool] = f
	}
	return w
}

// start runs a worker; the function that it returns sends it home and waits.
func (s *stage) start(w *scanners.Worker) (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	gone := make(chan error, 1)
	go func() { gone <- w.Run(ctx) }()
	return func() {
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			s.t.Errorf("a worker that was sent home answers %v", err)
		}
	}
}

// finish runs a worker until the scan is over.
func (s *stage) finish(w *scanners.Worker) {
	s.t.Helper()
	defer s.start(w)()
	s.await("end of the scan", func() bool { return len(s.history()) > 0 && domain.Closes(s.last().Event) })
}

// await lets time pass until a condition holds, two hours at most.
func (s *stage) await(what string, holds func() bool) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * time.Hour); time.Now().Before(deadline); <-tick.C {
		if synctest.Wait(); holds() {
			return
		}
	}
	s.t.Fatalf("no %s: %+v", what, s.history())
}

func (s *stage) history() []domain.Envelope {
	s.t.Helper()
	history, err := s.log.Read(s.t.Context(), s.stream(), 1)
	if err != nil {
		s.t.Fatal(err)
	}
	return history
}

func (s *stage) last() domain.Envelope {
	history := s.history()
	return history[len(history)-1]
}

// of are the scan's events of one type.
func of[E domain.Event](s *stage) (found []E) {
	for _, e := range s.history() {
		if e, ok := e.Event.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// want expects exactly these events after the request.
func (s *stage) want(want ...domain.Event) {
	s.t.Helper()
	var got []domain.Event
	for _, e := range s.history() {
		got = append(got, e.Event)
	}
	if !reflect.DeepEqual(got, want) {
		s.t.Errorf("events\n got %+v\nwant %+v", got, want)
	}
}

func port(n int) domain.Port { return domain.Port{Port: n, Protocol: "tcp"} }

func found(lease, n int) domain.PortFound {
	return domain.PortFound{Tool: domain.Ports, Lease: lease, Port: port(n)}
}

func ended(lease, attempt int, o domain.Outcome, reason string) domain.ProbeFinished {
	return domain.ProbeFinished{
		Tool: domain.Ports, Lease: lease, Attempt: attempt, Outcome: o, Reason: reason, Coverage: []domain.Coverage{},
	}
}

var (
	begun = domain.ScanStarted{Worker: "w"}
	clean = domain.ScanCompleted{Scores: domain.Grade(domain.Measured{})}
	alone = []domain.Tool{domain.Ports}
)

func tested(context.Context, scanners.Job, func(domain.Observation)) error { return nil }

func TestWorkerWritesWhileTheScannerRuns(t *testing.T) {
	play(t, domain.Quick, alone, func(s *stage) {
		release := make(chan struct{})
		defer s.start(s.worker(fake{domain.Ports, func(_ context.Context, _ scanners.Job, see func(domain.Observation)) error {
			see(port(80))
			<-release
			see(domain.Advance{Percent: 50})
			see(port(80))
			see(port(443))
			return nil
		}}))()
		s.await("first port", func() bool { return len(of[domain.PortFound](s)) > 0 })
		s.want(begun, found(1, 80))
		close(release)
		s.await("end", func() bool { return domain.Closes(s.last().Event) })
		s.want(begun, found(1, 80), domain.ProbeProgressed{Tool: domain.Ports, Lease: 1, Percent: 50}, found(1, 443),
			ended(1, 1, domain.Tested, ""), clean)
		if e := s.last(); e.Actor != "worker:w" || e.Cause != "cause" || e.Owner != s.scan.Account {
			t.Errorf("written by %q because of %q for %s", e.Actor, e.Cause, e.Owner)
		}
	})
}

// TestWorkerGivesUp has a scanner that breaks every time: after three tries the
// probe has failed, and what it saw stays.
func TestWorkerGivesUp(t *testing.T) {
	for name, breaks := range map[string]func() error{
		"an error": func() error { return errors.New("out of luck") },
		"a panic":  func() error { panic("out of range") },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, domain.Quick, alone, func(s *stage) {
				tries := 0
				s.finish(s.worker(fake{domain.Ports, func(_ context.Context, _ scanners.Job, see func(domain.Observation)) error {
					tries++
					see(port(tries))
					<-time.After(time.Second) // it is in the log by then
					return breaks()
				}}))
				const reason = "the scanner broke 3 times and was given up"
				s.want(begun, found(1, 1), found(2, 2), found(3, 3), ended(4, 4, domain.Failed, reason),
					domain.ScanFailed{Reason: "nothing could be tested: " + reason})
				if tries != 3 {
					t.Errorf("%d tries", tries)
				}
			})
		})
	}
}

func TestWorkerTriesAgain(t *testing.T) {
	play(t, domain.Quick, alone, func(s *stage) {
		tries := 0
		s.finish(s.worker(fake{domain.Ports, func(context.Context, scanners.Job, func(domain.Observation)) error {
			if tries++; tries < 3 {
				return errors.New("not yet")
			}
			return nil
		}}))
		s.want(begun, ended(3, 3, domain.Tested, ""), clean)
	})
}

// TestWorkerTellsHowItEnded has ends that are no fault and are not tried again.
func TestWorkerTellsHowItEnded(t *testing.T) {
	for _, c := range []struct {
		err     error
		outcome domain.Outcome
		reason  string
	}{
		{nil, domain.Tested, ""},
		{scanners.Skip("no %s here", "server"), domain.Skipped, "no server here"},
		{&scanners.NotTested{Outcome: domain.Refused, Reason: "not let in"}, domain.Refused, "not let in"},
		{fmt.Errorf("page: %w", &scanners.NotTested{Outcome: domain.TimedOut, Reason: "slow"}), domain.TimedOut, "slow"},
		{fmt.Errorf("dial: %w", domain.Errorf(domain.Forbidden, "not allowed")), domain.Refused, "not allowed"},
		{domain.Errorf(domain.Unresolvable, "no address"), domain.Skipped, "no address"},
	} {
		t.Run(string(c.outcome)+" "+c.reason, func(t *testing.T) {
			play(t, domain.Quick, []domain.Tool{domain.Ports, domain.TLS}, func(s *stage) {
				s.finish(s.worker(fake{domain.TLS, tested}, fake{domain.Ports,
					func(context.Context, scanners.Job, func(domain.Observation)) error { return c.err }}))
				ends := of[domain.ProbeFinished](s)
				if want := ended(1, 1, c.outcome, c.reason); !slices.ContainsFunc(ends, func(e domain.ProbeFinished) bool { return reflect.DeepEqual(e, want) }) {
					t.Errorf("ended %+v, want %+v", ends, want)
				}
				if len(of[domain.ScanCompleted](s)) != 1 {
					t.Errorf("not completed: %+v", s.last())
				}
			})
		})
	}
}

func TestWorkerWithoutTheScanner(t *testing.T) {
	play(t, domain.Quick, []domain.Tool{domain.Ports, "zap"}, func(s *stage) {
		s.finish(s.worker(fake{domain.Ports, tested}))
		want := domain.ProbeFinished{
			Tool: "zap", Lease: 1, Attempt: 1, Outcome: domain.Skipped, Reason: "zap is not built into this worker", Coverage: []domain.Coverage{},
		}
		if got := of[domain.ProbeFinished](s); !reflect.DeepEqual(got[1], want) {
			t.Errorf("ended %+v", got)
		}
	})
}

// TestWorkerTimeLimit stops a scanner that would never end. Its lease holds
// all the while, and what it saw is kept.
func TestWorkerTimeLimit(t *testing.T) {
	for profile, limit := range map[domain.Profile]time.Duration{
		domain.Quick: 2 * time.Minute, domain.Standard: 5 * time.Minute, domain.Deep: 30 * time.Minute,
	} {
		t.Run(string(profile), func(t *testing.T) {
			play(t, profile, alone, func(s *stage) {
				line := domain.Coverage{What: "1-80/tcp", Outcome: domain.Tested}
				s.finish(s.worker(fake{domain.Ports, func(ctx context.Context, _ scanners.Job, see func(domain.Observation)) error {
					see(port(80))
					see(line)
					<-ctx.Done()
					see(port(81))
					return ctx.Err()
				}}))
				end := ended(1, 1, domain.TimedOut, "its time ran out; what it saw until then is in the report")
				end.Coverage = []domain.Coverage{line}
				s.want(begun, found(1, 80), found(1, 81), end, domain.ScanFailed{Reason: "nothing could be tested: " + end.Reason})
				if took := s.last().At.Sub(s.history()[0].At); took != limit {
					t.Errorf("it was stopped after %s, want %s", took, limit)
				}
			})
		})
	}
}

// TestWorkerIsTold cancels a scan under a running probe, which hears of it
// within two seconds and writes nothing any more.
func TestWorkerIsTold(t *testing.T) {
	play(t, domain.Quick, alone, func(s *stage) {
		running, told := make(chan struct{}), make(chan time.Time, 1)
		stop := s.start(s.worker(fake{domain.Ports, func(ctx context.Context, _ scanners.Job, see func(domain.Observation)) error {
			close(running)
			<-ctx.Done()
			told <- time.Now()
			see(port(80))
			return ctx.Err()
		}}))
		<-running
		at := time.Now()
		by := commands.Caller{Account: s.scan.Account}
		if err := s.desk.CancelScan(t.Context(), commands.CancelScan{By: by, Scan: s.scan.Scan}); err != nil {
			t.Fatal(err)
		}
		if took := (<-told).Sub(at); took > 2*time.Second {
			t.Errorf("told after %s", took)
		}
		synctest.Wait()
		stop()
		s.want(begun, domain.ScanCancelled{By: by.Actor()})
		held := commands.Lease{Scan: s.scan.Scan, Tool: domain.Ports, Token: 1}
		if err := s.inbox.Beat(t.Context(), held, time.Minute); domain.CodeOf(err) != domain.Lost {
			t.Errorf("the probe is still in the inbox: %v", err)
		}
	})
}

// TestWorkerClearsUp takes a probe whose worker died between its end and the
// inbox: it is not run again, and gone.
func TestWorkerClearsUp(t *testing.T) {
	play(t, domain.Quick, []domain.Tool{domain.Ports, domain.TLS}, func(s *stage) {
		dead := *s.free()
		run, err := s.desk.TakeProbe(t.Context(), dead, "dead")
		if err != nil {
			t.Fatal(err)
		}
		if err := run.Finish(t.Context(), domain.Tested, "", nil); err != nil {
			t.Fatal(err)
		}
		stop := s.start(s.worker(fake{domain.TLS, tested}, fake{domain.Ports, func(context.Context, scanners.Job, func(domain.Observation)) error {
			t.Error("a finished probe is run again")
			return nil
		}}))
		heir := time.Now().Add(5 * time.Minute)
		s.await("end of the dead worker's lease", func() bool { return time.Now().After(heir) })
		stop()
		if l := s.free(); l != nil {
			t.Errorf("still in the inbox: %+v", l)
		}
	})
}

// free takes a probe that waits, nil when there is none.
func (s *stage) free() *commands.Lease {
	s.t.Helper()
	l, err := s.inbox.Lease(s.t.Context(), "test", time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// deaf is an inbox that a worker's beats do not reach while it is cut off.
type deaf struct {
	commands.Inbox
	cut atomic.Bool
}

func (d *deaf) Beat(ctx context.Context, l commands.Lease, ttl time.Duration) error {
	if d.cut.Load() {
		return errors.New("no route to the inbox")
	}
	return d.Inbox.Beat(ctx, l, ttl)
}

// TestWorkerLosesItsLease cuts a worker off until another one has its probe.
// It learns of it by its next write or its next beat, whichever comes first,
// and adds nothing to what the other one sees.
func TestWorkerLosesItsLease(t *testing.T) {
	for name, reconnected := range map[string]bool{"by a write": false, "by a beat": true} {
		t.Run(name, func(t *testing.T) {
			play(t, domain.Quick, alone, func(s *stage) {
				taken, told := make(chan time.Time, 1), make(chan struct{})
				inbox := &deaf{Inbox: s.inbox}
				inbox.cut.Store(true)
				first := s.worker(fake{domain.Ports, func(ctx context.Context, _ scanners.Job, see func(domain.Observation)) error {
					see(port(1))
					lost := <-taken
					inbox.cut.Store(!reconnected)
					if !reconnected {
						see(port(3))
					}
					<-ctx.Done()
					if took := time.Since(lost); took > 2*time.Second {
						t.Errorf("told after %s", took)
					}
					see(port(4))
					close(told)
					return nil
				}})
				first.Desk.Inbox = inbox
				stop := s.start(first)
				s.await("first port", func() bool { return len(of[domain.PortFound](s)) > 0 })
				s.finish(s.worker(fake{domain.Ports, func(_ context.Context, _ scanners.Job, see func(domain.Observation)) error {
					see(port(2))
					<-time.After(time.Second)
					taken <- time.Now()
					<-told
					return nil
				}}))
				stop()
				s.want(begun, found(1, 1), found(2, 2), ended(2, 2, domain.Tested, ""), clean)
			})
		})
	}
}

// TestWorkerGoesHome gives a probe back at once and unspent; another worker
// finishes it.
func TestWorkerGoesHome(t *testing.T) {
	play(t, domain.Quick, alone, func(s *stage) {
		running := make(chan struct{})
		stop := s.start(s.worker(fake{domain.Ports, func(ctx context.Context, _ scanners.Job, see func(domain.Observation)) error {
			see(port(80))
			close(running)
			<-ctx.Done()
			return ctx.Err()
		}}))
		<-running
		synctest.Wait()
		stop()
		at := time.Now()
		s.finish(s.worker(fake{domain.Ports, tested}))
		s.want(begun, found(1, 80), ended(2, 1, domain.Tested, ""), clean)
		if took := s.last().At.Sub(at); took != 0 {
			t.Errorf("the probe was free only after %s", took)
		}
	})
}

// TestWorkerCoverage keeps each line of coverage once, and says so where there
// are too many of them.
func TestWorkerCoverage(t *testing.T) {
	for _, c := range []struct{ lines, kept int }{{3, 3}, {5000, 5000}, {6000, 5000}} {
		t.Run(fmt.Sprint(c.lines), func(t *testing.T) {
			play(t, domain.Quick, alone, func(s *stage) {
				s.finish(s.worker(fake{domain.Ports, func(_ context.Context, _ scanners.Job, see func(domain.Observation)) error {
					for range 2 {
						for n := range c.lines {
							see(domain.Coverage{What: fmt.Sprintf("%d/tcp", n), Outcome: domain.Tested})
						}
					}
					return nil
				}}))
				got := of[domain.ProbeFinished](s)[0].Coverage
				if len(got) != c.kept || got[0].What != "0/tcp" {
					t.Errorf("%d lines, the first %+v", len(got), got[0])
				}
				if last := got[len(got)-1]; (last.Outcome == domain.Tested) != (c.lines <= c.kept) {
					t.Errorf("the last line is %+v", last)
				}
			})
		})
	}
}

// TestWorkerCompletes grades a scan of several probes at the same time.
func TestWorkerCompletes(t *testing.T) {
	play(t, domain.Quick, []domain.Tool{domain.Ports, domain.TLS, domain.SEO}, func(s *stage) {
		weak := domain.Weakness{Advisory: domain.Advisory{ID: "tls/a", Severity: domain.Medium}, Where: "443/tcp"}
		sees := func(o domain.Observation) work {
			return func(_ context.Context, job scanners.Job, see func(domain.Observation)) error {
				if job.Target != s.scan.Target || job.Profile != domain.Quick || job.Net == nil {
					t.Errorf("job %+v", job)
				}
				see(o)
				return nil
			}
		}
		s.finish(s.worker(fake{domain.Ports, sees(port(443))}, fake{domain.TLS, sees(weak)},
			fake{domain.SEO, sees(domain.SEOAudit{ID: "document-title", Outcome: domain.SEOPass})}))
		want := domain.Grade(domain.Measured{
			Findings: map[domain.Severity]int{domain.Medium: 1}, SEO: []domain.SEOAudit{{ID: "document-title", Outcome: domain.SEOPass}},
		})
		if got := s.last().Event; !reflect.DeepEqual(got, domain.ScanCompleted{Scores: want}) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if l := s.free(); l != nil {
			t.Errorf("left in the inbox: %+v", l)
		}
	})
}

// TestWorkerKeepsEvidence names what was kept, and nothing where it was not.
func TestWorkerKeepsEvidence(t *testing.T) {
	play(t, domain.Quick, alone, func(s *stage) {
		w := s.worker(fake{domain.Ports, func(_ context.Context, job scanners.Job, see func(domain.Observation)) error {
			for n, raw := range []string{"good", "bad"} {
				see(domain.Service{Port: n + 1, Protocol: "tcp", Evidence: job.Keep("banner", []byte(raw))})
			}
			return nil
		}})
		w.Keep = func(_ context.Context, scan uuid.UUID, kind string, raw []byte) (domain.Hash, error) {
			if string(raw) == "bad" {
				return "half a hash", errors.New("the disk is full")
			}
			return domain.Hash(kind + " of " + scan.String()), nil
		}
		s.finish(w)
		seen := of[domain.ServiceIdentified](s)
		if len(seen) != 2 || seen[0].Evidence != domain.Hash("banner of "+s.scan.Scan.String()) || seen[1].Evidence != "" {
			t.Errorf("evidence %+v", seen)
		}
	})
}

// away is a log that takes nothing while it is away.
type away struct {
	commands.Log
	away atomic.Bool
}

func (a *away) Append(ctx context.Context, writes ...commands.Write) ([]domain.Envelope, error) {
	if a.away.Load() {
		return nil, errors.New("the log is away")
	}
	return a.Log.Append(ctx, writes...)
}

// TestWorkerWaitsForTheLog sees on while the log is away, and writes all of it
// down, once, when the log is back.
func TestWorkerWaitsForTheLog(t *testing.T) {
	play(t, domain.Quick, alone, func(s *stage) {
		log, back := &away{Log: s.log}, make(chan struct{})
		w := s.worker(fake{domain.Ports, func(_ context.Context, _ scanners.Job, see func(domain.Observation)) error {
			log.away.Store(true)
			see(port(1))
			<-back
			see(port(2))
			return nil
		}})
		w.Desk.Log = log
		defer s.start(w)()
		later := time.Now().Add(time.Minute)
		s.await("minute to pass", func() bool { return time.Now().After(later) })
		s.want(begun)
		log.away.Store(false)
		s.await("first port", func() bool { return len(of[domain.PortFound](s)) > 0 })
		close(back)
		s.await("end", func() bool { return domain.Closes(s.last().Event) })
		s.want(begun, found(1, 1), found(1, 2), ended(1, 1, domain.Tested, ""), clean)
	})
}

// TestWorkerIsWoken takes a probe at once when it is told of one.
func TestWorkerIsWoken(t *testing.T) {
	play(t, domain.Quick, alone, func(s *stage) {
		if err := s.inbox.Done(t.Context(), *s.free()); err != nil {
			t.Fatal(err)
		}
		wake := make(chan struct{})
		w := s.worker(fake{domain.Ports, tested})
		w.Wake = wake
		defer s.start(w)()
		synctest.Wait()
		s.enqueue()
		at := time.Now()
		wake <- struct{}{}
		synctest.Wait()
		if history := s.history(); len(history) != 3 || !s.last().At.Equal(at) {
			t.Errorf("%s later: %+v", time.Since(at), history)
		}
	})
}

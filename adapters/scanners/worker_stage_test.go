package scanners_test

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
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
	playWith(t, profile, domain.Options{}, probes, test)
}

// playWith is play for a scan with options.
func playWith(t *testing.T, profile domain.Profile, options domain.Options, probes []domain.Tool, test func(*stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, log: memory.NewLog(), inbox: &memory.Inbox{Now: time.Now}}
		s.desk = commands.Desk{Log: s.log, Secrets: s.log, Inbox: s.inbox, Now: time.Now, NewID: uuid.New}
		target, err := domain.ParseHost("a.example")
		if err != nil {
			t.Fatal(err)
		}
		s.scan = domain.ScanRequested{
			Scan: uuid.New(), Account: uuid.New(), Contract: domain.IsSafeSite, Target: target, Profile: profile, Probes: probes, Options: options, Verified: profile.Active(),
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

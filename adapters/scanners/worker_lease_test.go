package scanners_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

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

package scanners

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Worker leases probes from the inbox and runs them.
type Worker struct {
	Name     string // in events and leases; unlike that of any other process
	Desk     commands.Desk
	Scanners map[domain.Tool]Scanner
	Guard    *Guard
	Keep     func(ctx context.Context, scan uuid.UUID, kind string, raw []byte) (domain.Hash, error)
	Log      *slog.Logger
	Slots    int             // probes at the same time
	Wake     <-chan struct{} // hints that a probe waits; may be nil
	Limit    time.Duration   // of one probe, where its profile's own is longer; 0 for the profile's
}

// A dead worker's probe is free again after leaseTime; a cancelled scan
// reaches its probes within beatTime. A probe is tried maxAttempts times.
const (
	leaseTime   = 10 * time.Second
	beatTime    = time.Second
	idleTime    = 100 * time.Millisecond
	maxAttempts = 3
)

// timeLimits bound one probe.
var timeLimits = map[domain.Profile]time.Duration{
	domain.Quick: 2 * time.Minute, domain.Standard: 5 * time.Minute, domain.Deep: 30 * time.Minute,
	domain.NmapQuick: 5 * time.Minute, domain.NmapFull: 30 * time.Minute, domain.SSLyzeOnly: 5 * time.Minute,
	domain.NucleiQuick: 15 * time.Minute, domain.NucleiFull: time.Hour,
	domain.ZAPBaseline: time.Hour, domain.ZAPFull: 3 * time.Hour,
	domain.OpenVASDiscovery: 2 * time.Hour, domain.OpenVASFullFast: 4 * time.Hour, domain.OpenVASDeep: 8 * time.Hour,
}

// Run works until ctx ends; probes under way are then given back, for another
// worker to take at once.
func (w *Worker) Run(ctx context.Context) error {
	var slots sync.WaitGroup
	turn := make(chan struct{}, 1) // to look for a probe: one looks for all who have none
	turn <- struct{}{}
	for range w.Slots {
		slots.Go(func() { w.work(ctx, turn) })
	}
	slots.Go(func() { w.clear(ctx) })
	slots.Wait()
	return ctx.Err()
}

func (w *Worker) work(ctx context.Context, turn chan struct{}) {
	for {
		select {
		case <-turn:
		case <-ctx.Done():
			return
		}
		l := w.lease(ctx)
		turn <- struct{}{}
		if l == nil {
			return
		}
		w.probe(ctx, *l)
	}
}

// lease waits until there is a probe to be had; nil when ctx ends before.
func (w *Worker) lease(ctx context.Context) *commands.Lease {
	for away := false; ctx.Err() == nil; {
		l, err := w.Desk.Inbox.Lease(ctx, w.Name, leaseTime)
		if err == nil && l != nil {
			return l
		}
		if err != nil && !away && ctx.Err() == nil {
			w.Log.Warn("no lease to be had; probes wait", "error", err)
		}
		away = err != nil
		t := time.NewTimer(idleTime)
		select {
		case <-t.C:
		case <-w.Wake:
		case <-ctx.Done():
		}
		t.Stop()
	}
	return nil
}

// probe runs one leased probe to its end, or gives it back.
func (w *Worker) probe(ctx context.Context, l commands.Lease) {
	log := w.Log.With("scan", l.Scan, "tool", l.Tool, "attempt", l.Attempt)
	run, err := w.Desk.TakeProbe(ctx, l, w.Name)
	if err == nil {
		failpoint.Here(failpoint.ProbeTaken)
		err = w.attempt(ctx, log, run, l)
	}
	after := context.WithoutCancel(ctx)
	switch code := domain.CodeOf(err); {
	case err == nil, code == domain.Over:
		failpoint.Here(failpoint.ProbeFinished)
		err = w.Desk.Inbox.Done(after, l)
		failpoint.Here(failpoint.ProbeDone)
	case code == domain.Lost:
		err = nil
	default:
		spent := ctx.Err() == nil
		if spent {
			log.Warn("probe is to be tried again", "error", err)
		}
		err = w.Desk.Inbox.Yield(after, l, spent)
	}
	if err != nil {
		log.Warn("the inbox did not take the probe back; its lease will run out", "error", err)
	}
}

// attempt scans and writes down how it ended. Its error means that it did not
// end: the lease is lost, the scan is over, or it has to be tried again.
func (w *Worker) attempt(ctx context.Context, log *slog.Logger, run *commands.Run, l commands.Lease) error {
	if l.Attempt > maxAttempts {
		return run.Finish(ctx, domain.Failed, fmt.Sprintf("the scanner broke %d times and was given up", maxAttempts), nil)
	}
	request := run.Request()
	scanner, ok := w.Scanners[l.Tool]
	if !ok {
		return run.Finish(ctx, domain.Skipped, fmt.Sprintf("%s is not built into this worker", l.Tool), nil)
	}
	limited, cancel := context.WithTimeout(ctx, w.limit(request.Profile))
	defer cancel()
	beating, stop := context.WithCancelCause(limited)
	r := newRecorder(run)
	var beats, writes sync.WaitGroup
	beats.Go(func() { w.beat(beating, log, l, stop) })
	writes.Go(func() { r.write(beating, log, stop) })

	err := w.scan(beating, log, scanner, request, r.see)
	failpoint.Here(failpoint.ProbeSeen)
	r.close()
	writes.Wait()
	lost := context.Cause(beating)
	stop(nil)
	beats.Wait()
	if code := domain.CodeOf(lost); lost != nil && (code == domain.Lost || code == domain.Over) {
		return lost
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	outcome, reason, err := ending(err, limited.Err())
	if err != nil {
		return err
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	return run.Finish(ctx, outcome, Legible(reason), r.coverage)
}

// limit is how long a probe of a profile may take.
func (w *Worker) limit(p domain.Profile) time.Duration {
	if w.Limit > 0 {
		return min(w.Limit, timeLimits[p])
	}
	return timeLimits[p]
}

// ending says how a probe ended; its error means that it is to be tried again.
func ending(err, timeout error) (domain.Outcome, string, error) {
	var not *NotTested
	var refused *domain.Error
	switch {
	case err == nil:
		return domain.Tested, "", nil
	case errors.As(err, &not):
		return not.Outcome, not.Reason, nil
	case timeout != nil:
		return domain.TimedOut, "its time ran out; what it saw until then is in the report", nil
	case errors.As(err, &refused) && refused.Code == domain.Forbidden:
		return domain.Refused, refused.Message, nil
	case errors.As(err, &refused) && refused.Code == domain.Unresolvable:
		return domain.Skipped, refused.Message, nil
	default:
		return "", "", err
	}
}

// scan runs a scanner, whose panics are errors.
func (w *Worker) scan(ctx context.Context, log *slog.Logger, s Scanner, request domain.ScanRequested, see func(domain.Observation)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("scanner panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("scanner panicked: %v", p)
		}
	}()
	net := w.Guard.Session()
	defer net.Close()
	if request.Target.Domain != request.Target.Host {
		if err := net.Pin(ctx, request.Target.Domain, request.Target.Host); err != nil {
			return err
		}
	}
	failpoint.Here(failpoint.ProbeRunning)
	return s.Scan(ctx, Job{
		Scan: request.Scan, Target: request.Target, Profile: request.Profile, Options: request.Options, Verified: request.Verified, Net: net,
		Keep: func(kind string, raw []byte) domain.Hash {
			hash, err := w.Keep(ctx, request.Scan, kind, raw)
			if err != nil {
				log.Warn("evidence is not kept", "kind", kind, "error", err)
				return ""
			}
			return hash
		},
	}, see)
}

// beat keeps the lease until ctx ends, and stops the probe when it is lost or
// the scan is over.
func (w *Worker) beat(ctx context.Context, log *slog.Logger, l commands.Lease, stop context.CancelCauseFunc) {
	ticker := time.NewTicker(beatTime)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := w.Desk.Inbox.Beat(ctx, l, leaseTime)
		switch code := domain.CodeOf(err); {
		case code == domain.Lost, code == domain.Over:
			stop(err)
			return
		case err != nil && ctx.Err() == nil:
			log.Warn("beat is not heard", "error", err)
		}
	}
}

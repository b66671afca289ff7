package commands

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Run is a leased probe that writes to its scan. It keeps the scan's state
// between writes, so that a probe which sees much does not read the history
// again each time. It is for one goroutine.
type Run struct {
	desk  Desk
	lease Lease
	by    Caller
	scan  *domain.Scan
}

// TakeProbe begins the work on a leased probe. It answers Over when the scan
// or the probe has ended, so that nothing is left but Inbox.Done.
func (d Desk) TakeProbe(ctx context.Context, l Lease, worker string) (*Run, error) {
	r := &Run{desk: d, lease: l, by: Caller{Worker: worker, Request: l.Cause}, scan: newScan()}
	err := r.append(ctx, func() ([]domain.Event, error) { return r.scan.Start(worker) })
	if err != nil {
		return nil, err
	}
	if r.scan.Probes[l.Tool].Outcome != "" {
		return nil, domain.Errorf(domain.Over, "probe %s of scan %s is finished", l.Tool, l.Scan)
	}
	return r, nil
}

// ScanOver says whether a scan has ended, or was erased. One that is not in the log is not over:
// it may be another installation's.
func (d Desk) ScanOver(ctx context.Context, scan uuid.UUID) (bool, error) {
	history, err := d.Log.Read(ctx, scanStream(scan), 0)
	if err != nil {
		return false, err
	}
	return domain.Fold(newScan(), history).State.Over(), nil
}

// Request is what was asked for.
func (r *Run) Request() domain.ScanRequested { return r.scan.ScanRequested }

// Record writes down what the probe saw. It answers Lost when another worker
// has the probe, and Over when the scan has ended.
func (r *Run) Record(ctx context.Context, seen []domain.Observation) error {
	return r.append(ctx, func() ([]domain.Event, error) {
		return r.scan.Observe(r.lease.Tool, r.lease.Token, seen)
	})
}

// Finish ends the probe, and the scan with the last one: what is held for it is
// settled or given back with that event.
func (r *Run) Finish(ctx context.Context, outcome domain.Outcome, reason string, coverage []domain.Coverage) error {
	if charged(r.scan.Profile) {
		done, err := r.desk.Accounts.turn(ctx, r.scan.Account)
		if err != nil {
			return err
		}
		defer done()
	}
	return r.append(ctx, func() ([]domain.Event, error) {
		return r.scan.Finish(domain.ProbeFinished{
			Tool: r.lease.Tool, Lease: r.lease.Token, Attempt: r.lease.Attempt,
			Outcome: outcome, Reason: reason, Coverage: coverage,
		})
	})
}

// append brings the state up to date, decides and appends, again while other
// probes of the same scan get in between.
func (r *Run) append(ctx context.Context, choose func() ([]domain.Event, error)) error {
	stream := scanStream(r.lease.Scan)
	for range tries {
		news, err := r.desk.Log.Read(ctx, stream, r.scan.Version)
		if err != nil {
			return err
		}
		domain.Fold(r.scan, news)
		if r.scan.State == "" {
			return domain.Errorf(domain.Over, "scan %s is not in the log", r.lease.Scan)
		}
		events, err := choose()
		if err != nil || len(events) == 0 {
			return err
		}
		w := Write{Stream: stream, Owner: r.scan.Account, After: r.scan.Version}
		w.Events = r.desk.envelopes(w, r.by, events)
		w.Tallies, w.Release = leaves(r.scan), releases(r.scan, events)
		others, err := r.desk.settlement(ctx, r.by, r.scan, events)
		if err != nil {
			return err
		}
		if _, err = r.desk.Log.Append(ctx, append([]Write{w}, others...)...); domain.CodeOf(err) != domain.Stale {
			return err
		}
	}
	return domain.Errorf(domain.Unavailable, "too many others write to %s", stream)
}

// releases are the claims that end with the scan.
func releases(s *domain.Scan, events []domain.Event) []string {
	if slices.ContainsFunc(events, domain.Closes) {
		return []string{domain.RunningClaim(s.Account, s.Target)}
	}
	return nil
}

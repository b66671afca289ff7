package commands

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// RunSchedule has a target scanned whose schedule is due.
type RunSchedule struct {
	By     Caller // a worker; whose target it is the command finds out itself
	Target uuid.UUID
}

// RunSchedule does what is due, once however many are told to: the scan's first
// event and run.started are one transaction, which fits only behind the event that
// planned this run. Of several times that have passed the latest is run, and those before it
// are told as missed; so is one whose scan is refused, with the reason. A target
// that is not due, or is no more, is left alone. An error says that nothing is
// known of this run yet: it is due still.
func (d Desk) RunSchedule(ctx context.Context, c RunSchedule) error {
	a, cause, times, err := d.due(ctx, c.Target)
	if err != nil || a == nil {
		return err
	}
	by := Caller{Worker: c.By.Worker, Trace: c.By.Trace, Account: a.Account, Request: cause}
	due := a.Schedule.Next
	if latest, past := d.latest(due, times); past.Runs > 0 {
		past.Reason, past.Next = domain.MissedOff, latest
		if err := d.miss(ctx, by, c.Target, past); err != nil {
			return notDue(err)
		}
		due = latest
	}
	next := times.After(due)
	reason, detail, err := d.unfit(ctx, a, times)
	if err == nil && reason == "" {
		reason, detail, err = refusal(d.startRun(ctx, by, c.Target, a, due, next))
	}
	if err != nil || reason == "" {
		return notDue(err)
	}
	return notDue(d.miss(ctx, by, c.Target, domain.RunMissed{Due: due, Through: due, Runs: 1, Reason: reason, Detail: detail, Next: next}))
}

// due is a target that is due now, the event that planned it and its times; nil for
// one that is not.
func (d Desk) due(ctx context.Context, target uuid.UUID) (a *domain.Asset, cause string, times Times, err error) {
	history, err := d.Log.Read(ctx, targetStream(target), 0)
	if err != nil {
		return nil, "", nil, err
	}
	if a = domain.Fold(newAsset(), history); !a.Due(d.Now()) {
		return nil, "", nil, nil
	}
	for _, e := range history {
		if domain.PlansRun(e.Event) {
			cause = e.ID.String()
		}
	}
	times, err = d.Calendar.Times(a.Schedule.Cron, a.Schedule.TimeZone)
	return a, cause, times, err
}

// latest is the newest time that has passed since one that is due, and what was
// missed before it.
func (d Desk) latest(due time.Time, times Times) (latest time.Time, past domain.RunMissed) {
	now := d.Now()
	past.Due, latest = due, due
	for {
		next := times.After(latest)
		if next.IsZero() || next.After(now) {
			return latest, past
		}
		past.Runs, past.Through, latest = past.Runs+1, latest, next
	}
}

// unfit says why a target is not to be scanned now, whatever the request for it
// would be answered; "" where it is.
func (d Desk) unfit(ctx context.Context, a *domain.Asset, times Times) (domain.MissReason, string, error) {
	if !a.Active {
		return domain.MissedInactive, "The target is not active", nil
	}
	if _, err := d.tools(ctx, RequestScan{Target: a.Target, Profile: a.Schedule.Profile}); err != nil {
		if domain.CodeOf(err) == domain.Unavailable {
			return domain.MissedUnavailable, err.Error(), nil
		}
		return "", "", err
	}
	account, err := d.account(ctx, a.Account)
	if err != nil {
		return "", "", err
	}
	if err := tooOften(times, account.Plan(domain.SecAbly)); err != nil { // it was set on a larger one
		return domain.MissedQuota, err.Error(), nil
	}
	last := a.Schedule.LastRun()
	if last == nil {
		return "", "", nil
	}
	s, err := d.folded(ctx, last.Scan)
	if err == nil && (s.State == domain.Requested || s.State == domain.Started) {
		return domain.MissedRunning, "", nil
	}
	return "", "", err
}

// startRun asks for the scan, as a request of the target's owner would.
func (d Desk) startRun(ctx context.Context, by Caller, target uuid.UUID, a *domain.Asset, due, next time.Time) error {
	_, err := d.RequestScan(ctx, RequestScan{
		By: by, Contract: domain.SecAbly, Target: a.Target, Profile: a.Schedule.Profile, Options: a.Schedule.Options,
		also: func(ctx context.Context, scan uuid.UUID) (Write, error) {
			history, err := d.Log.Read(ctx, targetStream(target), 0)
			if err != nil {
				return Write{}, err
			}
			events, err := domain.Fold(newAsset(), history).StartRun(scan, due, next)
			w := Write{Stream: targetStream(target), Owner: a.Account, After: len(history)}
			w.Events = d.envelopes(w, by, events)
			return w, err
		},
	})
	return err
}

// miss tells why nothing is scanned.
func (d Desk) miss(ctx context.Context, by Caller, target uuid.UUID, m domain.RunMissed) error {
	_, err := decide(ctx, d, by.act("run_schedule"), targetStream(target), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		events, err := a.MissRun(m)
		return Write{Owner: a.Account}, events, err
	})
	return err
}

// refusals are the reasons why a request for a scan was refused, by its code. What
// is not here is no answer, and may be tried again.
var refusals = map[domain.Code]domain.MissReason{
	domain.Payment: domain.MissedCredits, domain.Quota: domain.MissedQuota, domain.Invalid: domain.MissedRefused,
	domain.Forbidden: domain.MissedRefused, domain.Denied: domain.MissedRefused, domain.Unresolvable: domain.MissedUnresolved,
}

func refusal(err error) (domain.MissReason, string, error) {
	if reason := refusals[domain.CodeOf(err)]; reason != "" {
		return reason, err.Error(), nil
	}
	return "", "", err
}

// notDue makes it no error that another has told what became of a run, or that
// its account is gone.
func notDue(err error) error {
	if code := domain.CodeOf(err); code == domain.Over || code == domain.NotFound {
		return nil
	}
	return err
}

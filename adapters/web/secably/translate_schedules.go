package secably

import (
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// previewed is how many of the next runs are shown.
const previewed = 5

// scheduledOf is the schedule of a target that has one.
func (a *API) scheduledOf(r projections.TargetRow) (scheduled, error) {
	s := r.Schedule
	times, err := a.Calendar.Times(s.Cron, s.TimeZone)
	if err != nil {
		return scheduled{}, err
	}
	out := scheduled{
		ID: r.Number, Target: r.Number, URL: shown(r.Target), Cron: s.Cron, TimeZone: s.TimeZone, Frequency: frequencyOf(r),
		ScannerType: string(s.Profile.Scanner()), Config: configOf(s.Profile, s.Options), Paused: s.Paused, CreatedAt: web.Stamp(s.SetAt),
		NextRun: r.NextRun, NextRuns: []time.Time{}, Missed: s.Missed, Runs: make([]scheduledRun, len(s.Recent)),
	}
	for next := s.Next; !next.IsZero() && len(out.NextRuns) < previewed; next = times.After(next) {
		out.NextRuns = append(out.NextRuns, next)
	}
	for i, run := range s.Recent {
		out.Runs[i] = scheduledRunOf(run)
	}
	if last := s.LastRun(); last != nil {
		run := scheduledRunOf(*last)
		out.LastRun = &run
	}
	return out, nil
}

func scheduledRunOf(r domain.Run) scheduledRun {
	out := scheduledRun{Due: r.Due, Through: r.Through, Runs: r.Runs, At: web.Stamp(r.At), Detail: r.Detail}
	if r.Scan != uuid.Nil {
		out.Scan = &r.Scan
	} else {
		out.Reason = &r.Reason
	}
	return out
}

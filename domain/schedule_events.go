package domain

import (
	"time"

	"github.com/google/uuid"
)

// ScheduleSet says by what schedule a target is scanned from now on: all of it,
// not only what is new. One that was paused runs again.
type ScheduleSet struct {
	Schedule
	Next time.Time `json:"next"` // when it is due first
}

// SchedulePaused lets no run become due until the schedule is resumed or set.
type SchedulePaused struct{}

// ScheduleResumed ends a pause. What would have been due meanwhile is not.
type ScheduleResumed struct {
	Next time.Time `json:"next"` // when it is due
}

// ScheduleRemoved says that the target is scanned only when it is asked for.
// With target.removed its schedule is gone too, without this.
type ScheduleRemoved struct{}

// RunStarted says that a schedule has asked for a scan. It is committed together
// with the scan's first event.
type RunStarted struct {
	Scan uuid.UUID `json:"scan"`
	Due  time.Time `json:"due"`  // when it was to begin
	Next time.Time `json:"next"` // when the next one is due
}

// RunMissed says that a schedule was due and nothing was scanned: once, or
// several times in a row for the same reason.
type RunMissed struct {
	Due     time.Time  `json:"due"`     // the first time
	Through time.Time  `json:"through"` // and the last
	Runs    int        `json:"runs"`    // how many times: 1 where both are the same
	Reason  MissReason `json:"reason"`
	Detail  string     `json:"detail"` // what the request for the scan was answered; empty where none was made
	Next    time.Time  `json:"next"`   // when it is due again
}

// MissReason is why a run was missed.
type MissReason string

// The reasons.
const (
	MissedOff         MissReason = "off"         // nothing here was running that starts scans
	MissedRunning     MissReason = "running"     // the scan of the run before was still under way
	MissedCredits     MissReason = "credits"     // the account could not pay for it
	MissedQuota       MissReason = "quota"       // a limit of the hour or the month was reached
	MissedInactive    MissReason = "inactive"    // the target's owner has put it to rest
	MissedRefused     MissReason = "refused"     // such a scan of this target is not allowed, or makes no sense
	MissedUnresolved  MissReason = "unresolved"  // the target's name had no address
	MissedUnavailable MissReason = "unavailable" // the scanner is not installed or not configured
)

// Kind implements Event.
func (ScheduleSet) Kind() string     { return "schedule.set" }
func (SchedulePaused) Kind() string  { return "schedule.paused" }
func (ScheduleResumed) Kind() string { return "schedule.resumed" }
func (ScheduleRemoved) Kind() string { return "schedule.removed" }
func (RunStarted) Kind() string      { return "run.started" }
func (RunMissed) Kind() string       { return "run.missed" }

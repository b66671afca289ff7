package domain

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Schedule is when and how a target is scanned without being asked for. When its
// expression is due is for a calendar to say: every event that plans a run
// carries the time.
type Schedule struct {
	Cron      string    `json:"cron"`           // minute, hour, day of month, month, day of week; or @daily and the like
	TimeZone  string    `json:"time_zone"`      // whose clock it goes by: a name of the IANA database, "Europe/Berlin"
	Frequency Frequency `json:"scan_frequency"` // the word that it was made from; "manual" for one of its owner's own
	Profile   Profile   `json:"profile"`
	Options   Options   `json:"options"`
}

// ByWord says whether the schedule was made from a frequency.
func (s Schedule) ByWord() bool { return s.Frequency != Manual }

// Is says whether two schedules are the same.
func (s Schedule) Is(other Schedule) bool { return reflect.DeepEqual(s, other) }

// fit refuses what no scan of a target can be asked for with.
func (s Schedule) fit(t Target) error {
	switch {
	case s.Profile.Scanner() == "":
		return Errorf(Invalid, "there is no profile %s", s.Profile)
	case !s.Profile.Takes(t):
		return Errorf(Invalid, "The built-in scanners look at one host: a range of addresses is for nmap or OpenVAS")
	default:
		return s.Options.Check(s.Profile)
	}
}

// Planned is a schedule as it stands: the state behind a target's schedule.
type Planned struct {
	Schedule
	SetAt  time.Time `json:"set_at"`
	Paused bool      `json:"paused"`
	Next   time.Time `json:"next"`   // when it is due; zero while it is paused
	Missed int       `json:"missed"` // runs since the schedule was there first
	Recent []Run     `json:"recent"` // the newest, at most KeptRuns, newest first
}

// KeptRuns is how many of its runs a schedule shows. The target's stream has all.
const KeptRuns = 20

// Run is what became of a time at which a schedule was due.
type Run struct {
	At      time.Time  `json:"at"` // when it was told
	Due     time.Time  `json:"due"`
	Through time.Time  `json:"through"` // the last of several that were missed; else Due
	Runs    int        `json:"runs"`
	Scan    uuid.UUID  `json:"scan"`   // nil UUID for a miss
	Reason  MissReason `json:"reason"` // "" for a scan
	Detail  string     `json:"detail"`
}

// LastRun is the newest that has started; nil where none has.
func (p *Planned) LastRun() *Run {
	if i := slices.IndexFunc(p.Recent, func(r Run) bool { return r.Scan != uuid.Nil }); i >= 0 {
		return &p.Recent[i]
	}
	return nil
}

// after is the schedule after an event; p itself stays as it is. An event that
// says nothing of schedules changes nothing.
func (p *Planned) after(e Envelope) *Planned {
	if set, ok := e.Event.(ScheduleSet); ok {
		first := Planned{SetAt: e.At, Recent: []Run{}}
		if p != nil {
			first = *p
		}
		first.Schedule, first.Paused, first.Next = set.Schedule, false, set.Next
		return &first
	}
	if p == nil {
		return nil
	}
	now := *p
	switch event := e.Event.(type) {
	case SchedulePaused:
		now.Paused, now.Next = true, time.Time{}
	case ScheduleResumed:
		now.Paused, now.Next = false, event.Next
	case RunStarted:
		now.Next = event.Next
		now.remember(Run{At: e.At, Due: event.Due, Through: event.Due, Runs: 1, Scan: event.Scan})
	case RunMissed:
		now.Next, now.Missed = event.Next, now.Missed+event.Runs
		now.remember(Run{At: e.At, Due: event.Due, Through: event.Through, Runs: event.Runs, Reason: event.Reason, Detail: event.Detail})
	case ScheduleRemoved, TargetRemoved, TargetErased:
		return nil
	}
	return &now
}

// PlansRun says whether an event says when a schedule is due.
func PlansRun(e Event) bool {
	switch e.(type) {
	case ScheduleSet, ScheduleResumed, RunStarted, RunMissed:
		return true
	default:
		return false
	}
}

func (p *Planned) remember(r Run) {
	p.Recent = append([]Run{r}, p.Recent[:min(len(p.Recent), KeptRuns-1)]...)
}

// Cron is the expression, in UTC, by which a target is scanned so often: at the
// time of day at which it was set, so that not everybody's scans begin at
// midnight; weekly on the same day of the week, monthly on the same day, on the
// 28th at the latest. Manual has none.
func (f Frequency) Cron(set time.Time) string {
	set = set.UTC()
	clock := fmt.Sprintf("%d %d", set.Minute(), set.Hour())
	switch f {
	case Daily:
		return clock + " * * *"
	case Weekly:
		return fmt.Sprintf("%s * * %d", clock, set.Weekday())
	case Monthly:
		return fmt.Sprintf("%s %d * *", clock, min(set.Day(), 28))
	default:
		return ""
	}
}

// Regular is the profile of a frequency's scans: what a scan of a target is
// where nothing is said, and of a range the quick one by nmap.
func Regular(t Target) Profile {
	if t.Kind == RangeTarget {
		return NmapQuick
	}
	return Standard
}

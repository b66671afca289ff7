package domain

import (
	"time"

	"github.com/google/uuid"
)

// SetSchedule gives the target a schedule in the place of the one that it has.
// The same once more is no event. NotFound when the target is not on the list.
func (a *Asset) SetSchedule(e ScheduleSet) ([]Event, error) {
	if err := a.listed(); err != nil {
		return nil, err
	}
	if a.Schedule != nil && a.Schedule.Is(e.Schedule) {
		return nil, nil
	}
	if err := e.fit(a.Target); err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// PauseSchedule lets no run become due. To pause one that is paused is no event.
func (a *Asset) PauseSchedule() ([]Event, error) {
	if err := a.planned(); err != nil || a.Schedule.Paused {
		return nil, err
	}
	return []Event{SchedulePaused{}}, nil
}

// ResumeSchedule ends a pause; next is when the schedule is due. One that is not
// paused is resumed without an event.
func (a *Asset) ResumeSchedule(next time.Time) ([]Event, error) {
	if err := a.planned(); err != nil || !a.Schedule.Paused {
		return nil, err
	}
	return []Event{ScheduleResumed{Next: next}}, nil
}

// RemoveSchedule leaves the target to be scanned when it is asked for.
func (a *Asset) RemoveSchedule() ([]Event, error) {
	if err := a.planned(); err != nil {
		return nil, err
	}
	return []Event{ScheduleRemoved{}}, nil
}

// Due says whether a run is due at a time.
func (a *Asset) Due(now time.Time) bool {
	return a.planned() == nil && !a.Schedule.Paused && !a.Schedule.Next.IsZero() && !a.Schedule.Next.After(now)
}

// StartRun notes the scan that a run has become. It answers Over when another
// has told what became of this run, or the schedule is another one by now.
func (a *Asset) StartRun(scan uuid.UUID, due, next time.Time) ([]Event, error) {
	if err := a.plannedFor(due); err != nil {
		return nil, err
	}
	return []Event{RunStarted{Scan: scan, Due: due, Next: next}}, nil
}

// MissRun tells why nothing was scanned when it was due. It answers as StartRun.
func (a *Asset) MissRun(m RunMissed) ([]Event, error) {
	if err := a.plannedFor(m.Due); err != nil {
		return nil, err
	}
	m.Detail = tidyText(m.Detail)
	return []Event{m}, nil
}

func (a *Asset) planned() error {
	if err := a.listed(); err != nil {
		return err
	}
	if a.Schedule == nil {
		return Errorf(NotFound, "The target has no schedule")
	}
	return nil
}

func (a *Asset) plannedFor(due time.Time) error {
	if !a.Due(due) || !a.Schedule.Next.Equal(due) {
		return Errorf(Over, "no run is due at %s any more", due.Format(time.RFC3339))
	}
	return nil
}

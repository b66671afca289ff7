package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// PauseSchedule lets a schedule of the caller's start nothing until it is resumed.
// A scan that is under way goes on.
type PauseSchedule struct {
	By     Caller
	Target uuid.UUID
}

// PauseSchedule returns the target's history up to the event that did; where it is
// paused already it changes nothing. It answers NotFound for a target that is
// unknown, another's, removed or without a schedule.
func (d Desk) PauseSchedule(ctx context.Context, c PauseSchedule) ([]domain.Envelope, error) {
	appended, err := decide(ctx, d, c.By.act("pause_schedule"), targetStream(c.Target), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		if err := mySchedule(a, c.By); err != nil {
			return Write{}, nil, err
		}
		events, err := a.PauseSchedule()
		return Write{Owner: a.Account}, events, err
	})
	return d.upTo(ctx, targetStream(c.Target), appended, err)
}

// ResumeSchedule ends the pause of a schedule of the caller's.
type ResumeSchedule struct {
	By     Caller
	Target uuid.UUID
}

// ResumeSchedule lets it be due again, from now on: what was not run during the
// pause is no miss. It answers as PauseSchedule.
func (d Desk) ResumeSchedule(ctx context.Context, c ResumeSchedule) ([]domain.Envelope, error) {
	appended, err := decide(ctx, d, c.By.act("resume_schedule"), targetStream(c.Target), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		if err := mySchedule(a, c.By); err != nil {
			return Write{}, nil, err
		}
		times, err := d.Calendar.Times(a.Schedule.Cron, a.Schedule.TimeZone)
		if err != nil {
			return Write{}, nil, err
		}
		events, err := a.ResumeSchedule(times.After(d.Now()))
		return Write{Owner: a.Account}, events, err
	})
	return d.upTo(ctx, targetStream(c.Target), appended, err)
}

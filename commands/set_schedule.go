package commands

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// AddSchedule has a target on the caller's list scanned by a schedule.
type AddSchedule struct {
	By       Caller
	Target   uuid.UUID
	Schedule domain.Schedule // its Frequency is Manual: the words are for AddTarget and ChangeTarget
}

// AddSchedule returns the target's history up to the event that did. It answers NotFound for a target that
// is unknown, another's or removed, Invalid for a schedule that is none or more
// frequent than SecAbly's plan allows, Conflict with Existing and Number when
// the target has one already.
func (d Desk) AddSchedule(ctx context.Context, c AddSchedule) ([]domain.Envelope, error) {
	c.Schedule.Frequency = domain.Manual
	appended, err := decide(ctx, d, c.By.act("add_schedule"), targetStream(c.Target), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		if err := myAsset(a, c.By); err != nil {
			return Write{}, nil, err
		}
		if a.Schedule != nil {
			return Write{}, nil, &domain.Error{
				Code: domain.Conflict, Existing: targetStream(c.Target), Number: a.Number,
				Message: fmt.Sprintf("%s has a schedule already: change the one with the id %d", a.Target.Value, a.Number),
			}
		}
		return d.setSchedule(ctx, a, c.Schedule)
	})
	return d.upTo(ctx, targetStream(c.Target), appended, err)
}

// upTo is a stream's history up to what a command has appended: the same whenever a
// request is answered again. Where it had nothing to append it is all there is.
func (d Desk) upTo(ctx context.Context, s domain.Stream, appended []domain.Envelope, err error) ([]domain.Envelope, error) {
	if err != nil {
		return nil, err
	}
	history, err := d.Log.Read(ctx, s, 0)
	if len(appended) > 0 && len(history) > appended[len(appended)-1].Version {
		history = history[:appended[len(appended)-1].Version]
	}
	return history, err
}

// setSchedule decides on a schedule for a target.
func (d Desk) setSchedule(ctx context.Context, a *domain.Asset, s domain.Schedule) (Write, []domain.Event, error) {
	set, err := d.planned(ctx, a.Account, s)
	if err != nil {
		return Write{}, nil, err
	}
	events, err := a.SetSchedule(set)
	return Write{Owner: a.Account}, events, err
}

// ChangeSchedule gives a target another schedule. What is nil stays as it is.
type ChangeSchedule struct {
	By       Caller
	Target   uuid.UUID
	Cron     *string
	TimeZone *string
	Scan     *Scanning
}

// Scanning is what a schedule's scans are.
type Scanning struct {
	Profile domain.Profile
	Options domain.Options
}

// ChangeSchedule changes a schedule, which runs from then on even where it was
// paused; one that is so already is changed without an event. It answers NotFound
// also for a target without one, and otherwise what AddSchedule answers.
func (d Desk) ChangeSchedule(ctx context.Context, c ChangeSchedule) error {
	_, err := decide(ctx, d, c.By.act("change_schedule"), targetStream(c.Target), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		if err := mySchedule(a, c.By); err != nil {
			return Write{}, nil, err
		}
		return d.setSchedule(ctx, a, c.on(a.Schedule.Schedule))
	})
	return err
}

// on is what the schedule becomes: its owner's own, where its times change.
func (c ChangeSchedule) on(s domain.Schedule) domain.Schedule {
	if c.Cron != nil {
		s.Cron = *c.Cron
	}
	if c.TimeZone != nil {
		s.TimeZone = *c.TimeZone
	}
	if c.Cron != nil || c.TimeZone != nil {
		s.Frequency = domain.Manual
	}
	if c.Scan != nil {
		s.Profile, s.Options = c.Scan.Profile, c.Scan.Options
	}
	return s
}

// mySchedule refuses a target that is not the caller's or has no schedule, without
// telling which.
func mySchedule(a *domain.Asset, by Caller) error {
	if myAsset(a, by) != nil || a.Schedule == nil {
		return domain.Errorf(domain.NotFound, "Schedule not found")
	}
	return nil
}

package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Calendar says when schedules are due.
type Calendar interface {
	// Times reads an expression of cron and the name of a time zone. It answers
	// Invalid, with what to change, for one that it does not know or that is never
	// due.
	Times(cron, zone string) (Times, error)
}

// Times are when a schedule is due.
type Times interface {
	// After is the first that is later than a moment; zero when there is none.
	After(moment time.Time) time.Time
	// Every is the least that lies between two of them, by the wall clock; 0 when
	// there is one alone.
	Every() time.Duration
}

// Schedules are the targets whose schedules are to be run.
type Schedules interface {
	// Take returns a target that is due at now and keeps it from others for ttl, or
	// until its schedule has gone on; nil UUID when there is none. It is not
	// what decides that a run begins once: RunSchedule does.
	Take(ctx context.Context, now time.Time, ttl time.Duration) (uuid.UUID, error)
	// Next is when it is worth asking again: when the earliest is due that nobody
	// has taken, or when somebody has had one for too long. Zero when there is
	// nothing to wait for.
	Next(ctx context.Context, now time.Time) (time.Time, error)
	// Unplanned are the targets that have a word for their scan_frequency and no schedule, as
	// far as the read model has come.
	Unplanned(ctx context.Context) ([]uuid.UUID, error)
}

// planned is the event by which a target gets a schedule.
func (d Desk) planned(ctx context.Context, account uuid.UUID, s domain.Schedule) (domain.ScheduleSet, error) {
	s.Cron = strings.Join(strings.Fields(s.Cron), " ")
	times, err := d.Calendar.Times(s.Cron, s.TimeZone)
	if err != nil {
		return domain.ScheduleSet{}, err
	}
	a, err := d.account(ctx, account)
	if err != nil {
		return domain.ScheduleSet{}, err
	}
	if err := tooOften(times, a.Plan(domain.SecAbly)); err != nil {
		return domain.ScheduleSet{}, err
	}
	next := times.After(d.Now())
	if next.IsZero() {
		return domain.ScheduleSet{}, domain.Errorf(domain.Invalid, "cron: it is never due from now on")
	}
	return domain.ScheduleSet{Schedule: s, Next: next}, nil
}

// tooOften refuses what is due more often than a plan allows.
func tooOften(times Times, plan domain.Plan) error {
	every := times.Every()
	if every == 0 || every >= plan.ScheduleEvery {
		return nil
	}
	return domain.Errorf(domain.Invalid, "cron: two runs would be %s apart; the plan %s wants %s between them at least. Let it run less often, or move to a larger plan",
		span(every), plan.Name, span(plan.ScheduleEvery))
}

// frequent is what a target's events are to have beside its details when its
// scan_frequency is set to a word: nothing where it is scanned by that already.
func (d Desk) frequent(ctx context.Context, a *domain.Asset, t domain.Target, f domain.Frequency) ([]domain.Event, error) {
	word := domain.Manual
	if a.Schedule != nil {
		word = a.Schedule.Frequency
	}
	switch cron := f.Cron(d.Now()); {
	case cron == "" && a.Schedule != nil:
		return []domain.Event{domain.ScheduleRemoved{}}, nil
	case cron == "" || f == word:
		return nil, nil
	default:
		p := domain.Regular(t)
		set, err := d.planned(ctx, a.Account, domain.Schedule{Cron: cron, TimeZone: "UTC", Frequency: f, Profile: p, Options: domain.DefaultOptions(p)})
		return []domain.Event{set}, err
	}
}

// span is a duration in words: "5 minutes".
func span(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / unit.of; n > 0 && d%unit.of == 0 {
			plural := "s"
			if n == 1 {
				plural = ""
			}
			return fmt.Sprintf("%d %s%s", n, unit.name, plural)
		}
	}
	return d.String()
}

package domain

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// due is a time of a day.
func due(hour int) time.Time { return time.Date(2026, 6, 1, hour, 0, 0, 0, time.UTC) }

func hourly(next int) ScheduleSet {
	return ScheduleSet{Schedule: Schedule{Cron: "0 * * * *", TimeZone: "UTC", Frequency: Manual, Profile: Standard}, Next: due(next)}
}

func TestPlanned(t *testing.T) {
	added, set := TargetAdded{Details: named(t, "a.example")}, hourly(1)
	scan := uuid.UUID{7}
	ran := Run{Due: due(1), Through: due(1), Runs: 1, Scan: scan, At: time.Unix(2, 0).UTC()}
	off := Run{Due: due(2), Through: due(4), Runs: 3, Reason: MissedOff, At: time.Unix(3, 0).UTC()}
	started, missed := RunStarted{Scan: scan, Due: due(1), Next: due(2)}, RunMissed{Due: due(2), Through: due(4), Runs: 3, Reason: MissedOff, Next: due(5)}
	plan := func(next int, change func(*Planned)) *Planned {
		p := &Planned{Schedule: set.Schedule, SetAt: time.Unix(1, 0).UTC(), Next: due(next), Recent: []Run{}}
		change(p)
		return p
	}
	daily := set
	daily.Frequency, daily.Cron = Daily, "0 3 * * *"
	for name, c := range map[string]struct {
		events []Event
		want   *Planned
		word   Frequency
	}{
		"none":                             {nil, nil, Manual},
		"set":                              {[]Event{set}, plan(1, func(*Planned) {}), Manual},
		"by a word":                        {[]Event{daily}, plan(1, func(p *Planned) { p.Schedule = daily.Schedule }), Daily},
		"ran":                              {[]Event{set, started}, plan(2, func(p *Planned) { p.Recent = []Run{ran} }), Manual},
		"and missed":                       {[]Event{set, started, missed}, plan(5, func(p *Planned) { p.Recent, p.Missed = []Run{off, ran}, 3 }), Manual},
		"paused":                           {[]Event{set, SchedulePaused{}}, plan(1, func(p *Planned) { p.Paused, p.Next = true, time.Time{} }), Manual},
		"resumed":                          {[]Event{set, SchedulePaused{}, ScheduleResumed{Next: due(8)}}, plan(8, func(*Planned) {}), Manual},
		"set anew":                         {[]Event{set, started, SchedulePaused{}, hourly(9)}, plan(9, func(p *Planned) { p.Recent = []Run{ran} }), Manual},
		"removed":                          {[]Event{daily, ScheduleRemoved{}}, nil, Manual},
		"off the list, and what was on it": {[]Event{daily, TargetRemoved{}}, nil, Daily},
		"erased":                           {[]Event{set, TargetErased{}}, nil, Manual},
		"what is not there":                {[]Event{SchedulePaused{}, started, ScheduleResumed{Next: due(1)}}, nil, Manual},
	} {
		a := assetWith(append([]Event{added}, c.events...)...)
		if !reflect.DeepEqual(a.Schedule, c.want) || a.Frequency != c.word {
			t.Errorf("%s: %q\n got %+v\nwant %+v", name, a.Frequency, a.Schedule, c.want)
		}
	}
}

// TestPlannedKeeps has more runs than are shown, and leaves older states alone.
func TestPlannedKeeps(t *testing.T) {
	a := assetWith(TargetAdded{Details: named(t, "a.example")}, hourly(0))
	for n := range KeptRuns + 5 {
		before := a.Schedule
		a.Apply(Envelope{Version: n + 3, Event: RunStarted{Scan: uuid.UUID{byte(n + 1)}, Due: due(n), Next: due(n + 1)}})
		if !before.Next.Equal(due(n)) || len(before.Recent) != min(n, KeptRuns) {
			t.Fatalf("what was before is %+v", before)
		}
	}
	if runs := a.Schedule.Recent; len(runs) != KeptRuns || runs[0].Scan != (uuid.UUID{KeptRuns + 5}) || a.Schedule.LastRun().Scan != runs[0].Scan {
		t.Errorf("%+v", runs)
	}
	a.Apply(Envelope{Version: 99, Event: RunMissed{Due: due(25), Reason: MissedQuota}})
	if last := a.Schedule.LastRun(); last.Scan != (uuid.UUID{KeptRuns + 5}) {
		t.Errorf("the last run is %+v", last)
	}
	for n := range KeptRuns {
		a.Apply(Envelope{Version: 100 + n, Event: RunMissed{Due: due(26 + n), Reason: MissedQuota}})
	}
	if a.Schedule.LastRun() != nil {
		t.Error("it has a last run, and shows misses alone")
	}
}

func TestFrequencyCron(t *testing.T) {
	last := time.Date(2026, 1, 31, 23, 5, 59, 0, time.FixedZone("", 3600)) // 22:05 UTC, a Saturday
	for f, want := range map[Frequency]string{Manual: "", "hourly": "", Daily: "5 22 * * *", Weekly: "5 22 * * 6", Monthly: "5 22 28 * *"} {
		if got := f.Cron(last); got != want {
			t.Errorf("%s is %q, want %q", f, got, want)
		}
	}
}

// TestScheduleProperty lets whatever is decided happen: what is due moves on, each
// time becomes one run or one miss, and a schedule that is paused or gone is not due.
func TestScheduleProperty(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 500 {
		a := assetWith(TargetAdded{Details: named(t, "a.example")})
		told := []time.Time{}
		for n := range 40 {
			now := due(n)
			var events []Event
			var err error
			switch r.IntN(8) {
			case 0:
				events, err = a.SetSchedule(hourly(n + 1 + r.IntN(3)))
			case 1:
				events, err = a.PauseSchedule()
			case 2:
				events, err = a.ResumeSchedule(due(n + 1))
			case 3:
				events, err = a.RemoveSchedule()
			default:
				at := due(n - r.IntN(2))
				if r.IntN(2) == 0 {
					events, err = a.StartRun(uuid.UUID{1}, at, due(n+1))
				} else {
					events, err = a.MissRun(RunMissed{Due: at, Through: at, Runs: 1, Reason: MissedQuota, Next: due(n + 1)})
				}
				if err == nil && !a.Due(now) {
					t.Fatalf("it runs at %s: %+v", at, a.Schedule)
				}
				if err == nil && slices.Contains(told, at) {
					t.Fatalf("%s is told twice", at)
				}
				if err == nil {
					told = append(told, at)
				}
			}
			if code := CodeOf(err); code != "" && code != NotFound && code != Over {
				t.Fatal(err)
			}
			for _, e := range events {
				a.Apply(Envelope{Version: a.Version + 1, Event: e})
			}
			if a.Schedule != nil && a.Schedule.Paused != a.Schedule.Next.IsZero() || a.Schedule == nil && a.Due(now) {
				t.Fatalf("%+v", a.Schedule)
			}
		}
	}
}

package conformance

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// SchedulesUnderTest are the schedules of a log, as two processes have them, and the
// table between.
type SchedulesUnderTest struct {
	Log             commands.Log
	Schedules, Twin commands.Schedules
	Apply           func(context.Context, []domain.Envelope) error // to the table of targets
}

// Schedules holds schedules to their promises. open returns those of an empty log.
func Schedules(t *testing.T, open func(t *testing.T) SchedulesUnderTest) {
	for name, property := range map[string]func(*testing.T, SchedulesUnderTest){
		"nothing is due":                         schedulesIdle,
		"what is due first comes first, once":    schedulesOrder,
		"a run is in one process's hands":        schedulesExclusive,
		"who has a run for too long loses it":    schedulesTakeover,
		"a run that is told makes way":           schedulesGoOn,
		"what is planned no more is never due":   schedulesGone,
		"a word without a schedule is told":      schedulesUnplanned,
		"schedules are never older than the log": schedulesNeverBehind,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

// noon is when all runs of these tests are due, or some minutes after.
var noon = began.Truncate(time.Hour).Add(8 * time.Hour)

func minutes(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// planned is the history of a target that is due at a time.
func planned(at time.Time, more ...domain.Event) []domain.Event {
	added := TargetStory(w0)[0]
	set := domain.ScheduleSet{Next: at, Schedule: domain.Schedule{Cron: "0 * * * *", TimeZone: "UTC", Frequency: domain.Manual, Profile: domain.Standard}}
	return append([]domain.Event{added, set}, more...)
}

// plan appends a target that is due at a time, and puts it into the table.
func (u SchedulesUnderTest) plan(t *testing.T, at time.Time, more ...domain.Event) domain.Stream {
	t.Helper()
	s := newTarget()
	appended := mustAppend(t, u.Log, write(s, 0, planned(at, more...)...))
	if err := u.Apply(t.Context(), appended); err != nil {
		t.Fatalf("apply: %v", err)
	}
	return s
}

func schedulesUnplanned(t *testing.T, u SchedulesUnderTest) {
	word := TargetStory(w0)[0].(domain.TargetAdded)
	word.Frequency = domain.Daily
	set := domain.ScheduleSet{Next: noon, Schedule: domain.Schedule{Cron: "0 * * * *", TimeZone: "UTC", Frequency: domain.Daily, Profile: domain.Standard}}
	var want uuid.UUID
	for _, history := range [][]domain.Event{
		{word}, {word, set}, {word, set, domain.ScheduleRemoved{}}, {word, domain.TargetRemoved{}}, {TargetStory(w0)[0]},
	} {
		s := newTarget()
		appended := mustAppend(t, u.Log, write(s, 0, history...))
		if err := u.Apply(t.Context(), appended); err != nil {
			t.Fatalf("apply: %v", err)
		}
		if len(history) == 1 && want == uuid.Nil {
			want = s.ID()
		}
	}
	if got, err := u.Schedules.Unplanned(t.Context()); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

func take(t *testing.T, s commands.Schedules, now time.Time) uuid.UUID {
	t.Helper()
	target, err := s.Take(t.Context(), now, time.Minute)
	if err != nil {
		t.Errorf("take: %v", err)
	}
	return target
}

func wantTaken(t *testing.T, s commands.Schedules, now time.Time, want ...domain.Stream) {
	t.Helper()
	for _, w := range append(want, "") {
		if got := take(t, s, now); got != w.ID() {
			t.Errorf("at %s %s is taken, want %q", now, got, w)
		}
	}
}

func wantNext(t *testing.T, s commands.Schedules, now, want time.Time) {
	t.Helper()
	if got, err := s.Next(t.Context(), now); err != nil || !got.Equal(want) {
		t.Errorf("at %s the next is at %s, %v, want %s", now, got, err, want)
	}
}

func schedulesIdle(t *testing.T, u SchedulesUnderTest) {
	wantNext(t, u.Schedules, noon, time.Time{})
	wantTaken(t, u.Schedules, noon)
	u.plan(t, minutes(5))
	u.plan(t, minutes(3))
	wantNext(t, u.Schedules, noon, minutes(3))
	wantTaken(t, u.Schedules, minutes(2))
}

func schedulesOrder(t *testing.T, u SchedulesUnderTest) {
	third, first, second := u.plan(t, minutes(3)), u.plan(t, minutes(1)), u.plan(t, minutes(2))
	u.plan(t, minutes(9))
	wantTaken(t, u.Schedules, minutes(4), first, second, third)
}

// schedulesExclusive has forty take ten runs from both sides.
func schedulesExclusive(t *testing.T, u SchedulesUnderTest) {
	for n := range 10 {
		u.plan(t, minutes(n))
	}
	var mu sync.Mutex
	taken := map[uuid.UUID]int{}
	atOnce(40, func(i int) {
		target := take(t, []commands.Schedules{u.Schedules, u.Twin}[i%2], minutes(10))
		mu.Lock()
		defer mu.Unlock()
		taken[target]++
	})
	delete(taken, uuid.Nil)
	for target := take(t, u.Twin, minutes(10)); target != uuid.Nil; target = take(t, u.Twin, minutes(10)) {
		taken[target]++ // that all who looked had lost to others
	}
	for target, n := range taken {
		if n != 1 {
			t.Errorf("%s is taken %d times", target, n)
		}
	}
	if len(taken) != 10 {
		t.Errorf("%d of ten are taken", len(taken))
	}
}

func schedulesTakeover(t *testing.T, u SchedulesUnderTest) {
	s := u.plan(t, noon)
	wantTaken(t, u.Schedules, noon, s)
	wantTaken(t, u.Twin, noon.Add(59*time.Second))
	wantNext(t, u.Twin, noon, minutes(1))
	wantTaken(t, u.Twin, minutes(1), s)
	wantTaken(t, u.Schedules, minutes(1))
}

func schedulesGoOn(t *testing.T, u SchedulesUnderTest) {
	s := u.plan(t, noon)
	wantTaken(t, u.Schedules, noon, s)
	told := mustAppend(t, u.Log, write(s, 2, domain.RunStarted{Scan: uuid.New(), Due: noon, Next: noon.Add(10 * time.Second)}))
	for _, when := range []string{"in the log", "in the table"} {
		if got, err := u.Twin.Next(t.Context(), noon); err != nil || !got.Equal(noon.Add(10*time.Second)) {
			t.Errorf("%s: the next is at %s, %v", when, got, err)
		}
		if err := u.Apply(t.Context(), told); err != nil {
			t.Fatal(err)
		}
	}
	wantTaken(t, u.Twin, noon.Add(11*time.Second), s)
}

func schedulesGone(t *testing.T, u SchedulesUnderTest) {
	for _, end := range []domain.Event{domain.SchedulePaused{}, domain.ScheduleRemoved{}, domain.TargetRemoved{}} {
		u.plan(t, noon, end)
	}
	erased := u.plan(t, noon)
	mustAppend(t, u.Log, erase(erased, 2))
	wantTaken(t, u.Schedules, minutes(1))
	wantNext(t, u.Schedules, minutes(1), time.Time{})
	back := u.plan(t, noon, domain.SchedulePaused{}, domain.ScheduleResumed{Next: minutes(1)})
	wantTaken(t, u.Schedules, minutes(1), back)
}

func schedulesNeverBehind(t *testing.T, u SchedulesUnderTest) {
	late := newTarget()
	mustAppend(t, u.Log, write(late, 0, planned(minutes(1))...))
	tabled, gone := u.plan(t, minutes(2)), u.plan(t, noon)
	mustAppend(t, u.Log, write(gone, 2, domain.SchedulePaused{}))
	wantNext(t, u.Schedules, noon, minutes(1))
	wantTaken(t, u.Schedules, minutes(2), late, tabled)
	wantTaken(t, u.Twin, minutes(2))
}

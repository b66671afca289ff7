package commands_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// at is a time of the month after a scenario's first evening.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, 6, day, hour, minute, 0, 0, time.UTC)
}

// inUTC is a schedule in UTC, of scans that cost nothing.
func inUTC(cron string) domain.Schedule {
	return domain.Schedule{Cron: cron, TimeZone: "UTC", Frequency: domain.Manual, Profile: domain.Standard}
}

// sundays is the schedule of a target that is set to weekly when a scenario begins.
var sundays = domain.ScheduleSet{
	Schedule: domain.Schedule{Cron: "0 23 * * 0", TimeZone: "UTC", Frequency: domain.Weekly, Profile: domain.Standard}, Next: at(7, 23, 0),
}

// hourly is ann's first target, scanned every hour.
func hourly(value string) step {
	return func(s *scenario) {
		onPlan(ann, domain.SecAbly, "startup")(s)
		listed(value)(s)
		happened(target1, domain.ScheduleSet{Schedule: inUTC("0 * * * *"), Next: at(1, 0, 0)})(s)
	}
}

func addSchedule(by commands.Caller, s domain.Schedule) func(*scenario) error {
	return func(sc *scenario) error {
		_, err := sc.desk.AddSchedule(sc.t.Context(), commands.AddSchedule{By: by, Target: id(1), Schedule: s})
		return err
	}
}

func changeSchedule(by commands.Caller, c commands.ChangeSchedule) func(*scenario) error {
	c.By, c.Target = by, id(1)
	return func(s *scenario) error { return s.desk.ChangeSchedule(s.t.Context(), c) }
}

func pause(by commands.Caller) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.PauseSchedule(s.t.Context(), commands.PauseSchedule{By: by, Target: id(1)})
		return err
	}
}

func resume(by commands.Caller) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.ResumeSchedule(s.t.Context(), commands.ResumeSchedule{By: by, Target: id(1)})
		return err
	}
}

func removeSchedule(by commands.Caller) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.RemoveSchedule(s.t.Context(), commands.RemoveSchedule{By: by, Target: id(1)})
	}
}

func frequency(f domain.Frequency) func(*scenario) error {
	return change(byAnn, commands.ChangeTarget{Frequency: &f})
}

// TestPlanFrequency gives what has a word and no schedule the one that the word stands for, once.
func TestPlanFrequency(t *testing.T) {
	plan := func(s *scenario) error {
		return s.desk.PlanFrequency(s.t.Context(), commands.PlanFrequency{By: commands.Caller{Worker: "w"}, Target: id(1)})
	}
	asked := func(f domain.Frequency) step {
		d := on("a.example")
		d.Frequency = f
		return happened(target1, domain.TargetAdded{Account: ann, Details: d})
	}
	s := given(t, asked(domain.Weekly))
	s.when(plan).then(sundays)
	s.when(plan).then()
	given(t, asked(domain.Manual)).when(plan).then()
	given(t, hourly("a.example")).when(plan).then()
	given(t, asked(domain.Weekly), happened(target1, sundays, domain.ScheduleRemoved{})).when(plan).then()
	given(t, asked(domain.Weekly), happened(target1, domain.TargetRemoved{})).when(plan).then()
	given(t).when(plan).then()
}

func TestSchedule(t *testing.T) {
	deep := inUTC("30 3 * * 1-5")
	deep.TimeZone, deep.Profile = "Europe/Berlin", domain.Deep
	ofWord := func(f domain.Frequency) domain.Details {
		d := on("a.example")
		d.Frequency = f
		return d
	}
	every, zone := "15  */2 * * *", "Asia/Kolkata"
	quick := commands.Scanning{Profile: domain.Quick}
	changed := func(change func(*domain.Schedule)) domain.Schedule {
		s := inUTC("0 * * * *")
		change(&s)
		return s
	}
	paused := []step{hourly("a.example"), happened(target1, domain.SchedulePaused{})}
	weekly := []step{listed("a.example"), did(frequency(domain.Weekly))}
	for name, c := range map[string]struct {
		given []step
		when  func(*scenario) error
		then  []domain.Event
	}{
		"by a zone's clock": {[]step{listed("a.example")}, addSchedule(byAnn, deep), []domain.Event{domain.ScheduleSet{Schedule: deep, Next: at(1, 1, 30)}}},
		"other times": {[]step{hourly("a.example")}, changeSchedule(byAnn, commands.ChangeSchedule{Cron: &every, TimeZone: &zone}),
			[]domain.Event{domain.ScheduleSet{Schedule: changed(func(s *domain.Schedule) { s.Cron, s.TimeZone = "15 */2 * * *", zone }), Next: at(1, 0, 45)}}},
		"other scans": {[]step{hourly("a.example")}, changeSchedule(byAnn, commands.ChangeSchedule{Scan: &quick}),
			[]domain.Event{domain.ScheduleSet{Schedule: changed(func(s *domain.Schedule) { s.Profile = domain.Quick }), Next: at(1, 0, 0)}}},
		"the same":                  {[]step{hourly("a.example")}, changeSchedule(byAnn, commands.ChangeSchedule{}), nil},
		"paused":                    {[]step{hourly("a.example")}, pause(byAnn), []domain.Event{domain.SchedulePaused{}}},
		"paused again":              {paused, pause(byAnn), nil},
		"resumed after a while":     {append(paused, later(50*time.Hour)), resume(byAnn), []domain.Event{domain.ScheduleResumed{Next: at(3, 2, 0)}}},
		"resumed and never paused":  {[]step{hourly("a.example")}, resume(byAnn), nil},
		"removed":                   {paused, removeSchedule(byAnn), []domain.Event{domain.ScheduleRemoved{}}},
		"another when one is gone":  {append(paused, did(removeSchedule(byAnn))), addSchedule(byAnn, deep), []domain.Event{domain.ScheduleSet{Schedule: deep, Next: at(1, 1, 30)}}},
		"weekly, by the word":       {[]step{listed("a.example")}, frequency(domain.Weekly), []domain.Event{domain.TargetChanged{Details: ofWord(domain.Weekly)}, sundays}},
		"weekly still":              {weekly, frequency(domain.Weekly), nil},
		"manual, by the word":       {weekly, frequency(domain.Manual), []domain.Event{domain.TargetChanged{Details: ofWord(domain.Manual)}, domain.ScheduleRemoved{}}},
		"manual, of one's own":      {paused, frequency(domain.Manual), []domain.Event{domain.ScheduleRemoved{}}},
		"manual, and it is":         {[]step{listed("a.example")}, frequency(domain.Manual), nil},
		"weekly from before":        {[]step{happened(target1, domain.TargetAdded{Account: ann, Details: ofWord(domain.Weekly)})}, frequency(domain.Weekly), []domain.Event{sundays}},
		"another word for a target": {weekly, change(byAnn, commands.ChangeTarget{Name: new("shop")}), nil},
	} {
		t.Run(name, func(t *testing.T) { given(t, c.given...).when(c.when).then(c.then...) })
	}
}

func TestScheduleRefuses(t *testing.T) {
	strange := inUTC("0 0 * * *")
	strange.Profile = "thorough"
	half := inUTC("30 * * * *")
	half.TimeZone = "Local"
	for name, c := range map[string]struct {
		given []step
		when  func(*scenario) error
		code  domain.Code
		says  string
	}{
		"a second":             {[]step{hourly("a.example")}, addSchedule(byAnn, inUTC("0 0 * * *")), domain.Conflict, "change the one with the id 4"},
		"of bob's":             {[]step{listed("a.example")}, addSchedule(byBob, inUTC("0 0 * * *")), domain.NotFound, "Target not found"},
		"of nothing":           {nil, addSchedule(byAnn, inUTC("0 0 * * *")), domain.NotFound, "Target not found"},
		"six fields":           {[]step{listed("a.example")}, addSchedule(byAnn, inUTC("0 0 0 * * *")), domain.Invalid, "five fields"},
		"the 30th of February": {[]step{listed("a.example")}, addSchedule(byAnn, inUTC("0 0 30 2 *")), domain.Invalid, "no such day in any year"},
		"the machine's zone":   {[]step{listed("a.example")}, addSchedule(byAnn, half), domain.Invalid, "Europe/Berlin"},
		"every hour for nothing": {[]step{listed("a.example")}, addSchedule(byAnn, inUTC("0 * * * *")), domain.Invalid,
			"two runs would be 1 hour apart; the plan free wants 1 day between them at least"},
		"a profile of no scanner":           {[]step{listed("a.example")}, addSchedule(byAnn, strange), domain.Invalid, "no profile thorough"},
		"a range by what looks at one host": {[]step{listed("192.0.2.0/24")}, addSchedule(byAnn, inUTC("0 0 * * *")), domain.Invalid, "nmap or OpenVAS"},
		"change bob's":                      {[]step{hourly("a.example")}, changeSchedule(byBob, commands.ChangeSchedule{}), domain.NotFound, "Schedule not found"},
		"change none":                       {[]step{listed("a.example")}, changeSchedule(byAnn, commands.ChangeSchedule{}), domain.NotFound, "Schedule not found"},
		"pause bob's":                       {[]step{hourly("a.example")}, pause(byBob), domain.NotFound, "Schedule not found"},
		"pause none":                        {[]step{listed("a.example")}, pause(byAnn), domain.NotFound, "Schedule not found"},
		"resume bob's":                      {[]step{hourly("a.example")}, resume(byBob), domain.NotFound, "Schedule not found"},
		"remove bob's":                      {[]step{hourly("a.example")}, removeSchedule(byBob), domain.NotFound, "Schedule not found"},
		"remove of a removed one":           {[]step{hourly("a.example"), did(remove(byAnn, id(1)))}, removeSchedule(byAnn), domain.NotFound, "Schedule not found"},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, c.given...).when(c.when)
			s.refused(c.code)
			if s.err == nil || !strings.Contains(s.err.Error(), c.says) {
				t.Errorf("it says %v", s.err)
			}
		})
	}
}

func run(s *scenario) error {
	return s.desk.RunSchedule(s.t.Context(), commands.RunSchedule{By: commands.Caller{Worker: "w"}, Target: id(1)})
}

// missed is one miss of an hourly run of a day in June.
func missed(day, hour int, reason domain.MissReason, detail string) domain.RunMissed {
	return domain.RunMissed{Due: at(day, hour, 0), Through: at(day, hour, 0), Runs: 1, Reason: reason, Detail: detail, Next: at(day, hour+1, 0)}
}

func TestRunSchedule(t *testing.T) {
	scan := func(n uint32) domain.ScanRequested {
		return domain.ScanRequested{
			Scan: id(n), Account: ann, Contract: domain.SecAbly, Target: on("a.example").Target, Profile: domain.Standard, Probes: domain.Standard.Tools(),
		}
	}
	started := func(n uint32, hour int) domain.RunStarted {
		return domain.RunStarted{Scan: id(n), Due: at(1, hour, 0), Next: at(1, hour+1, 0)}
	}
	rest := false
	first := []step{hourly("a.example"), later(time.Hour)}
	second := append(first, did(run), later(time.Hour))
	ended := func(events ...domain.Event) []step {
		return append(second, happened(domain.NewStream(domain.ScanFamily, id(1)), events...))
	}
	for name, c := range map[string]struct {
		given []step
		then  []domain.Event
	}{
		"not due yet":            {[]step{hourly("a.example"), later(59 * time.Minute)}, nil},
		"paused":                 {append(first, did(pause(byAnn))), nil},
		"removed":                {append(first, did(removeSchedule(byAnn))), nil},
		"without its target":     {append(first, did(remove(byAnn, id(1)))), nil},
		"nobody's":               {nil, nil},
		"due":                    {first, []domain.Event{scan(1), started(1, 0)}},
		"due once":               {append(first, did(run)), nil},
		"the one before goes on": {second, []domain.Event{missed(1, 1, domain.MissedRunning, "")}},
		"the one before is over": {ended(domain.ScanFailed{Reason: "r"}), []domain.Event{scan(4), started(4, 1)}},
		"put to rest": {append(first, did(change(byAnn, commands.ChangeTarget{Active: &rest}))),
			[]domain.Event{missed(1, 0, domain.MissedInactive, "The target is not active")}},
		"its name is gone": {append(first, refusing("a.example", domain.Unresolvable)), []domain.Event{missed(1, 0, domain.MissedUnresolved, "a.example is refused")}},
		"it is forbidden":  {append(first, refusing("a.example", domain.Forbidden)), []domain.Event{missed(1, 0, domain.MissedRefused, "a.example is refused")}},
		"off for two hours": {append(first, later(2*time.Hour)), []domain.Event{
			domain.RunMissed{Due: at(1, 0, 0), Through: at(1, 1, 0), Runs: 2, Reason: domain.MissedOff, Next: at(1, 2, 0)}, scan(2), started(2, 2)}},
		"off, and then refused": {append(first, later(time.Hour), refusing("a.example", domain.Forbidden)), []domain.Event{
			missed(1, 0, domain.MissedOff, ""), missed(1, 1, domain.MissedRefused, "a.example is refused")}},
	} {
		t.Run(name, func(t *testing.T) { given(t, c.given...).when(run).then(c.then...) })
	}
}

func refusing(value string, code domain.Code) step {
	return func(s *scenario) { s.sites[value] = code }
}

// TestRunScheduleLimits has runs refused as a request of their owner would be.
func TestRunScheduleLimits(t *testing.T) {
	costly := inUTC("0 0 * * *")
	costly.Profile, costly.Options = domain.NucleiFull, domain.DefaultOptions(domain.NucleiFull)
	due := []step{onPlan(ann, domain.SecAbly, "startup"), listed("a.example"), happened(target1, domain.ScheduleSet{Schedule: costly, Next: at(1, 0, 0)}), later(time.Hour)}
	reason := func(s *scenario) domain.RunMissed {
		t.Helper()
		s.when(run)
		stored := s.log.Stored(s.mark)
		if s.err != nil || len(stored) != 1 {
			t.Fatalf("%v, %d events", s.err, len(stored))
		}
		e, err := stored[0].Read()
		if err != nil {
			t.Fatal(err)
		}
		return e.(domain.RunMissed)
	}
	if m := reason(given(t, append(due, onPlan(ann, domain.SecAbly, "free"))...)); m.Reason != domain.MissedCredits || m.Detail == "" {
		t.Errorf("without credits %+v", m)
	}
	if m := reason(given(t, append(due, without(domain.Nuclei))...)); m.Reason != domain.MissedUnavailable || m.Detail != "nuclei is not installed" {
		t.Errorf("without its scanner %+v", m)
	}
	if m := reason(given(t, hourly("a.example"), later(time.Hour), onPlan(ann, domain.SecAbly, "free"))); m.Reason != domain.MissedQuota || !strings.Contains(m.Detail, "1 hour apart") {
		t.Errorf("on a smaller plan %+v", m)
	}
	full := given(t, hourly("a.example"), later(time.Hour))
	for range 10 {
		if _, err := full.desk.RequestScan(t.Context(), commands.RequestScan{By: byAnn, Contract: domain.SecAbly, Target: siteA, Profile: domain.Quick}); err != nil {
			t.Fatal(err)
		}
	}
	if m := reason(full); m.Reason != domain.MissedQuota || !strings.Contains(m.Detail, "10 scans per hour") {
		t.Errorf("in a full hour %+v", m)
	}
}

// TestRunScheduleOnce lets twenty start the same run at the same moment.
func TestRunScheduleOnce(t *testing.T) {
	s := given(t, hourly("a.example"), later(time.Hour))
	done := make(chan error, 20)
	for range cap(done) {
		go func() { done <- run(s) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Errorf("%v", err)
		}
	}
	kinds := map[string]int{}
	for _, e := range s.log.Stored(0) {
		kinds[e.Type]++
	}
	if kinds["run.started"] != 1 || kinds["scan.requested"] != 1 || kinds["run.missed"] != 0 {
		t.Errorf("%v", kinds)
	}
}

// TestRunScheduleLater leaves a run due of which nothing is known: the next one
// who is told to starts it.
func TestRunScheduleLater(t *testing.T) {
	s := given(t, hourly("a.example"), later(time.Hour))
	gone := errors.New("gone")
	whole := s.desk.Log
	s.desk.Log = failing{whole, gone}
	s.when(run)
	if !errors.Is(s.err, gone) {
		t.Errorf("%v", s.err)
	}
	s.desk.Log = whole
	if s.when(run); s.err != nil || len(s.log.Stored(s.mark)) != 2 {
		t.Errorf("%v", s.err)
	}
}

// failing appends nothing.
type failing struct {
	commands.Log
	err error
}

func (f failing) Append(context.Context, ...commands.Write) ([]domain.Envelope, error) {
	return nil, f.err
}

// TestRunScheduleBy says who asked for the scan, and why.
func TestRunScheduleBy(t *testing.T) {
	s := given(t, hourly("a.example"), later(time.Hour), did(run))
	history, err := s.log.Read(t.Context(), target1, 0)
	if err != nil {
		t.Fatal(err)
	}
	scan, err := s.log.Read(t.Context(), domain.NewStream(domain.ScanFamily, id(1)), 0)
	if err != nil {
		t.Fatal(err)
	}
	set, started := history[1], history[2]
	for _, e := range []domain.Envelope{started, scan[0]} {
		if e.Actor != "worker:w" || e.Cause != set.ID.String() || e.Owner != ann || e.ID == uuid.Nil {
			t.Errorf("%+v", e)
		}
	}
}

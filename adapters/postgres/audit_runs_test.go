package postgres

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// TestAuditRuns has histories of schedules, some of which leave out a time that was due.
func TestAuditRuns(t *testing.T) {
	p := newAudited(t)
	log := openLog(t, p.pool)
	due := func(hour int) time.Time { return time.Date(2026, 6, 1, hour, 0, 0, 0, time.UTC) }
	set := domain.ScheduleSet{Next: due(1), Schedule: domain.Schedule{Cron: "0 * * * *", TimeZone: "UTC", Frequency: domain.Manual, Profile: domain.Quick}}
	missed := domain.RunMissed{Due: due(1), Through: due(2), Runs: 2, Reason: domain.MissedOff, Next: due(3)}
	scan := domain.NewStream(domain.ScanFamily, uuid.New())
	mustAppend(t, log, newWrite(scan, 0, 1))
	started := domain.RunStarted{Scan: scan.ID(), Due: due(3), Next: due(4)}
	unknown := started
	unknown.Scan = uuid.New()
	for name, c := range map[string]struct {
		events []domain.Event
		what   string
	}{
		"a miss and a run":           {[]domain.Event{set, missed, started, domain.SchedulePaused{}, domain.ScheduleResumed{Next: due(9)}, set, missed}, ""},
		"a run that was left out":    {[]domain.Event{set, started}, "run of a schedule"},
		"a run told twice":           {[]domain.Event{set, missed, missed}, "run of a schedule"},
		"a run in a pause":           {[]domain.Event{set, missed, domain.SchedulePaused{}, started}, "run of a schedule"},
		"a run without a schedule":   {[]domain.Event{started}, "run of a schedule"},
		"a run without its scan":     {[]domain.Event{set, missed, unknown}, "scan of a run"},
		"an erased one says no more": {[]domain.Event{set, started, domain.TargetErased{Reason: domain.ForAccount}}, ""},
	} {
		auditor := NewAuditor(p.pool)
		if err := p.pool.QueryRow(t.Context(), "SELECT max(position) FROM events").Scan(&auditor.After); err != nil {
			t.Fatal(err)
		}
		s := listed(t, log, c.events...)
		i := domain.NewInvariant(domain.AcknowledgedInvariant)
		if err := auditor.Acknowledged(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		if i.Count > 0 != (c.what != "") || i.Count > 0 && (i.Count != 1 || i.Violations[0].What != c.what || i.Violations[0].Stream != s) {
			t.Errorf("%s: %+v", name, i.Violations)
		}
	}
}

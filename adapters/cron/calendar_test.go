package cron

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustTimes(t *testing.T, expression, zone string) commands.Times {
	t.Helper()
	times, err := Calendar{}.Times(expression, zone)
	if err != nil {
		t.Fatalf("%q: %v", expression, err)
	}
	return times
}

func utc(text string) time.Time {
	at, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		panic(err)
	}
	return at
}

// TestTimes has expressions with their times. Clocks were put forward in Berlin on
// 29 March 2026 from 2:00 to 3:00, which is 01:00 UTC, and put back on 25 October from
// 3:00 to 2:00; in Lord Howe by half an hour, and in Santiago at midnight.
func TestTimes(t *testing.T) {
	for name, c := range map[string]struct {
		cron, zone, after string
		want              []string
	}{
		"every minute":                {"* * * * *", "UTC", "2026-01-01T00:00", []string{"2026-01-01T00:01", "2026-01-01T00:02"}},
		"on weekdays":                 {"30 3 * * 1-5", "UTC", "2026-01-01T12:00", []string{"2026-01-02T03:30", "2026-01-05T03:30"}},
		"a day of either kind":        {"0 0 13 * 5", "UTC", "2026-02-01T00:00", []string{"2026-02-06T00:00", "2026-02-13T00:00", "2026-02-20T00:00"}},
		"Sunday is 0 and 7":           {"0 0 * * 7", "UTC", "2026-01-01T00:00", []string{"2026-01-04T00:00"}},
		"hours over midnight":         {"0 23-1 * * *", "UTC", "2026-01-01T22:00", []string{"2026-01-01T23:00", "2026-01-02T00:00", "2026-01-02T01:00", "2026-01-02T23:00"}},
		"names":                       {"0 0 * FEB MON", "UTC", "2026-01-01T00:00", []string{"2026-02-02T00:00"}},
		"@weekly":                     {"@weekly", "UTC", "2026-01-01T00:00", []string{"2026-01-04T00:00", "2026-01-11T00:00"}},
		"@DAILY elsewhere":            {"@DAILY", "Asia/Kolkata", "2026-01-01T00:00", []string{"2026-01-01T18:30", "2026-01-02T18:30"}},
		"on leap days":                {"0 0 29 2 *", "UTC", "2026-01-01T00:00", []string{"2028-02-29T00:00", "2032-02-29T00:00"}},
		"on the 31st":                 {"0 0 31 * *", "UTC", "2026-01-31T00:00", []string{"2026-03-31T00:00", "2026-05-31T00:00"}},
		"a time that is skipped":      {"30 2 * * *", "Europe/Berlin", "2026-03-28T00:00", []string{"2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"}},
		"several that are":            {"0,15,30 2 * * *", "Europe/Berlin", "2026-03-29T00:00", []string{"2026-03-29T01:00", "2026-03-30T00:00"}},
		"skipped, and the hour after": {"0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00", []string{"2026-03-29T01:00", "2026-03-30T00:00"}},
		"a time that comes twice":     {"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", []string{"2026-10-25T00:30", "2026-10-26T01:30"}},
		"asked between the two":       {"30 2 * * *", "Europe/Berlin", "2026-10-25T01:15", []string{"2026-10-26T01:30"}},
		"hourly, forward":             {"30 * * * *", "Europe/Berlin", "2026-03-29T00:00", []string{"2026-03-29T00:30", "2026-03-29T01:30", "2026-03-29T02:30"}},
		"hourly, back":                {"30 * * * *", "Europe/Berlin", "2026-10-24T23:45", []string{"2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"}},
		"on the hour, forward":        {"0 * * * *", "Europe/Berlin", "2026-03-29T00:00", []string{"2026-03-29T01:00", "2026-03-29T02:00"}},
		"on the hour, back":           {"0 * * * *", "Europe/Berlin", "2026-10-25T00:00", []string{"2026-10-25T01:00", "2026-10-25T02:00"}},
		"every second hour, back":     {"0 */2 * * *", "Europe/Berlin", "2026-10-24T23:00", []string{"2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T03:00"}},
		"half an hour is skipped":     {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", []string{"2026-10-03T15:30", "2026-10-04T15:15"}},
		"half an hour comes twice":    {"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00", []string{"2026-04-04T14:45", "2026-04-05T15:15"}},
		"a midnight that is skipped":  {"@daily", "America/Santiago", "2026-09-05T12:00", []string{"2026-09-06T04:00", "2026-09-07T03:00"}},
		"a day that is skipped":       {"0 12 * * *", "Pacific/Apia", "2011-12-29T12:00", []string{"2011-12-29T22:00", "2011-12-30T10:00", "2011-12-30T22:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			times, at := mustTimes(t, c.cron, c.zone), utc(c.after)
			for _, want := range c.want {
				if at = times.After(at); !at.Equal(utc(want)) || at.Location() != time.UTC {
					t.Errorf("%s follows, want %s", at, want)
				}
			}
		})
	}
}

func TestEvery(t *testing.T) {
	for cron, want := range map[string]time.Duration{
		"* * * * *": time.Minute, "*/15 * * * *": 15 * time.Minute, "0 * * * *": time.Hour, "@daily": 24 * time.Hour, "@weekly": 7 * 24 * time.Hour,
		"0,59 0,23 * * *": time.Minute, "0,59 0,23 * * 1,4,5": time.Minute, "0 0 1 * *": 28 * 24 * time.Hour, "0 3 31 12 *": 365 * 24 * time.Hour,
		"0 0 29 2 *": 1461 * 24 * time.Hour, "10 9,17 * * 1-5": 8 * time.Hour,
	} {
		if got := mustTimes(t, cron, "Europe/Berlin").Every(); got != want {
			t.Errorf("%q: %s, want %s", cron, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ cron, zone, says string }{
		{"", "UTC", "it has 0"}, {"0 0 * *", "UTC", "it has 4"}, {"0 0 0 * * *", "UTC", "it has 6"}, {"@reboot", "UTC", "use @hourly"}, {"@every 5m", "UTC", "it has 2"},
		{"60 * * * *", "UTC", "cron: "}, {"* 24 * * *", "UTC", "cron: "}, {"a * * * *", "UTC", "cron: "}, {"*/0 * * * *", "UTC", "cron: "},
		{"TZ=Asia/Tokyo 0 0 * *", "UTC", "cron: "}, {"CRON_TZ=UTC 0 0 * *", "UTC", "cron: "}, {"0 0 30 2 *", "UTC", "no such day"}, {"0 0 31 4,6,9,11 *", "UTC", "no such day"},
		{"0 0 L * *", "UTC", "cron: "}, {"H * * * *", "UTC", "cron: "}, {strings.Repeat("1,", 100) + "1 * * * *", "UTC", "at most 200"},
		{"@daily", "", "IANA"}, {"@daily", "Local", "IANA"}, {"@daily", "localtime", "IANA"}, {"@daily", "right/UTC", "IANA"}, {"@daily", "Berlin", "IANA"}, {"@daily", "../etc/passwd", "IANA"}, {"@daily", "CEST", "IANA"}, {"@daily", "Europe/Berlin\x00", "IANA"},
	} {
		times, err := Calendar{}.Times(c.cron, c.zone)
		if times != nil || domain.CodeOf(err) != domain.Invalid || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q in %q: %v, want %q", c.cron, c.zone, err, c.says)
		}
	}
}

// TestTimesProperty walks schedules across changes of the clock: each time is later than
// the one before, is what the wall clock is asked for or the moment of a change, and none is
// between two that a slower walk would find.
func TestTimesProperty(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 18))
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Tehran", "Africa/Casablanca", "UTC"}
	crons := []string{"30 2 * * *", "0 0 * * *", "*/20 * * * *", "15 1,2,3 * * *", "0 */3 * * *", "45 1 * * 0", "5 0-4 * * *", "* 2 * * *"}
	for range 300 {
		cron, zone := crons[r.IntN(len(crons))], zones[r.IntN(len(zones))]
		read := mustTimes(t, cron, zone).(times)
		at := time.Date(2015+r.IntN(12), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1e9), time.UTC)
		for range 60 {
			next := read.After(at)
			start, _ := next.In(read.zone).ZoneBounds()
			wall := wallOf(next, read.zone)
			if !next.After(at) || !next.Equal(start) && !read.spec.Next(wall.Add(-time.Second)).Equal(wall) {
				t.Fatalf("%q in %s: %s after %s", cron, zone, next, at)
			}
			if between := read.After(at.Add(next.Sub(at) / 2)); !between.Equal(next) {
				t.Fatalf("%q in %s: %s after %s, and %s after the middle", cron, zone, next, at, between)
			}
			at = next
		}
	}
}

// FuzzTimes never lets an expression go back, stand or take long.
func FuzzTimes(f *testing.F) {
	for _, cron := range []string{"* * * * *", "0 0 29 2 *", "@weekly", "1-5/2,*/7 ? jan-mar,12 * sun", "0 0 31 2 *"} {
		f.Add(cron, "Europe/Berlin", int64(1774746000))
	}
	f.Fuzz(func(t *testing.T, cron, zone string, seconds int64) {
		times, err := Calendar{}.Times(cron, zone)
		if err != nil {
			if domain.CodeOf(err) != domain.Invalid {
				t.Errorf("%q in %q: %v", cron, zone, err)
			}
			return
		}
		at := time.Unix(seconds&0xffffffff, 0)
		if next := times.After(at); !next.IsZero() && !next.After(at) || times.Every() < 0 {
			t.Errorf("%q in %q: %s after %s", cron, zone, next, at)
		}
	})
}

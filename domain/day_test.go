package domain

import (
	"testing"
	"time"
)

// TestDayBegins has days without a midnight, west and east of Greenwich, and one that
// has two.
func TestDayBegins(t *testing.T) {
	for _, c := range []struct {
		zone       string
		month, day int
		want       string
	}{
		{"UTC", 3, 0, "2026-02-28T00:00:00Z"},
		{"Europe/Berlin", 10, 25, "2026-10-25T00:00:00+02:00"},
		{"America/Santiago", 9, 5, "2026-09-05T00:00:00-04:00"},
		{"America/Santiago", 9, 6, "2026-09-06T01:00:00-03:00"},
		{"America/Santiago", 9, 7, "2026-09-07T00:00:00-03:00"},
		{"America/Havana", 3, 8, "2026-03-08T01:00:00-04:00"},
		{"America/Havana", 11, 1, "2026-11-01T00:00:00-04:00"},
		{"Atlantic/Azores", 3, 29, "2026-03-29T01:00:00Z"},
		{"Africa/Cairo", 4, 24, "2026-04-24T01:00:00+03:00"},
		{"Asia/Beirut", 3, 29, "2026-03-29T01:00:00+03:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := DayBegins(2026, time.Month(c.month), c.day, zone).Format(time.RFC3339); got != c.want {
			t.Errorf("%s, %d-%d: %s, want %s", c.zone, c.month, c.day, got, c.want)
		}
	}
}

func TestEverywhereZone(t *testing.T) {
	for name, want := range map[string]bool{
		"UTC": true, "Europe/Berlin": true, "Etc/GMT+12": true, "": false, "Local": false, "localtime": false, "posixrules": false, "posix/UTC": false, "right/Europe/Berlin": false,
	} {
		if EverywhereZone(name) != want {
			t.Errorf("%q: %t", name, !want)
		}
	}
}

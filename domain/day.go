package domain

import (
	"slices"
	"strings"
	"time"
)

// DayBegins is when a day begins on a zone's clock: at midnight, or where the clock
// is put forward at midnight, when that has been done. Days beyond the ends of a
// month are those of the months beside it, as in time.Date.
func DayBegins(year int, month time.Month, day int, zone *time.Location) time.Time {
	begin := time.Date(year, month, day, 0, 0, 0, 0, zone)
	if begin.Day() == time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() {
		return begin
	}
	_, forward := begin.ZoneBounds() // there is no midnight: the hour before it is what time.Date takes for it
	return forward.In(zone)
}

// EverywhereZone says whether a zone of this name may be known everywhere: a machine
// has others beside those of the IANA database.
func EverywhereZone(name string) bool {
	return !slices.Contains([]string{"", "Local", "localtime", "posixrules"}, name) && !strings.HasPrefix(name, "posix/") && !strings.HasPrefix(name, "right/")
}

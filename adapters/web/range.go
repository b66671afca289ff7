package web

import (
	"time"
	_ "time/tzdata" // so that zones are known where the system has none

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/domain"
)

// The first and the last year that a range may be in.
const (
	firstYear = 1970
	lastYear  = 2100
)

// RangeOf reads from, to and time_zone from the query. Each end is a time in RFC
// 3339 or a day of the zone, which the range has whole. Without from it begins with
// the zero time, without to it ends now; without a zone that is UTC.
func RangeOf(c *fiber.Ctx, now time.Time) (zone *time.Location, from, to time.Time, err error) {
	name := c.Query("time_zone", "UTC")
	if zone, err = time.LoadLocation(name); err != nil || !domain.EverywhereZone(name) {
		return nil, from, to, domain.Errorf(domain.Invalid, "time_zone must be the name of a zone such as Europe/Berlin")
	}
	to = now
	if raw := c.Query("from"); raw != "" {
		if from, _, err = momentOf("from", raw, zone); err != nil {
			return zone, from, to, err
		}
	}
	if raw := c.Query("to"); raw != "" {
		if _, to, err = momentOf("to", raw, zone); err != nil {
			return zone, from, to, err
		}
	}
	if !from.Before(to) {
		return zone, from, to, domain.Errorf(domain.Invalid, "from must be before to")
	}
	return zone, from, to, nil
}

// momentOf reads a time, or a day with its beginning and its end.
func momentOf(field, raw string, zone *time.Location) (begin, end time.Time, err error) {
	if day, wrong := time.Parse(time.DateOnly, raw); wrong == nil {
		begin = domain.DayBegins(day.Year(), day.Month(), day.Day(), zone)
		end = domain.DayBegins(day.Year(), day.Month(), day.Day()+1, zone)
	} else if begin, err = time.Parse(time.RFC3339, raw); err == nil {
		end = begin
	}
	if err != nil || begin.Year() < firstYear || end.UTC().Year() > lastYear {
		return begin, end, domain.Errorf(domain.Invalid, "%s must be a day such as 2026-11-28 or a time such as 2026-11-28T12:00:00Z", field)
	}
	return begin, end, nil
}

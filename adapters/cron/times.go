package cron

import (
	"time"

	library "github.com/netresearch/go-cron"
)

// times are when a schedule is due. The expression is matched with what a wall
// clock shows, which is written as a time in UTC; on which moments these fall is
// for the zone to say:
//   - A time that the clock skips falls on the moment at which it is put forward.
//   - A time that it shows twice falls on the first of the two.
//   - An expression whose minute or hour begins with * goes by the time that
//     passes: skipped times fall away, and those that come twice are due twice.
type times struct {
	spec   library.Schedule
	zone   *time.Location
	hourly bool
}

// After implements commands.Times.
func (t times) After(moment time.Time) time.Time {
	if t.hourly {
		return t.passing(moment)
	}
	for wall := t.spec.Next(wallOf(moment, t.zone)); !wall.IsZero(); wall = t.spec.Next(wall) {
		if due := t.moment(wall); due.After(moment) {
			return due.UTC()
		}
	}
	return time.Time{}
}

// passing is After by the time that passes: from one change of the zone's offset
// to the next, in which its clock runs evenly.
func (t times) passing(moment time.Time) time.Time {
	for at := moment.In(t.zone); ; {
		_, offset := at.Zone()
		_, end := at.ZoneBounds()
		wall := t.spec.Next(wallOf(at, t.zone))
		if wall.IsZero() {
			return time.Time{}
		}
		due := wall.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || due.Before(end) {
			return due.UTC()
		}
		at = end.In(t.zone)
		if first := t.spec.Next(wallOf(at, t.zone).Add(-time.Second)); first.Equal(wallOf(at, t.zone)) { // the change itself
			return at.UTC()
		}
	}
}

// moment is when a wall clock shows a time first, or when it is put forward past it.
func (t times) moment(wall time.Time) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, t.zone)
	start, end := at.ZoneBounds()
	switch shows := wallOf(at, t.zone); {
	case shows.After(wall):
		return start
	case shows.Before(wall):
		return end
	}
	if start.IsZero() {
		return at
	}
	_, before := start.Add(-time.Second).Zone()
	if first := wall.Add(-time.Duration(before) * time.Second); first.Before(start) {
		return first
	}
	return at
}

// wallOf is what a clock of the zone shows, as a time in UTC.
func wallOf(moment time.Time, zone *time.Location) time.Time {
	_, offset := moment.In(zone).Zone()
	return moment.UTC().Add(time.Duration(offset) * time.Second)
}

// enough is how many times are looked at for the least that lies between two:
// an expression is the same in every hour, day and month that it names.
const enough = 1000

// Every implements commands.Times. Changes of the zone's offset do not count.
func (t times) Every() time.Duration {
	least := time.Duration(0)
	for n, at := 0, t.spec.Next(epoch); n < enough; n++ {
		next := t.spec.Next(at)
		if next.IsZero() {
			break
		}
		if gap := next.Sub(at); least == 0 || gap < least {
			least = gap
		}
		at = next
	}
	return least
}

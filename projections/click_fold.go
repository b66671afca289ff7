package projections

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// CountClicks counts as a reader does, out of the events: each event once, in
// whatever order and however often it came.
func CountClicks(events []domain.Envelope, q ClickQuery) ClickStats {
	f := &clickFold{
		zone: q.Zone, met: map[string]bool{}, hours: map[time.Time]ClickTotals{}, days: map[time.Time]ClickTotals{}, values: map[string]map[string]int{},
	}
	f.from, f.to = q.Range()
	for _, d := range Dimensions {
		f.values[d] = map[string]int{}
	}
	s := ClickStats{Top: map[string][]ClickShare{}}
	for _, e := range VisitsOf(events, q.LinkRef) {
		f.see(e)
		s.Last = e.At
	}
	s.ClickTotals, s.Hours, s.Days = f.all, series(f.hours), series(f.days)
	for d, values := range f.values {
		s.Top[d] = shares(values, q.Top)
	}
	return s
}

// VisitsOf are a link's visits, each once, oldest first.
func VisitsOf(events []domain.Envelope, link LinkRef) (visits []domain.Envelope) {
	seen := map[uuid.UUID]bool{}
	for _, e := range events {
		c, ok := e.Event.(domain.LinkClicked)
		if ok && !seen[e.ID] && c.Account == link.Account && e.Stream.ID() == link.Link {
			seen[e.ID] = true
			visits = append(visits, e)
		}
	}
	slices.SortFunc(visits, func(a, b domain.Envelope) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return visits
}

// clickFold counts visits, which come oldest first.
type clickFold struct {
	from, to    time.Time
	zone        *time.Location
	met         map[string]bool // who came, by day
	all         ClickTotals
	hours, days map[time.Time]ClickTotals
	values      map[string]map[string]int // of each dimension
}

func (f *clickFold) see(e domain.Envelope) {
	c, _ := e.Event.(domain.LinkClicked)
	one := ClickTotals{}.plus(c, c.Agent == domain.Person && f.meets(e.At, c.Visitor))
	if e.At.Before(f.from) || !e.At.Before(f.to) {
		return
	}
	f.all = f.all.Plus(one)
	if hour := HourOf(e.At, f.zone); !hour.Before(f.to.Add(-MaxHours * time.Hour)) {
		f.hours[hour] = f.hours[hour].Plus(one)
	}
	if day := DayOf(e.At, f.zone); day.After(OldestDay(f.to, f.zone)) {
		f.days[day] = f.days[day].Plus(one)
	}
	if c.Agent != domain.Person {
		return
	}
	for n, value := range []string{c.Referrer, c.Country, c.Language, c.Browser, c.System, c.Device, c.Rule, string(c.Via)} {
		f.values[Dimensions[n]][value]++
	}
}

// meets says whether somebody comes for the first time on a day.
func (f *clickFold) meets(at time.Time, visitor string) bool {
	who := at.UTC().Format(time.DateOnly) + " " + visitor
	known := f.met[who]
	f.met[who] = true
	return !known
}

// plus counts one visit.
func (t ClickTotals) plus(c domain.LinkClicked, first bool) ClickTotals {
	switch c.Agent {
	case domain.Person:
		t.Clicks++
	case domain.Bot:
		t.Bots++
	case domain.Prefetch:
		t.Prefetches++
	case domain.Preview:
		t.Previews++
	}
	if first {
		t.Visitors++
	}
	return t
}

// Plus adds others.
func (t ClickTotals) Plus(o ClickTotals) ClickTotals {
	return ClickTotals{t.Clicks + o.Clicks, t.Visitors + o.Visitors, t.Bots + o.Bots, t.Prefetches + o.Prefetches, t.Previews + o.Previews}
}

// HourOf is when the hour of a time began on a zone's clock.
func HourOf(at time.Time, zone *time.Location) time.Time {
	at = at.In(zone)
	return at.Add(-time.Duration(at.Minute())*time.Minute - time.Duration(at.Second())*time.Second - time.Duration(at.Nanosecond()))
}

// DayOf is when the day of a time began on a zone's clock.
func DayOf(at time.Time, zone *time.Location) time.Time {
	at = at.In(zone)
	return domain.DayBegins(at.Year(), at.Month(), at.Day(), zone)
}

// OldestDay is a day that is too old for a series that ends at a time: those after
// it are in.
func OldestDay(to time.Time, zone *time.Location) time.Time {
	to = to.In(zone)
	return domain.DayBegins(to.Year(), to.Month(), to.Day()-MaxDays, zone)
}

func series(buckets map[time.Time]ClickTotals) (list []ClickBucket) {
	for from, t := range buckets {
		list = append(list, ClickBucket{from, t})
	}
	slices.SortFunc(list, func(a, b ClickBucket) int { return a.From.Compare(b.From) })
	return list
}

// shares are the most frequent values.
func shares(values map[string]int, most int) []ClickShare {
	list := make([]ClickShare, 0, len(values))
	for value, clicks := range values {
		list = append(list, ClickShare{value, clicks})
	}
	slices.SortFunc(list, func(a, b ClickShare) int { return cmp.Or(b.Clicks-a.Clicks, cmp.Compare(a.Value, b.Value)) })
	return list[:min(most, len(list))]
}

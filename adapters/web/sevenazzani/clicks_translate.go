package sevenazzani

import (
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// clicksOf are a link's statistics in the contract's shape.
func clicksOf(code string, q projections.ClickQuery, s projections.ClickStats) clickStats {
	from, to := q.Range()
	a := clickStats{
		ShortCode: code, clickTotals: totalsOf(s.ClickTotals), LastClick: momentOf(s.Last), CountedUntil: momentOf(s.Until),
		From: momentOf(from), To: stamp(to), TimeZone: q.Zone.String(), PerHour: hoursOf(s.Hours), PerDay: daysOf(s.Days),
	}
	for dimension, list := range map[string]*[]shareOfClicks{
		"referrer": &a.Referrers, "country": &a.Countries, "language": &a.Languages, "browser": &a.Browsers,
		"system": &a.Systems, "device": &a.Devices, "rule": &a.Rules, "via": &a.Sources,
	} {
		*list = sharesOf(s.Top[dimension])
	}
	return a
}

func totalsOf(t projections.ClickTotals) clickTotals {
	return clickTotals{t.Clicks, t.Visitors, t.Bots + t.Prefetches + t.Previews, kindsOfBots{t.Bots, t.Prefetches, t.Previews}}
}

// momentOf is a time; null for the zero time.
func momentOf(at time.Time) *string {
	if at.IsZero() {
		return nil
	}
	text := stamp(at)
	return &text
}

func sharesOf(list []projections.ClickShare) []shareOfClicks {
	shares := make([]shareOfClicks, len(list))
	for i, s := range list {
		if shares[i].Clicks = s.Clicks; s.Value != "" {
			shares[i].Name = &s.Value
		}
	}
	return shares
}

// hoursOf are the hours from the first that had a visit to the last, those
// between them too.
func hoursOf(buckets []projections.ClickBucket) []hourOfClicks {
	hours := []hourOfClicks{}
	next := func(at time.Time) time.Time { return projections.HourOf(at.Add(time.Hour), at.Location()) }
	for _, b := range filled(buckets, next) {
		hours = append(hours, hourOfClicks{b.From.Format(time.RFC3339), totalsOf(b.ClickTotals)})
	}
	return hours
}

// daysOf are likewise the days.
func daysOf(buckets []projections.ClickBucket) []dayOfClicks {
	days := []dayOfClicks{}
	next := func(at time.Time) time.Time {
		return domain.DayBegins(at.Year(), at.Month(), at.Day()+1, at.Location())
	}
	for _, b := range filled(buckets, next) {
		days = append(days, dayOfClicks{b.From.Format(time.DateOnly), totalsOf(b.ClickTotals)})
	}
	return days
}

// filled has a bucket for each step of a series.
func filled(buckets []projections.ClickBucket, next func(time.Time) time.Time) (all []projections.ClickBucket) {
	for i, b := range buckets {
		if i > 0 {
			for at := next(buckets[i-1].From); at.Before(b.From); at = next(at) {
				all = append(all, projections.ClickBucket{From: at})
			}
		}
		all = append(all, b)
	}
	return all
}
